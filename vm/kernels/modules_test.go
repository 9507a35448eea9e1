package kernels

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// fakeModule is an ELF object with a .modinfo section.
func fakeModule(depends string) []byte {
	le := binary.LittleEndian
	info := []byte("license=GPL\x00depends=" + depends + "\x00")
	names := []byte("\x00.modinfo\x00.shstrtab\x00")
	const header = 64
	var b bytes.Buffer
	sections := uint64(header + len(info) + len(names))
	binary.Write(&b, le, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64),
		Version: 1, Shoff: sections, Ehsize: header, Shentsize: 64, Shnum: 3, Shstrndx: 2,
	})
	b.Write(info)
	b.Write(names)
	binary.Write(&b, le, []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: header, Size: uint64(len(info))},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: header + uint64(len(info)), Size: uint64(len(names))},
	})
	return b.Bytes()
}

func fakeModules(t *testing.T) *Kernel {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var packedXZ, packedZstd bytes.Buffer
	x, err := xz.NewWriter(&packedXZ)
	if err != nil {
		t.Fatal(err)
	}
	x.Write(fakeModule("llc,stp-x"))
	x.Close()
	z, err := zstd.NewWriter(&packedZstd)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(fakeModule("llc"))
	z.Close()
	put("kernel/net/bridge/bridge.ko.xz", packedXZ.Bytes())
	put("kernel/net/802/stp-x.ko.zst", packedZstd.Bytes())
	put("kernel/net/llc/llc.ko", fakeModule(""))
	put("kernel/drivers/virtio/virtio-pci.ko", fakeModule("virtio"))
	put("kernel/loop-a.ko", fakeModule("loop_b"))
	put("kernel/loop-b.ko", fakeModule("loop_a"))
	put("kernel/broken.ko", []byte("not ELF"))
	put("kernel/corrupt.ko.xz", []byte("not xz"))
	put("modules.builtin", []byte("kernel/drivers/virtio/virtio.ko\nkernel/drivers/char/virtio-console.ko\n"))
	return &Kernel{Modules: dir}
}

func TestModulesAreResolved(t *testing.T) {
	k := fakeModules(t)
	tests := []struct {
		names, want, unknown string
	}{
		{"bridge", "llc stp_x bridge", ""},
		{"llc bridge llc", "llc stp_x bridge", ""},
		{"virtio_pci virtio_console", "virtio_pci", ""},
		{"virtio-pci", "virtio_pci", ""},
		{"nosuch veth", "", "nosuch veth"},
		{"loop_a", "loop_b loop_a", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		load, unknown, err := ResolveModules(k, strings.Fields(tt.names), t.TempDir())
		if err != nil {
			t.Errorf("%s: %v", tt.names, err)
		}
		var names []string
		for _, m := range load {
			names = append(names, m.Name)
			if file, err := elf.Open(m.Path); err != nil || file.Close() != nil {
				t.Errorf("%s is not unpacked: %v", m.Path, err)
			}
		}
		if diff := cmp.Diff(tt.want+"|"+tt.unknown, strings.Join(names, " ")+"|"+strings.Join(unknown, " ")); diff != "" {
			t.Errorf("%s: %s", tt.names, diff)
		}
	}
}

func TestDamagedModulesAreNamed(t *testing.T) {
	k := fakeModules(t)
	for _, name := range []string{"broken", "corrupt"} {
		if _, _, err := ResolveModules(k, []string{name}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "module "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKernelWithoutModules(t *testing.T) {
	load, unknown, err := ResolveModules(&Kernel{}, []string{"veth"}, t.TempDir())
	if len(load) != 0 || len(unknown) != 1 || err != nil {
		t.Errorf("got %v, %v, %v", load, unknown, err)
	}
}
