package harness

import (
	"cmp"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Subject is a single-threaded process that runs system calls on a test's
// behalf. Its methods may be called from any goroutine, one call at a time.
type Subject struct {
	scope  *Scope
	name   string
	slot   *slot
	parent *Subject // nil when the subject is a child of this process
	pid    int      // as this process's procfs shows it
	nspid  int      // as its parent sees it
	pidfd  int      // held by this process; -1 where the kernel has none

	mu     sync.Mutex // held during a request
	tid    uint32     // as the subject sees itself
	ended  bool       // it has exited or executed a program
	status *unix.WaitStatus
	pidns  int // see numbersAsWeDo
	output int // descriptor of what an executed program wrote; -1 without

	handlers uintptr // the area of the signal handlers, in its own memory; 0 without
}

// Name returns the subject's name in logs.
func (s *Subject) Name() string { return s.name }

// PID returns the subject's process id as this process's procfs shows it.
func (s *Subject) PID() int { return s.pid }

// NSPID returns the process id that the call which made the subject returned to its parent.
func (s *Subject) NSPID() int { return s.nspid }

// Syscall executes the system call nr, which logs show as name, and returns its
// result. Arguments are integers, strings, nil, or made by [In], [Out] and
// [Struct]. It is the way to calls, and to wrong arguments, that no method offers.
func (s *Subject) Syscall(name string, nr uintptr, args ...any) (uintptr, error) {
	return s.Make(Call{name, nr, args})
}

type request struct {
	op     uint32
	name   string
	nr     uintptr
	args   []any
	child  *slot         // opClone, opCloneVM: the slot that the child serves
	tape   *tape         // opProgram
	flags  int           // opClone, opCloneVM: CLONE_*
	again  bool          // the call may take the subject off its leash
	series []Call        // opSeries
	limit  time.Duration // instead of the scope's for one call, unless 0
}

// do runs one request, logs it, and ends the test when it does not return.
func (s *Subject) do(r request) (uintptr, error) {
	result, err := s.try(r)
	s.conclude(r, result, err)
	return result, err
}

// conclude is what is done about a request that has ended.
func (s *Subject) conclude(r request, result uintptr, err error) {
	s.scope.log(s, r.name, r.args, result, err)
	if errno, ok := err.(syscall.Errno); ok && s.asked(r)&allKinds != 0 {
		s.scope.refuse(Refusal{Flags: s.asked(r), Errno: errno, Call: fmt.Sprintf("%s: %s = %s", s.name, format(r.name, r.args), errnoName(errno))})
	}
	if late, ok := err.(*DeadlineError); ok && s.scope.t != nil {
		timedOut(s.scope.t, late.Error())
	}
}

// try runs one request. Its error is an errno, a *DeadError, a *DeadlineError,
// or says why the arguments cannot be passed.
func (s *Subject) try(r request) (uintptr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back, err := s.start(r)
	if err != nil {
		return 0, err
	}
	return s.finish(r, back)
}

// start puts a request into the slot and wakes the subject. What it returns copies
// back what the call has written.
func (s *Subject) start(r request) (back []func(), err error) {
	if s.ended {
		return nil, &DeadError{s.name, r.name}
	}
	m := newMarshaller(s.slot)
	sl := s.slot
	sl.op, sl.nr, sl.child, sl.tape, sl.again = r.op, r.nr, r.child, r.tape, 0
	if r.again {
		sl.again = 1
	}
	if err := sl.load(m, r); err != nil {
		return nil, err
	}
	if !atomic.CompareAndSwapUint32(&sl.state, s.tid, s.tid|futexWaiters) {
		s.ended = true
		return nil, &DeadError{s.name, r.name}
	}
	futexBump(&sl.request)
	return m.back, nil
}

// load puts the arguments of a request into the slot.
func (sl *slot) load(m *marshaller, r request) error {
	if r.op == opSeries {
		return sl.series.load(m, r.series)
	}
	for i, arg := range r.args {
		word, err := m.word(arg)
		if err != nil {
			return err
		}
		sl.args[i] = word
	}
	clear(sl.args[len(r.args):])
	return nil
}

// finish waits for the end of the request that was started.
func (s *Subject) finish(r request, back []func()) (uintptr, error) {
	limit := cmp.Or(r.limit, s.scope.limits.Call)
	if !s.await(s.tid|futexWaiters, limit) {
		s.ended = true
		s.signal(unix.SIGKILL)
		return 0, &DeadlineError{s.name, format(r.name, r.args), limit}
	}
	if atomic.LoadUint32(&s.slot.state) != s.tid {
		s.ended = true
		return 0, &DeadError{s.name, r.name}
	}
	for _, copyBack := range back { // after an error, too: a call that fails may have written
		copyBack()
	}
	if s.slot.errno != 0 {
		return 0, syscall.Errno(s.slot.errno)
	}
	return s.slot.result, nil
}

// livenessInterval is how often a wait looks whether the subject still lives.
// The kernel's robust futexes say so at once; this is for kernels without.
const livenessInterval = 100 * time.Millisecond

// spins is how often a wait looks before it sleeps. Most calls take less than it
// takes to wake a sleeper, but it needs a second processor for the other end.
var spins = spinsAmong(1)

func spinsAmong(processes int) int {
	if runtime.NumCPU() < 2*processes {
		return 0
	}
	return 20_000
}

// Among says that so many processes run tests at the same time on this machine.
// Call it before [Start].
func Among(processes int) { spins = spinsAmong(processes) }

// await waits until the slot's state is no longer what it was, or the subject
// is dead, and reports false when limit passed before.
func (s *Subject) await(was uint32, limit time.Duration) bool {
	for range spins {
		if atomic.LoadUint32(&s.slot.state) != was {
			return true
		}
	}
	deadline := time.Now().Add(limit)
	for atomic.LoadUint32(&s.slot.state) == was {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		futexWait(&s.slot.state, was, min(left, livenessInterval))
		if atomic.LoadUint32(&s.slot.state) == was && !s.alive() {
			atomic.CompareAndSwapUint32(&s.slot.state, was, futexOwnerDied)
		}
	}
	return true
}

// awaitBirth waits until the subject says its thread id.
func (s *Subject) awaitBirth() error {
	if !s.await(0, s.scope.limits.Call) {
		s.signal(unix.SIGKILL)
		return fmt.Errorf("start %s: no sign of life within %v", s.name, s.scope.limits.Call)
	}
	s.tid = atomic.LoadUint32(&s.slot.state)
	if s.tid&(futexOwnerDied|futexWaiters) != 0 {
		s.ended = true
		return fmt.Errorf("start %s: %w", s.name, &DeadError{s.name, "clone"})
	}
	return nil
}

// alive reports whether the process has not ended yet; a zombie has.
func (s *Subject) alive() bool {
	if s.status != nil {
		return false
	}
	if s.pidfd < 0 {
		return isAlive(s.pid)
	}
	poll := []unix.PollFd{{Fd: int32(s.pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return n == 0 || err != nil
}

// awaitEnd waits until the process has ended, and reports false when limit passed before.
func (s *Subject) awaitEnd(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for s.alive() {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		if s.pidfd < 0 {
			futexWait(&s.slot.state, s.slot.state, min(left, time.Millisecond))
			continue
		}
		poll := []unix.PollFd{{Fd: int32(s.pidfd), Events: unix.POLLIN}}
		unix.Poll(poll, int(min(left, time.Second).Milliseconds())+1)
	}
	return true
}

// signal sends sig to the process from this one.
func (s *Subject) signal(sig unix.Signal) error {
	if s.status != nil {
		return unix.ESRCH // its id may be another process's by now
	}
	if s.pidfd >= 0 {
		return unix.PidfdSendSignal(s.pidfd, sig, nil, 0)
	}
	return unix.Kill(s.pid, sig)
}
