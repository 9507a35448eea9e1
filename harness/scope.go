package harness

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Limits says how long a scope waits. The zero value is right for a machine at
// full speed; an emulated one wants its limits multiplied.
type Limits struct {
	Call time.Duration // for one system call; 5 s when zero
	End  time.Duration // for everything to be gone at the end; 5 s when zero
}

func (l Limits) withDefaults() Limits {
	if l.Call == 0 {
		l.Call = 5 * time.Second
	}
	if l.End == 0 {
		l.End = 5 * time.Second
	}
	return l
}

// Scope owns the subjects of one test: all of them are killed and reaped, with
// their descendants, when the test ends.
type Scope struct {
	t      TB
	limits Limits
	engine *engine

	mu       sync.Mutex
	subjects []*Subject
	done     []event
	refused  []Refusal
	ends     bool
}

// NewScope returns a scope that ends with t.
func NewScope(t TB, limits Limits) *Scope {
	t.Helper()
	e, err := theEngine()
	if err != nil {
		Broken(t, err.Error())
	}
	s := &Scope{t: t, limits: limits.withDefaults(), engine: e}
	e.know(s)
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			leaked(t, err.Error())
		}
	})
	return s
}

// Done returns the calls the scope's subjects have made, in order, as a log
// shows them: "inside: sethostname("x", 1) = EPERM".
func (s *Scope) Done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := make([]string, len(s.done))
	for i, e := range s.done {
		done[i] = e.String()
	}
	return done
}

// keep is how many calls a scope remembers; of a longer history the first and
// the last are worth reading.
const keep = 400

// event is a line of what a scope's subjects have done. It becomes text when somebody
// reads it, which for most tests nobody does.
type event struct {
	who, text string // text for what is no call
	call      string
	args      []any
	result    uintptr
	err       error
}

// String shows the event as a log does.
func (e event) String() string {
	if e.call == "" {
		return e.who + ": " + e.text
	}
	outcome := fmt.Sprint(int(e.result))
	if _, dead := e.err.(*DeadError); dead {
		outcome = "ended"
	} else if e.err != nil {
		outcome = errnoName(e.err)
	}
	return fmt.Sprintf("%s: %s = %s", e.who, format(e.call, e.args), outcome)
}

func (s *Scope) log(who *Subject, call string, args []any, result uintptr, err error) {
	s.note(event{who: who.name, call: call, args: settled(args), result: result, err: err})
}

func (s *Scope) note(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends || s.t == nil {
		return
	}
	if len(s.done) == keep {
		s.done = append(s.done[:keep/2], s.done[keep/2+1:]...)
	}
	s.done = append(s.done, e)
}

func (s *Scope) add(subject *Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subjects = append(s.subjects, subject)
}

// end kills and reaps every subject and whatever descends from them. Its error
// names what would not die, and the children of this process that no scope knows.
func (s *Scope) end() error {
	s.mu.Lock()
	s.ends = true
	subjects := s.subjects
	s.mu.Unlock()

	strays := s.engine.strays()
	for _, subject := range subjects {
		subject.signal(unix.SIGKILL)
	}
	undead := collectAll(subjects, s.limits.End)
	s.engine.forget(s)
	if len(strays) > 0 {
		reap(s.engine.known(), s.limits.End)
	}
	switch {
	case len(undead) > 0:
		return fmt.Errorf("still there after SIGKILL: %v", undead)
	case len(strays) > 0:
		return fmt.Errorf("children left behind: %v", strays)
	}
	return nil
}

// collectAll waits for the killed subjects, in whatever order they end: the init
// of a pid namespace ends after all others in it have been collected, which may
// be for this process to do. It returns those that have not gone within limit.
func collectAll(subjects []*Subject, limit time.Duration) (undead []string) {
	deadline := time.Now().Add(limit)
	pending := slices.DeleteFunc(slices.Clone(subjects), (*Subject).collect)
	for len(pending) > 0 && time.Now().Before(deadline) {
		pollAny(pending, 5*time.Millisecond)
		pending = slices.DeleteFunc(pending, (*Subject).collect)
	}
	for _, subject := range pending {
		undead = append(undead, fmt.Sprintf("%s (pid %d)", subject.name, subject.pid))
	}
	return undead
}

// pollAny sleeps until one of the subjects has ended or limit has passed; only
// for a moment when all have ended, and wait for their parents to.
func pollAny(subjects []*Subject, limit time.Duration) {
	fds := make([]unix.PollFd, 0, len(subjects))
	for _, s := range subjects {
		if s.alive() && s.pidfd >= 0 {
			fds = append(fds, unix.PollFd{Fd: int32(s.pidfd), Events: unix.POLLIN})
		}
	}
	if len(fds) == 0 {
		limit = 200 * time.Microsecond
	}
	timeout := unix.NsecToTimespec(int64(limit))
	unix.Ppoll(fds, &timeout, nil)
}

// collect reaps the process if it has ended, closes what belongs to it, and
// reports whether it is gone. A zombie whose parent has not ended yet is not.
func (s *Subject) collect() bool {
	if s.status == nil {
		switch got, err := unix.Wait4(s.pid, nil, unix.WNOHANG|unix.WALL, nil); {
		case got == s.pid:
		case err == nil || s.alive():
			return false
		default:
			if zygote := s.scope.engine.zygote; s.parent == zygote {
				zygote.Wait4(s.nspid, new(unix.WaitStatus), unix.WNOHANG|unix.WALL)
			}
			if unix.Kill(s.pid, 0) != unix.ESRCH {
				return false
			}
		}
	}
	for _, fd := range []int{s.pidfd, s.output} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	s.pidfd, s.output, s.ended = -1, -1, true
	s.scope.engine.arena.give(s.slot)
	return true
}
