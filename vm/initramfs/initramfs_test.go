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
