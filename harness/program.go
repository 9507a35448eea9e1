package harness

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Program is a list of calls that a subject makes by itself, over and over, and
// times with the processor's cycle counter. Between two calls of a program there
// is no more than some ten instructions.
type Program struct {
	Steps []Step
	Times int // how often the steps are made, in order
	// Limit bounds how long the program goes on after its start; 5 s when zero.
	Limit time.Duration
	// Start is the tick at which [Await] begins to count; zero for the program's begin.
	Start uint64
	// Sleepless says that a program which makes a call again rests, as by [Rest],
	// rather than sleeps, as if an instruction took a nanosecond.
	Sleepless bool
}

// Step is one call of a program, with what is done about its result.
type Step struct {
	Call
	Keep  Register   // takes the result
	Own   Stream     // records how long the call took, with all its tries
	Begin bool       // a span begins before the call,
	End   Stream     // and ends after the call; records its length
	Until unix.Errno // the call is made again, after a pause, while it is refused so
	Ack   bool       // it reads a netlink acknowledgement, whose error counts as the call's; see netlink(7)
	Child []Step     // what the child of a clone call does before it exits; see [Subject.Child]

	clones  bool // it makes a child
	onStack bool // which shares memory, and has a stack of its own
	await   bool
	rest    bool
}

// Register is a place for a result, from 1 on; see [Kept].
type Register uint8

// Stream is where durations are recorded, from 1 on.
type Stream uint8

const (
	registers = 8
	streams   = 4
)

// Kept is the argument that a register holds when the call is made.
func Kept(r Register) any { return kept(r) }

// Each is the argument first, first+stride and so on, as the steps are made
// again and again.
func Each(first, stride int) any { return each{first, stride} }

// EachOf is one of the texts after the other, which must be enough, as the steps are
// made again and again.
func EachOf(texts []string) any { return eachOf(texts) }

type kept Register

type each struct{ first, stride int }

type eachOf []string

// String names the register: $1.
func (k kept) String() string { return fmt.Sprintf("$%d", uint8(k)) }

// String shows the argument's first values: "7, 8, ...".
func (e each) String() string { return fmt.Sprintf("%d, %d, ...", e.first, e.first+e.stride) }

// String shows the first text: "a", ...
func (e eachOf) String() string { return fmt.Sprintf("%q, ...", append(e, "")[0]) }

// Await is a step that waits until the tick start + n * interval, the n-th time;
// a span may begin with it, at that tick rather than when it has waited. It sleeps
// where that is long, and spins for the rest.
func Await(interval uint64) Step {
	return Step{Call: Call{Name: "await", Args: []any{interval}}, await: true}
}

// Rest is a step that executes so many million instructions which do nothing, and for
// which an emulator has nothing to do. What the kernel has put off it does meanwhile,
// and the processor does not become idle.
func Rest(millions int) Step {
	return Step{Call: Call{Name: "rest", Args: []any{millions * 1_000_000 / nopsAtOnce}}, rest: true}
}

// Recorded is what a program has come to.
type Recorded struct {
	Streams [streams]Track // that of Stream(1) first
	Refused map[unix.Errno]int
	// First is the call that was refused first; empty without.
	First string
	Times int                // how often the steps were made, unless the limit came first
	Kept  [registers]uintptr // what the registers hold at the end, that of Register(1) first
}

// Track is what one stream has recorded.
type Track struct {
	Ticks []uint64 // each duration
	// From is the tick at which the first began, To that at which the last ended.
	From, To uint64
}

// Of returns what a stream has recorded.
func (r *Recorded) Of(s Stream) Track { return r.Streams[s-1] }

// Refusals says which calls were refused, and how: "3 EPERM, first unshare(...)".
func (r *Recorded) Refusals() string {
	var parts []string
	for _, errno := range slices.Sorted(maps.Keys(r.Refused)) {
		parts = append(parts, fmt.Sprintf("%d %s", r.Refused[errno], errnoName(errno)))
	}
	return strings.Join(parts, ", ") + ", first " + r.First
}

