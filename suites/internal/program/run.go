package program

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nsconform/nsconform/harness"
	"golang.org/x/sys/unix"
)

// patience is how long a program may take to begin.
const patience = 20 * time.Second

// Run has s execute the program at path, with nothing for arguments but a mark,
// and returns when execve(2) has come to its end, or what it has refused with.
func Run(s *harness.Subject, path string) error {
	const mark = "running"
	_, err := s.Syscall("execve", unix.SYS_EXECVE, path, harness.Strings{mark}, harness.Strings(nil))
	if dead := new(harness.DeadError); !errors.As(err, &dead) {
		return err
	}
	for deadline := time.Now().Add(patience); ; {
		// The last that execve changes is the command line.
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.PID()))
		if err != nil || string(line) == mark+"\x00" {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("execute a program: it does not run within %v", patience)
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// Load has s write an executable of the code to memory, and returns its path.
func Load(s *harness.Subject, c Code) (string, error) {
	fd, err := s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "program", 0)
	if err != nil {
		return "", fmt.Errorf("create a program: %w", err)
	}
	if _, err := s.Write(int(fd), Of(c)); err != nil {
		return "", fmt.Errorf("write a program: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d", fd), nil
}

// RunWaiting has s execute a program that waits.
func RunWaiting(s *harness.Subject) error {
	path, err := Load(s, Waiting)
	if err != nil {
		return err
	}
	return Run(s, path)
}
