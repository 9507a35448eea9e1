package kvmprobe

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func ioctl(fd int, request, arg uintptr, what string) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return 0, fmt.Errorf("%s: %w", what, errno)
	}
	return int(r), nil
}

func isInterrupted(err error) bool { return errors.Is(err, unix.EINTR) }
