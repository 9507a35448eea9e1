package kernels

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
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
			for _, k := range []Kernel{{Config: file}, {}} {
				if diff := cmp.Diff(tt.want, k.Lacks(image)); diff != "" {
					t.Errorf("%+v: %s", k, diff)
				}
			}
		})
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
