package mounts

import (
	"unsafe"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// StayOnCPU keeps the subject, and children it makes later, on the processor that
// it is on. A mount namespace's file can only be mounted in an older one, and
// Linux 6.18 takes for the age a number that only grows on each processor.
func StayOnCPU(s *harness.Subject) {
	var cpu uint32
	spec.Get(s.Syscall("getcpu", unix.SYS_GETCPU, harness.Struct(&cpu), nil, nil))
	var set unix.CPUSet
	set.Set(int(cpu))
	spec.Get(s.Syscall("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, 0, int(unsafe.Sizeof(set)), harness.Struct(&set)))
}
