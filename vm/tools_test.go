package vm

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/kernels"
)

// filesOf returns the names in a guest's root file system, and all of its bytes.
func filesOf(t *testing.T, c *Config) (names []string, archive []byte) {
	t.Helper()
	a, err := guestFiles(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := a.Write(&out); err != nil {
		t.Fatal(err)
	}
	archive = bytes.Clone(out.Bytes())
	r := cpio.NewReader(&out)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, archive
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(h.Name, "etc/") {
			names = append(names, h.Name)
		}
	}
}

func TestGuestFilesWithAndWithoutTools(t *testing.T) {
	dir := t.TempDir()
	init := filepath.Join(dir, "init")
	tools := filepath.Join(dir, "tools")
	for _, err := range []error{
		os.WriteFile(init, []byte("init"), 0o755),
		os.MkdirAll(filepath.Join(tools, "usr/lib"), 0o755),
		os.WriteFile(filepath.Join(tools, "usr/lib/libc.so"), bytes.Repeat([]byte("c"), 3<<20), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	plain := &Config{Kernel: &kernels.Kernel{Arch: kernels.AMD64}, Init: init}
	without, _ := filesOf(t, plain)
	if diff := cmp.Diff([]string{
		"bin", "boot", "dev", "dev/console", "dev/null", "etc", "init", "lib", "lib/nsconform", "lib/nsconform/modules.order",
		"mnt", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "usr/bin", "usr/sbin", "var",
	}, without); diff != "" {
		t.Errorf("files without tools (-want +got):\n%s", diff)
	}
	equipped := *plain
	equipped.Tools = &kernels.Tools{Root: tools, Packages: []string{"a 1"}, Bytes: 3 << 20}
	with, archive := filesOf(t, &equipped)
	for _, name := range []string{"bin", "lib", "usr/lib/libc.so", "usr" + guest.ToolsList, "usr/lib/nsconform/modules.order"} {
		if !slices.Contains(with, name) {
			t.Errorf("no %s among %v", name, with)
		}
	}
	if !bytes.Contains(archive, []byte("a 1\n")) {
		t.Error("the guest is not told what the tools are")
	}
	for config, want := range map[*Config]int{plain: 1024, &equipped: 1024 + 7} {
		config.CacheDir = dir
		if err := config.fill(); err != nil || config.MemoryMiB != want {
			t.Errorf("a memory of %d MiB, want %d; %v", config.MemoryMiB, want, err)
		}
	}
}
