package pid

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/program"
	"golang.org/x/sys/unix"
)

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
	if _, err := s.Write(int(fd), program.Of(program.Waiting)); err != nil {
		return fmt.Errorf("write a program: %w", err)
	}
	path := fmt.Sprintf("/proc/self/fd/%d", fd)
	_, err = s.Syscall("execve", unix.SYS_EXECVE, path, harness.Strings{"wait"}, harness.Strings(nil))
	if dead := new(harness.DeadError); !errors.As(err, &dead) {
		return err
	}
	return awaitProgram(s)
}
