package initramfs

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
	"github.com/google/go-cmp/cmp"
)

func sample(t *testing.T, order []int) []byte {
	t.Helper()
	init := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(init, []byte("\x7fELF odd"), 0o700); err != nil {
		t.Fatal(err)
	}
	var a Archive
	steps := []func(){
		func() { a.File("/init", init, 0o755) },
		func() { a.Content("modules/order", []byte("veth\n"), 0o644) },
		func() { a.Dir("proc") },
		func() { a.CharDevice("dev/console", 5, 1, 0o600) },
	}
	for _, i := range order {
		steps[i]()
	}
	var out bytes.Buffer
	if err := a.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArchiveReadsBack(t *testing.T) {
	r := cpio.NewReader(bytes.NewReader(sample(t, []int{0, 1, 2, 3})))
	var got []string
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %o %q %d", h.Name, int(h.Mode), content, h.ModTime.Unix()))
	}
	want := []string{
		`dev 40755 "" 0`,
		`dev/console 20600 "" 0`,
		`init 100755 "\x7fELF odd" 0`,
		`modules 40755 "" 0`,
		`modules/order 100644 "veth\n" 0`,
		`proc 40755 "" 0`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestArchiveIsDeterministic also holds the bytes themselves: a change of
// them makes every saved machine useless.
func TestArchiveIsDeterministic(t *testing.T) {
	const want = "47d99004da9c8c164ffd0795f3a47528b9b65120157965fa82e29efd3d934b9d"
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		if got := fmt.Sprintf("%x", sha256.Sum256(sample(t, order))); got != want {
			t.Errorf("order %v: got %s, want %s", order, got, want)
		}
	}
}

func TestDeviceNumbersAreWritten(t *testing.T) {
	var a Archive
	a.CharDevice("console", 5, 1, 0o600)
	var out bytes.Buffer
	if err := a.Write(&out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String()[78:94], "0000000500000001"; got != want {
		t.Errorf("device number %s, want %s", got, want)
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	var a Archive
	a.File("init", "/nonexistent/program", 0o755)
	err := a.Write(io.Discard)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/init") {
		t.Errorf("got %v", err)
	}
}

func TestTreeBelowLinksAtTheTop(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "usr/bin"), 0o755),
		os.WriteFile(filepath.Join(dir, "usr/bin/newuidmap"), []byte("map"), 0o755),
		os.Chmod(filepath.Join(dir, "usr/bin/newuidmap"), 0o755|os.ModeSetuid),
		os.Symlink("dash", filepath.Join(dir, "usr/bin/sh")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var a Archive
	a.Link("bin", "usr/bin")
	if err := a.Tree(dir); err != nil {
		t.Fatal(err)
	}
	a.Dir("bin")
	a.Content("bin/busybox", []byte("box"), 0o755)
	var out bytes.Buffer
	if err := a.Write(&out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`bin 120777 "usr/bin"`, `usr 40755 ""`, `usr/bin 40755 ""`,
		`usr/bin/busybox 100755 "box"`, `usr/bin/newuidmap 104755 "map"`, `usr/bin/sh 120777 "dash"`,
	}
	if diff := cmp.Diff(want, entriesOf(t, &out)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// entriesOf returns the entries of an archive, a line each.
func entriesOf(t *testing.T, archive io.Reader) (entries []string) {
	t.Helper()
	r := cpio.NewReader(archive)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Linkname != "" {
			content = []byte(h.Linkname)
		}
		entries = append(entries, fmt.Sprintf("%s %o %q", h.Name, int(h.Mode), content))
	}
}
