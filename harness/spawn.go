package harness

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Spawn returns a new subject, a child of this process, which shares all
// namespaces with it unless an option says otherwise. It ends the test as
// broken when that cannot be done: where a refusal is what the test is about,
// use [Subject.Clone], [Subject.Unshare] and the like.
func (s *Scope) Spawn(options ...Option) *Subject {
	s.t.Helper()
	o := newSpawning(s, options)
	subject, err := o.spawn()
	if err != nil {
		Broken(s.t, fmt.Sprintf("spawn a subject%s: %v", o.how, err))
	}
	s.note(event{who: o.name, text: "spawned" + o.how})
	return subject
}

// CloneArgs is the part of clone3(2)'s struct clone_args that tests set.
type CloneArgs struct {
	Flags      uint64
	PidFD      uint64
	ChildTID   uint64
	ParentTID  uint64
	ExitSignal uint64
	Stack      uint64
	StackSize  uint64
	TLS        uint64
	SetTID     uint64
	SetTIDSize uint64
	Cgroup     uint64
}

// birth has parent execute a clone call whose child becomes a new subject.
func (s *Scope) birth(parent *Subject, name string, r request) (*Subject, error) {
	e := s.engine
	slot, err := e.arena.take()
	if err != nil {
		return nil, err
	}
	top := parent == e.zygote
	if top {
		slot.leash = 1
	}
	r.op, r.child = opClone, slot
	if r.flags&unix.CLONE_VM != 0 {
		r.op = opCloneVM
	}
	var before []int
	search := !top && !parent.numbersAsWeDo()
	if search {
		before = kin(parent, r.flags)
	}
	nspid, err := parent.do(r)
	if err != nil {
		e.arena.give(slot)
		return nil, err
	}
	child := &Subject{scope: s, name: name, slot: slot, parent: parent, pid: int(nspid), nspid: int(nspid), pidfd: -1, output: -1, handlers: parent.handlers}
	if top && isChild(child.pid) {
		child.parent = nil // with CLONE_PARENT, which not every kernel knows
	} else if search {
		if child.pid, err = parent.newcomer(child.nspid, before, kin(parent, r.flags)); err != nil {
			return nil, err
		}
	}
	if r.flags&unix.CLONE_THREAD != 0 { // it ends with its process
		child.pidfd, _ = unix.FcntlInt(uintptr(parent.pidfd), unix.F_DUPFD_CLOEXEC, 0)
	} else if fd, err := unix.PidfdOpen(child.pid, 0); err == nil {
		child.pidfd = fd
	}
	s.add(child)
	return child, child.awaitBirth()
}

// numbersAsWeDo reports whether the subject is in this process's PID namespace,
// so that the ids its clone calls return are ours. No call changes that.
func (s *Subject) numbersAsWeDo() bool {
	if s.pidns == unknown {
		s.pidns = other
		if id, err := s.NS(nsutil.PID); err == nil && id == ownPIDNamespace() {
			s.pidns = ours
		}
	}
	return s.pidns == ours
}

// ownPIDNamespace is this process's, which no call changes; zero where it is not known.
var ownPIDNamespace = sync.OnceValue(func() nsutil.ID {
	id, _ := nsutil.IDOf(nsutil.PID.File(0))
	return id
})

// Which PID namespace a subject is in.
const (
	unknown = iota
	ours
	other
)

// kin returns the processes among which a child of parent turns up: its children
// and, made with CLONE_PARENT, its siblings, unless the kernel ignores that; a thread
// among its threads.
func kin(parent *Subject, flags int) []int {
	switch {
	case flags&unix.CLONE_THREAD != 0:
		return threads(parent.pid)
	case flags&unix.CLONE_PARENT == 0:
		return children(parent.pid)
	case parent.parent == nil:
		return append(theThreads.children(), children(parent.pid)...)
	}
	return append(children(parent.parent.pid), children(parent.pid)...)
}

// newcomer returns the one after that was not there before. Where the subject has
// adopted an orphan meanwhile there are more, of which its child has the number, in its
// PID namespace, that the call returned.
func (s *Subject) newcomer(number int, before, after []int) (int, error) {
	after = slices.DeleteFunc(after, func(pid int) bool { return slices.Contains(before, pid) })
	if len(after) == 0 {
		return 0, fmt.Errorf("find the child in /proc: no process has turned up")
	}
	if level := len(idsOf(s.pid)) - 1; len(after) > 1 && level >= 0 {
		for _, pid := range after {
			if all := idsOf(pid); len(all) > level && all[level] == number {
				return pid, nil
			}
		}
	}
	return after[0], nil
}

