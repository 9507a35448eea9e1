package kernels

import (
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// fakeVmlinux is an ELF file with a banner and, if asked for, the PVH note.
func fakeVmlinux(pvh bool) []byte {
	banner := []byte("Linux version %s\x00Linux version 6.99.0-test (someone) #1 SMP\x00")
	note := make([]byte, 0, 32)
	le := binary.LittleEndian
	for _, word := range []uint32{4, 4, 18} {
		note = le.AppendUint32(note, word)
	}
	note = append(note, "Xen\x00\x00\x00\x10\x00"...)
	if !pvh {
		note[8] = 17
	}
	const header, program = 64, 56
	at := uint64(header + 2*program)
	var b bytes.Buffer
	binary.Write(&b, le, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64),
		Version: 1, Phoff: header, Ehsize: header, Phentsize: program, Phnum: 2,
	})
	binary.Write(&b, le, elf.Prog64{Type: uint32(elf.PT_LOAD), Off: at, Filesz: uint64(len(banner))})
	binary.Write(&b, le, elf.Prog64{Type: uint32(elf.PT_NOTE), Off: at + uint64(len(banner)), Filesz: uint64(len(note))})
	b.Write(banner)
	b.Write(note)
	return b.Bytes()
}

// fakeBzImage is a bzImage with a payload.
func fakeBzImage(payload []byte) []byte {
	const setup = 2 * 512
	b := make([]byte, setup+((len(payload)+15)&^15))
	le := binary.LittleEndian
	b[0x1f1] = 1
	le.PutUint32(b[0x1f4:], uint32(len(b)-setup)/16)
	copy(b[0x202:], "HdrS")
	le.PutUint16(b[0x206:], 0x20f)
	le.PutUint16(b[0x20e:], 0x300-0x200)
	le.PutUint16(b[0x236:], 1)
	le.PutUint32(b[0x248:], 0)
	le.PutUint32(b[0x24c:], uint32(len(payload)))
	copy(b[0x300:], "6.99.0-test (someone) #1")
	copy(b[setup:], payload)
	return b
}

// fakeArm64 is an arm64 Image with a banner.
func fakeArm64() []byte {
	b := make([]byte, 4<<10)
	copy(b, "MZ")
	copy(b[arm64MagicAt:], arm64Magic)
	copy(b[2<<10:], "Linux version 6.99.0-test (someone) #1 SMP\x00")
	return b
}

