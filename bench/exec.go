package bench

import (
	"encoding/binary"
	"runtime"

	"github.com/nsconform/nsconform/harness"
	"golang.org/x/sys/unix"
)

// programStatus is what [lab.program] exits with.
const programStatus = 7

// exitCode is exit_group(programStatus), in machine code.
var exitCode = map[string][]byte{
	"amd64": {
		0xbf, programStatus, 0, 0, 0, // mov $7, %edi
		0xb8, 231, 0, 0, 0, // mov $231, %eax
		0x0f, 0x05, // syscall
	},
	"arm64": {
		0xe0, 0x00, 0x80, 0xd2, // mov x0, #7
		0xc8, 0x0b, 0x80, 0xd2, // mov x8, #94
		0x01, 0x00, 0x00, 0xd4, // svc #0
	},
}

// program returns the subject's descriptor of the smallest program there is: a file
// header, a program header (elf(5)) and three instructions.
func (l *lab) program(s *harness.Subject) int {
	const header, entry, base = 64, 56, 0x400000
	machine := map[string]uint16{"amd64": 62, "arm64": 183}[runtime.GOARCH]
	code := exitCode[runtime.GOARCH]
	size := uint64(header + entry + len(code))
	e := binary.LittleEndian
	b := append([]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, make([]byte, 9)...)
	b = e.AppendUint16(b, 2) // ET_EXEC
	b = e.AppendUint16(b, machine)
	b = e.AppendUint32(b, 1)
	b = e.AppendUint64(b, base+header+entry) // where it begins
	b = e.AppendUint64(b, header)            // the program headers
	b = e.AppendUint64(b, 0)
	b = e.AppendUint32(b, 0)
	for _, v := range []uint16{header, entry, 1, 0, 0, 0} {
		b = e.AppendUint16(b, v)
	}
	b = e.AppendUint32(b, 1) // PT_LOAD
	b = e.AppendUint32(b, 5) // readable, executable
	for _, v := range []uint64{0, base, base, size, size, 4096} {
		b = e.AppendUint64(b, v)
	}
	b = append(b, code...)
	fd := l.must(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "program", unix.MFD_CLOEXEC))
	l.must(s.Syscall("write", unix.SYS_WRITE, fd, harness.In(b), len(b)))
	return int(fd)
}

func execute(fd int) harness.Step {
	return call("execveat", unix.SYS_EXECVEAT, fd, "", harness.Strings{"program"}, harness.Strings(nil), unix.AT_EMPTY_PATH)
}
