package harness

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Vfork executes clone(2) with CLONE_VFORK and CLONE_VM, as vfork(2) does. The
// child becomes a subject; the parent's call returns, to returned, when the child
// has executed a program or ended: until then the parent takes no other call.
// Both must be in this process's PID namespace.
func (s *Subject) Vfork() (child *Subject, returned <-chan error, err error) {
	stack, err := s.NewStack()
	if err != nil {
		return nil, nil, err
	}
	slot, err := s.scope.engine.arena.take()
	if err != nil {
		return nil, nil, err
	}
	flags := unix.CLONE_VFORK | unix.CLONE_VM | int(unix.SIGCHLD)
	r := request{op: opCloneVM, flags: flags, child: slot, name: "clone", nr: unix.SYS_CLONE,
		args: []any{nsFlags(flags), Hex(stack.Pointer()), 0, 0, 0}}
	child = &Subject{scope: s.scope, name: s.childName(), slot: slot, parent: s, pidfd: -1, output: -1, handlers: s.handlers}
	done, ended := make(chan error, 1), make(chan struct{})
	go func() {
		pid, err := s.try(r)
		s.scope.log(s, r.name, r.args, pid, err)
		done <- err
		close(ended)
	}()
	if err := child.awaitVfork(ended); err != nil {
		return nil, nil, err
	}
	s.scope.add(child)
	return child, done, nil
}

// awaitVfork is awaitBirth for a child whose id its parent cannot tell yet; the
// parent's call has returned when ended is closed.
func (s *Subject) awaitVfork(ended <-chan struct{}) error {
	for range int(s.scope.limits.Call / livenessInterval) {
		if s.tid = atomic.LoadUint32(&s.slot.state); s.tid != 0 {
			s.pid, s.nspid = int(s.tid), int(s.tid)
			if fd, err := unix.PidfdOpen(s.pid, 0); err == nil {
				s.pidfd = fd
			}
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("start %s: its parent's call has returned", s.name)
		default:
			futexWait(&s.slot.state, 0, livenessInterval)
		}
	}
	return fmt.Errorf("start %s: no sign of life within %v", s.name, s.scope.limits.Call)
}
