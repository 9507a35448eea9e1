package harness

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Exit executes exit_group(2).
func (s *Subject) Exit(code int) error {
	_, err := s.Syscall("exit_group", unix.SYS_EXIT_GROUP, code)
	var dead *DeadError
	if errors.As(err, &dead) {
		return nil
	}
	return fmt.Errorf("exit_group came back: %w", err)
}

// Signal sends sig to the subject from this process.
func (s *Subject) Signal(sig unix.Signal) error { return s.signal(sig) }

// Wait waits until the subject has ended, has its parent, be that this process
// or a subject, collect it, and returns how it ended.
func (s *Subject) Wait() (unix.WaitStatus, error) { return s.WaitWithin(s.scope.limits.Call) }

// WaitWithin is [Subject.Wait] for what may take as long: a program that does more than
// a few calls.
func (s *Subject) WaitWithin(limit time.Duration) (unix.WaitStatus, error) {
	if s.status != nil {
		return *s.status, nil
	}
	if !s.awaitEnd(limit) {
		return 0, fmt.Errorf("wait for %s: still there after %v", s.name, limit)
	}
	var status unix.WaitStatus
	var err error
	if s.parent == nil || s.parent.status != nil { // an orphan has become ours
		_, err = unix.Wait4(s.pid, &status, 0, nil)
	} else {
		_, err = s.parent.Wait4(s.nspid, &status, 0)
	}
	if err != nil {
		return 0, fmt.Errorf("collect %s: %w", s.name, err)
	}
	s.status = &status
	if s.pidfd >= 0 {
		unix.Close(s.pidfd) // it would keep the subject's PID namespace alive
		s.pidfd = -1
	}
	return status, nil
}

// Wait4 executes wait4(2); pid is as the subject sees it.
func (s *Subject) Wait4(pid int, status *unix.WaitStatus, options int) (int, error) {
	got, err := s.Syscall("wait4", unix.SYS_WAIT4, pid, Struct(status), Hex(options), nil)
	return int(got), err
}

// End sends SIGKILL to the subject and waits until it has been collected.
func (s *Subject) End() error {
	if err := s.signal(unix.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", s.name, err)
	}
	_, err := s.Wait()
	return err
}
