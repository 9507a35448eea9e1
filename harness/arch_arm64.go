package harness

import "golang.org/x/sys/unix"

const sysFstatat = unix.SYS_FSTATAT

// threadPointer returns 0: the compiler keeps the goroutine in a register.
func threadPointer(*Subject) (uintptr, error) { return 0, nil }
