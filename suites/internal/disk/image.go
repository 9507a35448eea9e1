// Package disk has file systems on block devices: small images, and loop devices
// that subjects make of them.
package disk

import (
	"bufio"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

//go:generate go run images/make.go

// images are empty file systems, but for the read-only ones.
//
//go:embed images/*.gz
var images embed.FS

const block = 4096

// image returns a new file in memory with the file system of the type.
func image(fstype string) (*os.File, error) {
	packed, err := images.Open("images/" + fstype + ".gz")
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack an image of %s: %w", fstype, err)
	}
	fd, err := unix.MemfdCreate("nsconform "+fstype, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a file for an image of %s: %w", fstype, err)
	}
	f := os.NewFile(uintptr(fd), fstype)
	if err := unpack(bufio.NewReaderSize(plain, block), f); err != nil {
		f.Close()
		return nil, fmt.Errorf("unpack an image of %s: %w", fstype, err)
	}
	return f, nil
}

// unpack writes to f what images/make.go has packed: the size, and each block
// that is not all zeros, in differences, after its offset.
func unpack(r io.Reader, f *os.File) error {
	var number [8]byte
	if _, err := io.ReadFull(r, number[:]); err != nil {
		return err
	}
	if err := f.Truncate(int64(binary.LittleEndian.Uint64(number[:]))); err != nil {
		return err
	}
	data := make([]byte, block)
	for {
		switch _, err := io.ReadFull(r, number[:]); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if _, err := io.ReadFull(r, data); err != nil {
			return err
		}
		word := uint16(0)
		for i := 0; i < block; i += 2 {
			word += binary.LittleEndian.Uint16(data[i:])
			binary.LittleEndian.PutUint16(data[i:], word)
		}
		if _, err := f.WriteAt(data, int64(binary.LittleEndian.Uint64(number[:]))); err != nil {
			return err
		}
	}
}
