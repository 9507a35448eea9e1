package kernels

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildTree makes dir look like one that a kernel's modules can be built in.
func buildTree(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Makefile", "Module.symvers", ".config"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHeadersAreFoundOnThisMachine(t *testing.T) {
	o := Options{CacheDir: t.TempDir()}
	for name, layout := range map[string]struct{ image, modules, headers string }{
		"the build folder of the modules": {"boot/vmlinuz", "lib/modules/9.9", "lib/modules/9.9/build"},
		"the tree of the bzImage":         {"linux/arch/x86/boot/bzImage", "", "linux"},
		"the tree of the vmlinux":         {"linux/vmlinux", "", "linux"},
	} {
		root := t.TempDir()
		buildTree(t, filepath.Join(root, layout.headers))
		k := &Kernel{Name: "test", Image: filepath.Join(root, layout.image), Release: "9.9"}
		if layout.modules != "" {
			k.Modules = filepath.Join(root, layout.modules)
		}
		got, err := Headers(t.Context(), k, o)
		if err != nil || got != filepath.Join(root, layout.headers) {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

func TestMissingHeadersAreNamed(t *testing.T) {
	k := &Kernel{Name: "/boot/x", Image: filepath.Join(t.TempDir(), "boot/x"), Release: "9.9"}
	_, err := Headers(t.Context(), k, Options{CacheDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "no headers of kernel 9.9") {
		t.Errorf("got %v", err)
	}
}

func TestProgramsOfHeadersRunWhereTheyAre(t *testing.T) {
	var libraries []string
	for _, pattern := range []string{"/lib/*-linux-gnu/ld-linux-*", "/lib/*-linux-gnu/libc.so.6"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Skipf("no %s to try it with", pattern)
		}
		libraries = append(libraries, found...)
	}
	program, err := exec.LookPath("uname")
	if err != nil {
		t.Skip(err)
	}
	staging, root := t.TempDir(), filepath.Join(t.TempDir(), "final")
	source, kbuild := filepath.Join(staging, "usr/src/linux-headers-9.9"), filepath.Join(staging, "usr/lib/linux-kbuild-9.9")
	buildTree(t, source)
	place(t, program, filepath.Join(kbuild, "modpost.real-lsb-64"))
	for _, library := range libraries {
		place(t, library, filepath.Join(staging, library))
	}
	if err := os.WriteFile(filepath.Join(source, "Makefile"), []byte("include /usr/src/linux-headers-9.9-common/Makefile\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := relocate(staging, root); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(staging, root); err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "usr/src/linux-headers-9.9/Makefile"))
	if want := "include " + root + "/usr/src/linux-headers-9.9-common/Makefile\n"; err != nil || string(makefile) != want {
		t.Errorf("got %q, %v, want %q", makefile, err, want)
	}
	moved := filepath.Join(root, "usr/lib/linux-kbuild-9.9")
	for _, name := range []string{"modpost.real-lsb-64", "modpost.program.real-lsb-64"} {
		if out, err := exec.Command(filepath.Join(moved, name), "-s").CombinedOutput(); err != nil || string(out) != "Linux\n" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

// place copies a program or library.
func place(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
}
