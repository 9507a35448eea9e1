package kernels

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Format is what a kernel image is.
type Format string

// The formats that can be booted.
const (
	BzImage     Format = "bzImage"
	Vmlinux     Format = "vmlinux"
	Arm64Image  Format = "arm64 Image"
	Arm64Packed Format = "packed arm64 Image"
)

// Image is what an image file says of itself.
type Image struct {
	Format  Format
	Arch    string // amd64 or arm64
	Release string // uname -r; empty if the image does not tell
	// PVH is set for a vmlinux that QEMU can enter directly.
	PVH bool

	payloadOffset, payloadLength int64 // of what is compressed in a bzImage or a packed Image
}

// Inspect says what kind of kernel image a file is. The error is one line
// that begins with the path.
func Inspect(path string) (*Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open kernel: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat kernel: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a kernel image: %s", path, describeMode(info.Mode()))
	}
	image, err := inspect(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return image, nil
}

func describeMode(m os.FileMode) string {
	if m.IsDir() {
		return "a folder"
	}
	return "not a regular file"
}

// headSize covers the setup header of a bzImage and its version string.
const headSize = 64 << 10

func inspect(r io.ReaderAt, size int64) (*Image, error) {
	head := make([]byte, min(headSize, size))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read kernel: %w", err)
	}
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	switch {
	case len(head) == 0:
		return nil, errors.New("not a kernel image: the file is empty")
	case at(0x202, "HdrS"):
		return inspectBzImage(head, size)
	case at(0, elf.ELFMAG):
		return inspectELF(r, size)
	case at(arm64MagicAt, arm64Magic):
		return inspectArm64(r, head, size)
	case at(zbootMagicAt, zbootMagic), at(0, gzipMagic):
		return inspectPacked(r, head, size)
	case at(0, "!<arch>\n"):
		return nil, errors.New("not a kernel image but a package: unpack it (dpkg-deb -x) and give the image")
	default:
		return nil, errors.New("not a kernel image: neither a bzImage, a vmlinux nor an arm64 Image")
	}
}

// inspectBzImage reads the setup header; its fields are described in
// Documentation/arch/x86/boot.rst.
func inspectBzImage(head []byte, size int64) (*Image, error) {
	const minHeader = 0x250
	if len(head) < minHeader {
		return nil, fmt.Errorf("truncated: the setup header needs %d bytes, the file has %d", minHeader, size)
	}
	le := binary.LittleEndian
	version := le.Uint16(head[0x206:])
	setupSectors := int64(head[0x1f1])
	if setupSectors == 0 {
		setupSectors = 4
	}
	protectedMode := (setupSectors + 1) * 512
	if want := protectedMode + int64(le.Uint32(head[0x1f4:]))*16; size < want-15 {
		return nil, fmt.Errorf("truncated: the setup header says %d bytes, the file has %d", want, size)
	}
	if version < 0x208 || le.Uint16(head[0x236:])&1 == 0 {
		return nil, fmt.Errorf("not a 64-bit kernel, or older than 3.8 (boot protocol %d.%02d)", version>>8, version&0xff)
	}
	image := &Image{
		Format:        BzImage,
		Arch:          AMD64,
		payloadOffset: protectedMode + int64(le.Uint32(head[0x248:])),
		payloadLength: int64(le.Uint32(head[0x24c:])),
	}
	if at := int(le.Uint16(head[0x20e:])) + 0x200; at > 0x200 && at < len(head) {
		image.Release = firstWord(head[at:])
	}
	return image, nil
}

// firstWord returns what stands before the first space or NUL.
func firstWord(b []byte) string {
	if i := bytes.IndexAny(b, " \x00\n"); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func inspectELF(r io.ReaderAt, size int64) (*Image, error) {
	file, err := elf.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("not a kernel image: a damaged or truncated ELF file: %w", err)
	}
	if file.Machine != elf.EM_X86_64 {
		return nil, fmt.Errorf("an ELF file for %s: only x86-64 kernels boot as a vmlinux; for arm64 give the Image", strings.TrimPrefix(file.Machine.String(), "EM_"))
	}
	if file.Type != elf.ET_EXEC {
		return nil, errors.New("not a kernel image but an ELF program, library or object")
	}
	for _, p := range file.Progs {
		if end := int64(p.Off + p.Filesz); end > size || end < 0 {
			return nil, fmt.Errorf("truncated: a segment ends at byte %d, the file has %d", end, size)
		}
	}
	release, err := releaseOf(file)
	if err != nil {
		return nil, err
	}
	return &Image{Format: Vmlinux, Arch: AMD64, Release: release, PVH: hasPVHNote(file)}, nil
}

// releaseOf finds the release in a vmlinux's read-only data.
func releaseOf(file *elf.File) (string, error) {
	for _, p := range file.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		data := make([]byte, p.Filesz)
		if _, err := p.ReadAt(data, 0); err != nil {
			return "", fmt.Errorf("read kernel: %w", err)
		}
		if release := findRelease(data); release != "" {
			return release, nil
		}
	}
	return "", errors.New("not a kernel image: an ELF program without a Linux version")
}

// findRelease finds the banner, "Linux version RELEASE (...".
func findRelease(data []byte) string {
	banner := []byte("Linux version ")
	for {
		_, after, found := bytes.Cut(data, banner)
		if !found {
			return ""
		}
		if word := firstWord(after[:min(len(after), 256)]); word != "" && word[0] >= '0' && word[0] <= '9' {
			return word
		}
		data = after
	}
}

// hasPVHNote looks for the Xen note that holds the entry point by which QEMU
// starts an uncompressed kernel (XEN_ELFNOTE_PHYS32_ENTRY).
func hasPVHNote(file *elf.File) bool {
	const phys32Entry = 18
	for _, p := range file.Progs {
		if p.Type != elf.PT_NOTE || p.Filesz > 1<<20 {
			continue
		}
		notes := make([]byte, p.Filesz)
		if _, err := p.ReadAt(notes, 0); err != nil {
			continue
		}
		for len(notes) >= 12 {
			nameSize := int(file.ByteOrder.Uint32(notes))
			descSize := int(file.ByteOrder.Uint32(notes[4:]))
			typ := file.ByteOrder.Uint32(notes[8:])
			next := 12 + align4(nameSize) + align4(descSize)
			if nameSize < 0 || descSize < 0 || next < 12 || next > len(notes) {
				break
			}
			if typ == phys32Entry && string(notes[12:12+nameSize]) == "Xen\x00" {
				return true
			}
			notes = notes[next:]
		}
	}
	return false
}

func align4(n int) int { return (n + 3) &^ 3 }
