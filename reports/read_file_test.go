package reports

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func writeTestFile(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func compressed(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadFileReadsEveryForm(t *testing.T) {
	for _, dir := range allSamples {
		stream, err := os.ReadFile(filepath.Join(dir, "sample.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		want := readSampleOf(t, dir)
		results := render(t, "json", want)
		for name, content := range map[string][]byte{
			"results.json": results, "results.json.gz": compressed(t, results),
			"events.ndjson": stream, "events.ndjson.gz": compressed(t, stream),
		} {
			folder := t.TempDir()
			paths := []string{writeTestFile(t, filepath.Join(folder, name), content)}
			if name != "events.ndjson.gz" {
				paths = append(paths, folder)
			}
			for _, path := range paths {
				got, err := ReadFile(path)
				if err != nil {
					t.Error(err)
				} else if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Run{}), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s of %s (-folded +read):\n%s", name, dir, diff)
				}
			}
		}
	}
}

// TestReadFileTakesTheNewest: a run that was killed leaves its events, and the results
// of the run before it.
func TestReadFileTakesTheNewest(t *testing.T) {
	folder := t.TempDir()
	writeTestFile(t, filepath.Join(folder, "results.json"), render(t, "json", fold(planned("a"), runEnds(RunEnd{}))))
	var stream bytes.Buffer
	events := NewWriter(&stream)
	for _, e := range []Event{planned("b", "c"), ends("b", Pass)} {
		if err := events.Emit(e); err != nil {
			t.Fatal(err)
		}
	}
	path := writeTestFile(t, filepath.Join(folder, "events.ndjson"), stream.Bytes()[:stream.Len()-9])
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	r, err := ReadFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Runs[0].Totals()[Missing]; got != 2 || ExitCode(r) != ExitBroken {
		t.Errorf("%d missing, exit code %d, want 2 and %d", got, ExitCode(r), ExitBroken)
	}
}

func TestReadFileRefuses(t *testing.T) {
	folder := t.TempDir()
	results := render(t, "json", readSample(t))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty.json":     {nil, "the file is empty"},
		"cut.json":       {results[:len(results)/2], "the file ends within the report"},
		"cut.json.gz":    {compressed(t, results)[:4000], "the file ends within the report"},
		"newer.json":     {[]byte(`{"schema":9,"version":"v9","runs":{}}`), "it has schema 9"},
		"newer.ndjson":   {[]byte(`{"type":"run-begins","run":"r","begin":{"schema":9}}` + "\n"), "it has schema 9"},
		"other.json":     {[]byte(`{"tests":[]}`), "this is not results.json of nsconform"},
		"other.ndjson":   {[]byte("{}\n{}\n"), "this is not results.json of nsconform"},
		"garbled.ndjson": {[]byte(`{"type":"run-begins","run":"r"}` + "\n\x1b[2J\n{}\n"), "line 2: not an event"},
		"text":           {[]byte("hello"), "not JSON at byte 1"},
	} {
		path := writeTestFile(t, filepath.Join(folder, name), c.content)
		_, err := ReadFile(path)
		if err == nil || !strings.HasPrefix(err.Error(), "read "+path+": ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		} else {
			harmless(t, err.Error())
		}
	}
	if _, err := ReadFile(t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no results.json or results.json.gz or events.ndjson") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := ReadFile(filepath.Join(folder, "nowhere")); !os.IsNotExist(err) {
		t.Errorf("no such file: %v", err)
	}
}
