package harness

import (
	"math"
	"syscall"
	"unsafe" // and for go:linkname

	"golang.org/x/sys/unix"
)

// The runtime's brackets around a fork: they block all signals, so that none is
// handled in the child, and make an attempt to grow the stack fatal there.
// runtime/proc.go keeps these names open to packages that fork.

//go:linkname runtimeBeforeFork syscall.runtime_BeforeFork
func runtimeBeforeFork()

//go:linkname runtimeAfterFork syscall.runtime_AfterFork
func runtimeAfterFork()

//go:linkname runtimeAfterForkInChild syscall.runtime_AfterForkInChild
func runtimeAfterForkInChild()

// fork forks this process without exec; the child serves s. It leads a session
// of its own, so that a terminal's signals pass it by, holds no descriptor, and
// ends with the calling thread, to which the caller must be locked for good.
//
//go:norace
//go:noinline
func fork(s *slot) (pid int, errno syscall.Errno) {
	syscall.ForkLock.Lock()
	runtimeBeforeFork()
	pid, errno = rawFork(s)
	runtimeAfterFork()
	syscall.ForkLock.Unlock()
	return pid, errno
}

//go:nosplit
//go:norace
//go:noinline
func rawFork(s *slot) (int, syscall.Errno) {
	var here byte
	s.stack = uintptr(unsafe.Pointer(&here))
	r, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || r != 0 {
		return int(r), errno
	}
	runtimeAfterForkInChild()
	becomeZygote()
	serve(s)
	return 0, 0
}

// becomeZygote drops what the parent had. It is a function of its own so that serve
// has its part of what the linker allows for the stack.
//
//go:nosplit
//go:norace
//go:noinline
func becomeZygote() {
	var plain [4]uintptr // SIG_DFL; the C library, where it is linked, has handlers that Go does not know of
	for sig := uintptr(1); sig <= uintptr(SIGRTMAX); sig++ {
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&plain)), 0, 8, 0, 0)
	}
	syscall.RawSyscall6(unix.SYS_SETSID, 0, 0, 0, 0, 0, 0)
	_, _, errno := syscall.RawSyscall6(unix.SYS_CLOSE_RANGE, 0, math.MaxInt32, 0, 0, 0, 0) // not every kernel takes more
	for fd := uintptr(0); errno != 0 && fd < 1<<16; fd++ {
		syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0)
	}
}
