package cgroup

import (
	"encoding/binary"
	"os"
	"runtime"

	. "github.com/nsconform/nsconform/suites/spec"
)

// waiting writes a program that does nothing but wait for signals, and returns its path.
func waiting() string {
	// pause(2), again and again; ppoll(2) of nothing where there is no pause.
	machine, code := uint16(62), []byte{0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7}
	if runtime.GOARCH == "arm64" {
		machine, code = 183, nil
		for _, instruction := range []uint32{0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa} {
			code = binary.LittleEndian.AppendUint32(code, instruction)
		}
	}
	const base, headers = 0x400000, 64 + 56
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	for _, half := range []uint16{2, machine} {
		b = binary.LittleEndian.AppendUint16(b, half)
	}
	b = binary.LittleEndian.AppendUint32(b, 1)
	for _, word := range []uint64{base + headers, 64, 0} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	b = binary.LittleEndian.AppendUint32(b, 0)
	for _, half := range []uint16{64, 56, 1, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint16(b, half)
	}
	b = binary.LittleEndian.AppendUint64(b, 1|5<<32) // PT_LOAD, readable and executable
	size := uint64(headers + len(code))
	for _, word := range []uint64{0, base, base, size, size, 0x1000} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	path := T().TempDir() + "/waiting"
	Arrange(os.WriteFile(path, append(b, code...), 0o700))
	return path
}
