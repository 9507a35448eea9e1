package harness

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// OnOneCPU keeps the subject on one processor from before it is made, and so all that it
// makes. Linux 6.18 takes for the age of a mount namespace, which decides where its file
// may be mounted, a number that only grows on each processor (kernel/nstree.c,
// namespace_cookie).
func OnOneCPU() Option { return func(o *spawning) { o.oneCPU = true } }

// stayOnCPU keeps the subject on the first processor that it may use, until it is let go.
func (s *Subject) stayOnCPU() (letGo func(), err error) {
	var allowed, one unix.CPUSet
	if err := s.affinity("sched_getaffinity", unix.SYS_SCHED_GETAFFINITY, &allowed); err != nil {
		return nil, err
	}
	for cpu := 0; cpu < 8*int(unsafe.Sizeof(one)) && one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := s.affinity("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, &one); err != nil {
		return nil, err
	}
	return func() { s.affinity("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, &allowed) }, nil
}

func (s *Subject) affinity(name string, nr uintptr, set *unix.CPUSet) error {
	_, err := s.try(request{name: name, nr: nr, args: []any{0, int(unsafe.Sizeof(*set)), Struct(set)}})
	if err != nil {
		return fmt.Errorf("stay on one processor: %s: %w", name, err)
	}
	return nil
}
