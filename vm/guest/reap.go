package guest

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reapUntil reaps every process that ends, orphans included, until pid does,
// and returns how pid ended.
func reapUntil(pid int) syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case got == pid:
			return status
		case errors.Is(err, unix.ECHILD):
			// Someone else's wait took it: cannot happen in PID 1, but must not spin.
			return status
		}
	}
}

// killAll ends all that the job left behind: every process descends from
// PID 1, so there is none when PID 1 has no children. A process stuck in the
// kernel is not waited for longer than it takes to power off in spite of it.
func killAll() {
	const patience = 2 * time.Second
	for begin := time.Now(); time.Since(begin) < patience; {
		unix.Kill(-1, unix.SIGKILL)
		for {
			got, err := syscall.Wait4(-1, nil, unix.WNOHANG, nil)
			if errors.Is(err, unix.ECHILD) {
				return
			}
			if got <= 0 {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
}
