package pid

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/nsconform/nsconform/harness"
	"golang.org/x/sys/unix"
)

// waiting are the instructions of a program that does nothing but wait, by
// architecture: a loop of pause(2), or ppoll(2) with nothing but null pointers.
var waiting = map[string][]byte{
	"amd64": {0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7},
	"arm64": words(0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa),
}

// machines are the numbers of architectures in ELF headers (elf.h, EM_*).
var machines = map[string]uint16{"amd64": 62, "arm64": 183}

func words(all ...uint32) []byte {
	var b []byte
	for _, word := range all {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}

// waitingProgram returns a static executable that does nothing but wait, for
// there may be no other on a machine. See elf(5).
func waitingProgram() []byte {
	const base, headers, program = 0x400000, 64, 56
	code := waiting[runtime.GOARCH]
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

// awaitProgram waits until execve(2) of s has come to its end: the last that it
// changes is the command line.
func awaitProgram(s *harness.Subject) error {
	for deadline := time.Now().Add(patience()); ; {
		line, err := os.ReadFile(procPath(s, "cmdline"))
		if err != nil || string(line) == "wait\x00" {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("execute a program: it does not run within %v", patience())
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// waitInProgram has s execute a program that waits.
func waitInProgram(s *harness.Subject) error {
	fd, err := s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "wait", 0)
	if err != nil {
		return fmt.Errorf("create a program: %w", err)
	}
	if _, err := s.Write(int(fd), waitingProgram()); err != nil {
		return fmt.Errorf("write a program: %w", err)
	}
	path := fmt.Sprintf("/proc/self/fd/%d", fd)
	_, err = s.Syscall("execve", unix.SYS_EXECVE, path, harness.Strings{"wait"}, harness.Strings(nil))
	if dead := new(harness.DeadError); !errors.As(err, &dead) {
		return err
	}
	return awaitProgram(s)
}
