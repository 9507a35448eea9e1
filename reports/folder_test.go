package reports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func listDir(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	r := readSample(t)
	for _, each := range []*Report{readSampleOf(t, benchSample), r, r} { // the others over what is there
		if err := WriteAll(dir, each); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "bench.txt")); (err == nil) != (each != r) {
			t.Errorf("bench.txt: %v", err)
		}
	}
	want := []string{"junit.xml", "ktap.txt", "report.html", "results.json", "summary.md"}
	if diff := cmp.Diff(want, listDir(t, dir)); diff != "" {
		t.Error(diff)
	}
	for _, f := range formats {
		if f.file == "" || f.has != nil {
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, f.file))
		if err != nil || string(got) != string(render(t, f.name, r)) {
			t.Errorf("%s is not the %s report (error %v)", f.file, f.name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, f.file)); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: mode %v, error %v", f.file, info.Mode(), err)
		}
	}
}

func TestCheckDir(t *testing.T) {
	dir := t.TempDir()
	if err := CheckDir(dir); err != nil {
		t.Fatal(err)
	}
	if left := listDir(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		file:                       syscall.ENOTDIR,
		filepath.Join(file, "sub"): syscall.ENOTDIR,
		"/proc/self/reports":       fs.ErrNotExist, // procfs makes no folders, whoever asks
	} {
		err := CheckDir(path)
		if !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", path, err, want)
			continue
		}
		if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, path) || !strings.Contains(text, "choose a folder") {
			t.Errorf("unhelpful: %q", text)
		}
		if WriteAll(path, &Report{}) == nil {
			t.Errorf("%s: written to", path)
		}
	}
}

func TestWriteAllLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	inTheWay := filepath.Join(dir, "results.json")
	if err := os.MkdirAll(filepath.Join(inTheWay, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := WriteAll(dir, readSample(t))
	if err == nil || !strings.HasPrefix(err.Error(), "write "+inTheWay+": ") || strings.Contains(err.Error(), "rename") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"ktap.txt", "results.json"}, listDir(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteRefusesUnknownFormats(t *testing.T) {
	err := Write("pdf", nil, &Report{})
	if err == nil || err.Error() != `unknown format "pdf": choose one of pretty, ktap, json, junit, html, markdown, bench, squad` {
		t.Errorf("error %v", err)
	}
}
