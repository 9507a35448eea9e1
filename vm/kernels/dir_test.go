package kernels

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKernelsInAFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"vmlinuz-6.12.1", "vmlinuz-6.2.9", "bzImage", "initrd.img-6.2.9", "config-6.2.9", "System.map", "vmlinuzzz"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("vmlinuz-6.12.1", filepath.Join(dir, "vmlinuz-6.12.1.newest")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "Image"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := InDir(dir)
	want := []string{filepath.Join(dir, "bzImage"), filepath.Join(dir, "vmlinuz-6.2.9"), filepath.Join(dir, "vmlinuz-6.12.1")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAFolderWithoutKernels(t *testing.T) {
	dir := t.TempDir()
	if _, err := InDir(dir); err == nil || !strings.Contains(err.Error(), "holds no kernel") {
		t.Error(err)
	}
	if _, err := InDir(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there")
	}
}