// idsOf returns the process ids of a process, from this process's PID namespace to its
// own; none where there is no such process, or before Linux 4.1.
func idsOf(pid int) []int {
	status, err := nsutil.StatusOf(pid)
	if err != nil {
		return nil
	}
	return status.NSpid
}

// Clone executes clone(2) with the given CLONE_* flags; the child becomes a
// subject with its own slot. Memory is copied, as with fork(2).
func (s *Subject) Clone(flags int) (*Subject, error) {
	return s.scope.birth(s, s.childName(), s.cloneRequest(flags|int(unix.SIGCHLD)))
}

// Fork executes fork(2).
func (s *Subject) Fork() (*Subject, error) { return s.Clone(0) }

// Clone3 executes clone3(2) (since Linux 5.3) with the given arguments; the
// child becomes a subject. ExitSignal is SIGCHLD when zero unless CLONE_PARENT or CLONE_THREAD is set;
// with CLONE_VM the child needs a [Stack].
func (s *Subject) Clone3(args CloneArgs) (*Subject, error) {
	return s.scope.birth(s, s.childName(), s.clone3Request(args))
}

// Isolate makes a child of the subject that makes new namespaces of the kinds in
// the given way: by the clone call that makes it, or by its own call of unshare(2).
func (s *Subject) Isolate(way Way, kinds ...nsutil.Kind) (*Subject, error) {
	flags := flagsOf(kinds)
	switch way {
	case ByClone:
		return s.Clone(flags)
	case ByClone3:
		return s.Clone3(CloneArgs{Flags: uint64(flags)})
	}
	child, err := s.Fork()
	if err != nil {
		return nil, err
	}
	return child, child.Unshare(flags)
}

// Clone3SetTID is [Subject.Clone3] (since Linux 5.5) with a set_tid array that
// asks for the child's process ids, that in the innermost PID namespace first.
func (s *Subject) Clone3SetTID(args CloneArgs, tids ...int32) (*Subject, error) {
	r := s.clone3Request(args)
	plain := r.args[0].(memory)
	var array []byte
	for _, tid := range tids {
		array = binary.NativeEndian.AppendUint32(array, uint32(tid))
	}
	const setTID, setTIDSize = 64, 72 // offsets in struct clone_args
	r.args[0] = linked{
		parts: []any{In(array)},
		head: func(at []uintptr) []byte {
			words(plain.bytes[setTID:], at[0])
			words(plain.bytes[setTIDSize:], uintptr(len(tids)))
			return plain.bytes
		},
		text: fmt.Sprintf("%s with set_tid %v", plain.text, tids),
	}
	return s.scope.birth(s, s.childName(), r)
}

func (s *Subject) cloneRequest(flags int) request {
	return request{flags: flags, name: "clone", nr: unix.SYS_CLONE, args: []any{nsFlags(flags), 0, 0, 0, 0}}
}

func (s *Subject) clone3Request(args CloneArgs) request {
	if args.ExitSignal == 0 && args.Flags&(unix.CLONE_PARENT|unix.CLONE_THREAD) == 0 {
		args.ExitSignal = uint64(unix.SIGCHLD)
	}
	shown := Struct(&args).(memory)
	shown.text = fmt.Sprintf("{flags: %v}", nsFlags(args.Flags))
	return request{flags: int(args.Flags), name: "clone3", nr: unix.SYS_CLONE3, args: []any{shown, len(shown.bytes)}}
}

func (s *Subject) childName() string {
	s.scope.mu.Lock()
	defer s.scope.mu.Unlock()
	return fmt.Sprintf("%s.%d", s.name, len(s.scope.subjects)+1)
}

// nsFlags shows clone flags and the exit signal by name in logs.
type nsFlags int

// String names the flags: CLONE_NEWUTS|SIGCHLD.
func (f nsFlags) String() string {
	flags, suffix := int(f), ""
	if flags&0x7f == int(unix.SIGCHLD) {
		flags, suffix = flags&^0x7f, "|SIGCHLD"
		if flags == 0 {
			return "SIGCHLD"
		}
	}
	return nsutil.FlagString(flags) + suffix
}