// Child returns a step that makes a child with the given CLONE_* flags by
// clone3(2) (since Linux 5.3): the child takes the given steps and exits. Its id is
// the result. With CLONE_VM the child has a stack of its own, and CLONE_VFORK must
// be there, too: one runs at a time. The child's exit signal is SIGCHLD.
func (s *Subject) Child(flags int, steps ...Step) (Step, error) {
	args := CloneArgs{Flags: uint64(flags), ExitSignal: uint64(unix.SIGCHLD)}
	step := Step{Child: steps, clones: true}
	if flags&unix.CLONE_VM != 0 {
		stack, err := s.NewStack()
		if err != nil {
			return step, err
		}
		args.Stack, args.StackSize, step.onStack = uint64(stack.Base), uint64(stack.Size), true
	}
	r := s.clone3Request(args)
	step.Call = Call{Name: r.name, NR: r.nr, Args: r.args}
	return step, nil
}

// Run has the subject run a program. Its error is of the harness, or the subject's
// end; that calls were refused is in what was recorded.
func (s *Subject) Run(p Program) (*Recorded, error) {
	r, err := s.begin(p)
	if err != nil {
		return nil, err
	}
	return r.end()
}

// RunTogether has each of the subjects run the program at the same time. How far
// apart they begin depends on the machine, unless the program awaits its start.
func RunTogether(subjects []*Subject, p Program) ([]*Recorded, error) {
	var all []*running
	var errs []error
	for _, s := range subjects {
		r, err := s.begin(p)
		if err != nil {
			errs = append(errs, err)
			break
		}
		all = append(all, r)
	}
	recorded := make([]*Recorded, len(all))
	for i, r := range all { // those that run must end, whatever became of the others
		var err error
		if recorded[i], err = r.end(); err != nil {
			errs = append(errs, err)
		}
	}
	return recorded, errors.Join(errs...)
}

// running is a program under way.
type running struct {
	subject *Subject
	program Program
	request request
	back    []func()
}

// begin starts a program, which [running.end] must wait for.
func (s *Subject) begin(p Program) (*running, error) {
	tapes := s.scope.engine.tapes
	t, err := tapes.take()
	if err != nil {
		return nil, err
	}
	back, err := t.load(p)
	if err != nil {
		tapes.give(t)
		return nil, err
	}
	limit := cmp.Or(p.Limit, 5*time.Second)
	t.limit = uint64(limit.Microseconds()) * t.perMicro
	r := request{op: opProgram, name: "program", tape: t, limit: 2*limit + s.scope.limits.Call}
	s.mu.Lock() // until its end
	if _, err := s.start(r); err != nil {
		s.mu.Unlock()
		tapes.give(t)
		return nil, err
	}
	return &running{s, p, r, back}, nil
}

// end waits for the program's end, and returns what it has come to.
func (r *running) end() (*Recorded, error) {
	t := r.request.tape
	defer r.subject.scope.engine.tapes.give(t)
	defer r.subject.mu.Unlock()
	if _, err := r.subject.finish(r.request, r.back); err != nil {
		return nil, err
	}
	return t.recorded(r.program), nil
}

// recorded copies what the program has left on the tape.
func (t *tape) recorded(p Program) *Recorded {
	r := &Recorded{Refused: map[unix.Errno]int{}, Times: int(t.index), Kept: t.kept}
	for i := range t.streams {
		st := &t.streams[i]
		r.Streams[i] = Track{Ticks: slices.Clone(unsafe.Slice((*uint64)(st.samples), st.count)), From: st.from, To: st.to}
	}
	for errno, n := range t.refused {
		if n > 0 {
			r.Refused[syscall.Errno(errno)] = int(n)
		}
	}
	if t.firstRefused > 0 {
		r.First = flatten(p.Steps)[t.firstRefused-1].String()
	}
	return r
}

// flatten returns steps with those of children behind the calls that make them.
func flatten(steps []Step) []Step {
	var all []Step
	for _, st := range steps {
		all = append(append(all, st), flatten(st.Child)...)
	}
	return all
}
