package harness

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A subject that is idle looks this often whether the suite still lives, and
// exits when it has missed its heartbeat so many times in a row.
const (
	idleSeconds = 2
	missedBeats = 5
)

// serve is a subject's whole life: it executes what its slot asks for and never
// returns. It runs in a forked child of a multi-threaded Go program, so neither
// it nor anything it calls may allocate, grow the stack, or take a lock.
//
//go:nosplit
//go:norace
//go:noinline
func serve(s *slot) {
	var timeout unix.Timespec
birth:
	syscall.RawSyscall6(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(&s.robust)), 3*unsafe.Sizeof(uintptr(0)), 0, 0, 0, 0)
	if s.leash != 0 {
		putOnLeash()
	}
	tid, _, _ := syscall.RawSyscall6(unix.SYS_GETTID, 0, 0, 0, 0, 0, 0)
	announce(s, uint32(tid))
	seen, beat, missed := uint32(0), uint32(0), 0
	for {
		for spun := uint32(0); spun < s.spins && atomic.LoadUint32(&s.request) == seen; spun++ {
		}
		for atomic.LoadUint32(&s.request) == seen {
			timeout.Sec, timeout.Nsec = idleSeconds, 0
			_, _, errno := syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.request)),
				futexOpWait, uintptr(seen), uintptr(unsafe.Pointer(&timeout)), 0, 0)
			if errno != unix.ETIMEDOUT {
				continue
			}
			now := atomic.LoadUint32(s.beat)
			if missed++; now != beat {
				beat, missed = now, 0
			}
			if missed > missedBeats {
				syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 1, 0, 0, 0, 0, 0)
			}
		}
		missed = 0
		seen = atomic.LoadUint32(&s.request)
		var r uintptr
		var errno syscall.Errno
		switch s.op {
		case opCloneVM:
			r, errno = result(cloneOnStack(s.nr, &s.args, s.child))
		case opFunction:
			r, errno = result(callC(s.nr, s.args[0], s.args[1]))
		case opProgram:
			perform(s.tape)
		case opSeries:
			performSeries(&s.series)
		default:
			r, _, errno = syscall.RawSyscall6(s.nr, s.args[0], s.args[1], s.args[2], s.args[3], s.args[4], s.args[5])
		}
		if s.op == opClone && errno == 0 && r == 0 {
			s = s.child
			goto birth
		}
		if s.again != 0 && s.leash != 0 {
			putOnLeash()
		}
		s.result, s.errno = r, uint32(errno)
		announce(s, uint32(tid))
	}
}

// putOnLeash has the subject end with the thread of its parent that made it.
//
//go:nosplit
//go:norace
func putOnLeash() {
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
}

// announce says that the subject is idle.
//
//go:nosplit
//go:norace
func announce(s *slot, tid uint32) {
	atomic.StoreUint32(&s.state, tid)
	syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.state)), futexOpWake, 1<<30, 0, 0, 0)
}
