// Package program writes executables, for there may be none on a machine that
// does what a spec needs.
package program

import (
	"encoding/binary"
	"runtime"
)

// Code is machine code that needs neither data nor a linker, by architecture.
type Code map[string][]byte

// Waiting does nothing but wait: a loop of pause(2), or of ppoll(2) with nothing
// but null pointers.
var Waiting = Code{
	"amd64": {0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7},
	"arm64": Words(0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa),
}

// Words returns instructions of four bytes each.
func Words(all ...uint32) []byte {
	var b []byte
	for _, word := range all {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}

// machines are the numbers of architectures in ELF headers (elf.h, EM_*).
var machines = map[string]uint16{"amd64": 62, "arm64": 183}

// Of returns a static executable of the code. See elf(5).
func Of(c Code) []byte {
	const base, headers, program = 0x400000, 64, 56
	code := c[runtime.GOARCH]
	size := uint64(headers + program + len(code))
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	le := binary.LittleEndian
	b = le.AppendUint16(b, 2) // ET_EXEC
	b = le.AppendUint16(b, machines[runtime.GOARCH])
	b = le.AppendUint32(b, 1)
	for _, v := range []uint64{base + headers + program, headers, 0} { // entry, program headers, sections
		b = le.AppendUint64(b, v)
	}
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{headers, program, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(b, 1) // PT_LOAD
	b = le.AppendUint32(b, 5) // readable, executable
	for _, v := range []uint64{0, base, base, size, size, 4096} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...)
}
