package kinds

import (
	"fmt"
	"sync/atomic"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
)

// Mark is a change to what one kind of namespace isolates.
type Mark struct {
	Kind nsutil.Kind
	// What says in words what the mark is, for failures.
	What string
	// Sign is what [Mark.See] shows to members of the marked namespace, and to nobody else.
	Sign string
	// Fixed says that the mark belongs to the namespace from its creation on, so
	// that only [Mark.Isolate] makes it and [Mark.Put] has nothing left to do.
	Fixed bool

	before func(creator *harness.Subject) error // by the one that is about to make the namespace
	early  func(maker *harness.Subject) error   // by the one that has made it for its children, before these
	put    func(member *harness.Subject) error
	see    func(s *harness.Subject) (string, error)
}

// makers make a kind's mark; n differs with every call.
var makers = map[nsutil.Kind]func(n int) *Mark{
	nsutil.Cgroup: cgroupMark,
	nsutil.IPC:    ipcMark,
	nsutil.Mnt:    mntMark,
	nsutil.Net:    netMark,
	nsutil.PID:    pidMark,
	nsutil.Time:   timeMark,
	nsutil.User:   userMark,
	nsutil.UTS:    utsMark,
}

var made atomic.Int32

// NewMark returns a mark for a namespace of the kind, different from all others.
func NewMark(kind nsutil.Kind) *Mark {
	m := makers[kind](int(made.Add(1)))
	m.Kind = kind
	return m
}

// Isolate has a child of creator make a new namespace of the mark's kind by
// unshare(2), and returns a member of it: that child, or for pid and time a
// child of that child. A [Mark.Fixed] mark is in place then.
func (m *Mark) Isolate(creator *harness.Subject) (*harness.Subject, error) {
	if err := m.Prepare(creator); err != nil {
		return nil, err
	}
	maker, err := creator.Fork()
	if err != nil {
		return nil, fmt.Errorf("fork: %w", err)
	}
	if err := maker.Unshare(m.Kind.Flag()); err != nil {
		return nil, fmt.Errorf("unshare %s: %w", m.Kind, err)
	}
	if err := m.Settle(maker); err != nil {
		return nil, fmt.Errorf("%s: %w", m.What, err)
	}
	if ForChildren(m.Kind) {
		return maker.Fork()
	}
	return maker, nil
}

// Prepare does what a mark needs of the process that makes the namespace before
// it does so, for specs that make the namespace on their own. The process may also
// be one that shares the maker's namespaces; it must outlive the mark. Without it
// the mark of a user namespace can only be put on children of the suite's own.
func (m *Mark) Prepare(creator *harness.Subject) error {
	if m.before == nil {
		return nil
	}
	return m.before(creator)
}

// Settle does what a mark needs of the process that has made the namespace before
// others are in it, for specs that make the namespace on their own.
func (m *Mark) Settle(maker *harness.Subject) error {
	if m.early == nil {
		return nil
	}
	return m.early(maker)
}

// Put marks the namespace that member is in.
func (m *Mark) Put(member *harness.Subject) error {
	if m.put == nil {
		return nil
	}
	return m.put(member)
}

// See returns what the subject sees in the mark's place.
func (m *Mark) See(s *harness.Subject) (string, error) { return m.see(s) }
