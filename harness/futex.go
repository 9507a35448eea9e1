package harness

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// futexWait sleeps until *word is no longer val, somebody wakes it, or timeout
// has passed; it may also return early. The runtime, which is not told, sends a
// signal when it wants the processor back: that is rarer than what it does for
// each call that it knows of.
func futexWait(word *uint32, val uint32, timeout time.Duration) {
	ts := unix.NsecToTimespec(int64(timeout))
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWait, uintptr(val), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// futexBump adds one to *word and wakes whoever waits on it.
func futexBump(word *uint32) {
	atomic.AddUint32(word, 1)
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWake, 1<<30, 0, 0, 0)
}
