package kernels

import (
	"bytes"
	"context"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	arm64Magic   = "ARM\x64"
	arm64MagicAt = 56
	zbootMagic   = "zimg"
	zbootMagicAt = 4
)

// inspectArm64 reads the header of an arm64 kernel that is not packed; its fields
// are described in Documentation/arch/arm64/booting.rst.
func inspectArm64(r io.ReaderAt, head []byte, size int64) (*Image, error) {
	const bigEndian = 1 << 0
	if flags := binary.LittleEndian.Uint64(head[24:]); flags&bigEndian != 0 {
		return nil, errors.New("a big-endian arm64 kernel: only little-endian ones can be booted")
	}
	if err := checkSections(r, size); err != nil {
		return nil, err
	}
	data := make([]byte, min(size, maxVmlinux))
	if _, err := r.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read kernel: %w", err)
	}
	release := findRelease(data)
	if release == "" {
		return nil, errors.New("not a kernel image, or truncated: an arm64 header without a Linux version")
	}
	return &Image{Format: Arm64Image, Arch: ARM64, Release: release}, nil
}

// checkSections fails where an image is cut short, as far as it tells: most are EFI
// programs, too.
func checkSections(r io.ReaderAt, size int64) error {
	program, err := pe.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil // it is none
	}
	for _, section := range program.Sections {
		if end := int64(section.Offset) + int64(section.Size); end > size {
			return fmt.Errorf("truncated: its section %s ends at byte %d, the file has %d", section.Name, end, size)
		}
	}
	return nil
}

// inspectPacked looks into a kernel that is packed as a whole: with gzip, as
// distributions do for boot loaders that unpack it, or as an EFI program that
// unpacks itself, whose header is described in
// drivers/firmware/efi/libstub/zboot-header.S. On amd64 there are no such.
func inspectPacked(r io.ReaderAt, head []byte, size int64) (*Image, error) {
	image := &Image{Format: Arm64Packed, Arch: ARM64, payloadLength: size}
	if bytes.HasPrefix(head[min(zbootMagicAt, len(head)):], []byte(zbootMagic)) {
		if len(head) < 16 {
			return nil, errors.New("truncated: an EFI program's header without a payload")
		}
		image.payloadOffset = int64(binary.LittleEndian.Uint32(head[8:]))
		image.payloadLength = int64(binary.LittleEndian.Uint32(head[12:]))
		if end := image.payloadOffset + image.payloadLength; end > size {
			return nil, fmt.Errorf("truncated: the packed kernel ends at byte %d, the file has %d", end, size)
		}
	}
	payload, err := image.payload(r, size)
	if err != nil {
		return nil, err
	}
	unpacked, err := unpack(context.Background(), payload)
	if err != nil {
		return nil, fmt.Errorf("unpack kernel: %w", err)
	}
	defer unpacked.Close()
	data, err := io.ReadAll(io.LimitReader(unpacked, maxVmlinux))
	if err != nil {
		return nil, fmt.Errorf("unpack kernel: %w", err)
	}
	if !bytes.HasPrefix(data[min(arm64MagicAt, len(data)):], []byte(arm64Magic)) {
		return nil, errors.New("packed, and not an arm64 kernel: give the unpacked kernel image")
	}
	inner, err := inspectArm64(bytes.NewReader(data), data, int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("unpacked: %w", err)
	}
	image.Release = inner.Release
	return image, nil
}

// payload returns what is packed in an image, and the size that the build of an
// EFI program appends, uncounted, to all but gzip's.
func (i *Image) payload(r io.ReaderAt, size int64) ([]byte, error) {
	length := i.payloadLength
	if i.Format == Arm64Packed {
		length = min(length+4, size-i.payloadOffset)
	}
	if i.payloadOffset+length > size || length < 8 {
		return nil, errors.New("the header points outside the file")
	}
	payload := make([]byte, length)
	if _, err := r.ReadAt(payload, i.payloadOffset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read kernel: %w", err)
	}
	if i.Format == Arm64Packed && bytes.HasPrefix(payload, []byte(gzipMagic)) {
		payload = payload[:i.payloadLength]
	}
	return payload, nil
}
