package harness

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// DeadError says that a subject ended, or executed a program, before or during a call.
type DeadError struct {
	Subject, Call string
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("%s: the subject %s has ended", e.Call, e.Subject)
}

// DeadlineError says that a call did not return in time; its subject was killed.
type DeadlineError struct {
	Subject, Call string
	Limit         time.Duration
}

func (e *DeadlineError) Error() string {
	return fmt.Sprintf("%s: %s did not return within %v and was killed", e.Subject, e.Call, e.Limit)
}

// errnoName returns "EPERM" for unix.EPERM.
func errnoName(err error) string {
	if errno, ok := err.(unix.Errno); ok {
		if name := unix.ErrnoName(errno); name != "" {
			return name
		}
	}
	return err.Error()
}
