package kernels

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAKernelLacks(t *testing.T) {
	var complete strings.Builder
	for _, need := range Needs {
		complete.WriteString(need.Option + "=y\n")
	}
	without := func(option, instead string) string {
		return strings.ReplaceAll(complete.String(), option+"=y\n", instead)
	}
	for name, tt := range map[string]struct {
		config string
		want   []string
	}{
		"nothing":        {complete.String(), nil},
		"initramfs":      {without("CONFIG_BLK_DEV_INITRD", "# CONFIG_BLK_DEV_INITRD is not set\n"), []string{"CONFIG_BLK_DEV_INITRD"}},
		"console":        {without("CONFIG_SERIAL_8250_CONSOLE", ""), []string{"CONFIG_SERIAL_8250_CONSOLE"}},
		"a module":       {without("CONFIG_SERIAL_8250", "CONFIG_SERIAL_8250=m\n"), []string{"CONFIG_SERIAL_8250"}},
		"nothing known":  {"no configuration", nil},
		"nothing at all": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config")
			image := filepath.Join(t.TempDir(), "vmlinux")
			for path, content := range map[string][]byte{file: []byte(tt.config), image: embed(tt.config)} {
				if err := os.WriteFile(path, content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, k := range []Kernel{{Arch: AMD64, Config: file}, {Arch: AMD64}} {
				if diff := cmp.Diff(tt.want, k.Lacks(image)); diff != "" {
					t.Errorf("%+v: %s", k, diff)
				}
			}
		})
	}
}

func TestWhatAKernelLacksDependsOnItsArchitecture(t *testing.T) {
	const config = "# CONFIG_SERIAL_8250_CONSOLE is not set\n# CONFIG_SERIAL_AMBA_PL011_CONSOLE is not set\nCONFIG_TMPFS=y\n"
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	for arch, want := range map[string]string{AMD64: "CONFIG_SERIAL_8250_CONSOLE", ARM64: "CONFIG_SERIAL_AMBA_PL011_CONSOLE"} {
		k := Kernel{Arch: arch, Config: file}
		if lacks := k.Lacks(""); !slices.Contains(lacks, want) || slices.ContainsFunc(lacks, func(o string) bool { return o != want && strings.HasSuffix(o, "_CONSOLE") }) {
			t.Errorf("%s: got %v", arch, lacks)
		}
	}
}

// embed makes a file that holds a configuration as a kernel does.
func embed(config string) []byte {
	var b bytes.Buffer
	b.WriteString("\x7fELF code IKCFG_ST")
	w := gzip.NewWriter(&b)
	w.Write([]byte(config))
	w.Close()
	b.WriteString("IKCFG_ED more code")
	return b.Bytes()
}