// fakeZboot is an EFI program with a packed kernel, and the size that follows it.
func fakeZboot(payload []byte) []byte {
	b := make([]byte, 64)
	copy(b, "MZ\x00\x00zimg")
	size := len(payload)
	if !bytes.HasPrefix(payload, []byte(gzipMagic)) {
		size -= 4
	}
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
	binary.LittleEndian.PutUint32(b[12:], uint32(size))
	return append(append(b, payload...), "what follows"...)
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImagesAreRecognised(t *testing.T) {
	bzImage := fakeBzImage([]byte("payload, long enough to be cut"))
	old := bytes.Clone(bzImage)
	binary.LittleEndian.PutUint16(old[0x206:], 0x201)
	program := fakeVmlinux(true)
	binary.LittleEndian.PutUint16(program[16:], uint16(elf.ET_DYN))
	arm := fakeVmlinux(true)
	binary.LittleEndian.PutUint16(arm[18:], uint16(elf.EM_AARCH64))
	bigEndian, nameless := fakeArm64(), fakeArm64()
	bigEndian[24] = 1
	zboot := fakeZboot(compressors(t, fakeArm64())["zstd"])
	tests := []struct {
		name  string
		data  []byte
		want  *Image
		error string // must be in it
	}{
		{"bzImage", bzImage, &Image{Format: BzImage, Arch: AMD64, Release: "6.99.0-test"}, ""},
		{"vmlinux", fakeVmlinux(true), &Image{Format: Vmlinux, Arch: AMD64, Release: "6.99.0-test", PVH: true}, ""},
		{"vmlinux without PVH", fakeVmlinux(false), &Image{Format: Vmlinux, Arch: AMD64, Release: "6.99.0-test"}, ""},
		{"empty", nil, nil, "the file is empty"},
		{"text", []byte("hello\n"), nil, "not a kernel image: neither"},
		{"truncated bzImage", bzImage[:len(bzImage)-16], nil, "truncated: the setup header says 1056 bytes, the file has 1040"},
		{"very truncated bzImage", bzImage[:0x210], nil, "truncated"},
		{"truncated vmlinux", fakeVmlinux(true)[:200], nil, "truncated"},
		{"very truncated vmlinux", fakeVmlinux(true)[:30], nil, "truncated ELF"},
		{"old", old, nil, "boot protocol 2.01"},
		{"program", program, nil, "ELF program"},
		{"arm64 vmlinux", arm, nil, "an ELF file for AARCH64"},
		{"arm64 Image", fakeArm64(), &Image{Format: Arm64Image, Arch: ARM64, Release: "6.99.0-test"}, ""},
		{"big-endian arm64 Image", bigEndian, nil, "big-endian"},
		{"truncated arm64 Image", nameless[:2<<10], nil, "without a Linux version"},
		{"very truncated arm64 Image", nameless[:60], nil, "without a Linux version"},
		{"gzip", compressors(t, fakeArm64())["gzip"], &Image{Format: Arm64Packed, Arch: ARM64, Release: "6.99.0-test"}, ""},
		{"EFI program", zboot, &Image{Format: Arm64Packed, Arch: ARM64, Release: "6.99.0-test"}, ""},
		{"truncated EFI program", zboot[:80], nil, "truncated: the packed kernel ends at"},
		{"very truncated EFI program", zboot[:12], nil, "truncated: an EFI program's header"},
		{"EFI program of something else", fakeZboot(compressors(t, fakeVmlinux(true))["gzip"]), nil, "packed, and not an arm64 kernel"},
		{"package", []byte("!<arch>\ndebian-binary"), nil, "dpkg-deb -x"},
		{"truncated gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00"), nil, "unpack kernel"},
		{"very truncated gzip", []byte("\x1f\x8b\x08\x00"), nil, "outside the file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "image", tt.data)
			got, err := Inspect(path)
			if tt.error != "" {
				if err == nil || !strings.Contains(err.Error(), tt.error) || !strings.HasPrefix(err.Error(), path) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(Image{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := Inspect(t.TempDir()); err == nil || !strings.Contains(err.Error(), "a folder") {
		t.Errorf("a folder: %v", err)
	}
}

// compressors returns plain in every compression that kernels use, as their builds
// pack it.
func compressors(t *testing.T, plain []byte) map[string][]byte {
	t.Helper()
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(plain)))
	var gz, zst, lz bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(plain)
	g.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(plain)
	z.Close()
	l := lz4.NewWriter(&lz)
	if err := l.Apply(lz4.LegacyOption(true)); err != nil {
		t.Fatal(err)
	}
	l.Write(plain)
	l.Close()
	packed := map[string][]byte{"gzip": gz.Bytes(), "zstd": append(zst.Bytes(), size...), "lz4": append(lz.Bytes(), size...)}
	for _, program := range [][]string{{"xz", "-c", "--check=crc32", "--x86", "--lzma2=preset=1"}, {"bzip2", "-c"}} {
		cmd := exec.Command(program[0], program[1:]...)
		cmd.Stdin = bytes.NewReader(plain)
		if out, err := cmd.Output(); err == nil {
			packed[program[0]] = append(out, size...)
		}
	}
	return packed
}

func TestVmlinuxIsTakenOut(t *testing.T) {
	for name, payload := range compressors(t, fakeVmlinux(true)) {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			path := write(t, "bzImage", fakeBzImage(payload))
			boot, why, err := Bootable(t.Context(), path, cache)
			if err != nil || why != "" {
				t.Fatalf("%v, %s", err, why)
			}
			got, err := os.ReadFile(boot)
			if err != nil || !bytes.Equal(got, fakeVmlinux(true)) {
				t.Errorf("%s is not the vmlinux: %v", boot, err)
			}
			if again, _, err := Bootable(t.Context(), path, cache); again != boot || err != nil {
				t.Errorf("second time: %s, %v", again, err)
			}
		})
	}
}

func TestPackedImageIsUnpacked(t *testing.T) {
	images := map[string][]byte{"Image.gz": compressors(t, fakeArm64())["gzip"]}
	for name, payload := range compressors(t, fakeArm64()) {
		images["EFI program with "+name] = fakeZboot(payload)
	}
	for name, image := range images {
		t.Run(name, func(t *testing.T) {
			boot, why, err := Bootable(t.Context(), write(t, "vmlinuz", image), t.TempDir())
			if err != nil || why != "" {
				t.Fatalf("%v, %s", err, why)
			}
			if got, err := os.ReadFile(boot); err != nil || !bytes.Equal(got, fakeArm64()) {
				t.Errorf("%s is not the Image: %v", boot, err)
			}
		})
	}
	path := write(t, "Image", fakeArm64())
	if boot, _, err := Bootable(t.Context(), path, t.TempDir()); boot != path || err != nil {
		t.Errorf("an Image that is not packed: %s, %v", boot, err)
	}
}

func TestBzImageIsBootedWhereItsVmlinuxCannotBe(t *testing.T) {
	payloads := map[string][]byte{
		"unknown compression": []byte("????????????"),
		"broken":              []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00garbage"),
		"no PVH":              fakeVmlinux(false),
	}
	if xz := compressors(t, fakeVmlinux(true))["xz"]; xz != nil {
		xz[len(xz)/2] ^= 0xff
		payloads["broken xz"] = xz
	}
	for name, payload := range payloads {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			path := write(t, "bzImage", fakeBzImage(payload))
			boot, why, err := Bootable(t.Context(), path, cache)
			if boot != path || why == "" || err != nil {
				t.Errorf("got %s, %q, %v", boot, why, err)
			}
			left, _ := filepath.Glob(filepath.Join(cache, "vmlinux", "*"))
			hidden, _ := filepath.Glob(filepath.Join(cache, "vmlinux", ".*"))
			if len(left)+len(hidden) != 0 {
				t.Errorf("left %v %v", left, hidden)
			}
		})
	}
}

func TestVmlinuxWithoutPVHIsRefused(t *testing.T) {
	if _, _, err := Bootable(context.Background(), write(t, "vmlinux", fakeVmlinux(false)), t.TempDir()); err == nil || !strings.Contains(err.Error(), "PVH") {
		t.Errorf("got %v", err)
	}
}
