package setns

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine.
const (
	alice = 60001
	bob   = 60002
)

// member returns a member of a new namespace of the kind that a child of creator has made.
func member(creator *harness.Subject, kind nsutil.Kind) *harness.Subject {
	kinds.Need(kind)
	s := Get(creator.Fork())
	Arrange(s.Unshare(kind.Flag()))
	if kinds.ForChildren(kind) {
		s = Get(s.Fork())
	}
	return s
}

// marked returns a member of a new namespace of the kind, which has a mark.
func marked(kind nsutil.Kind) (*harness.Subject, *kinds.Mark) {
	return markedBy(Spawn(harness.Named("creator")), kind)
}

// markedBy is marked for a namespace that a child of creator makes.
func markedBy(creator *harness.Subject, kind nsutil.Kind) (*harness.Subject, *kinds.Mark) {
	kinds.Need(kind)
	mark := kinds.NewMark(kind)
	inside := Get(mark.Isolate(creator))
	Arrange(mark.Put(inside))
	Expect(mark.See(inside)).To(Equal(mark.Sign))
	return inside, mark
}

// ownAll returns a member of namespaces of all kinds that belong to nobody else,
// all owned by its user namespace, which a process with the uid has made.
func ownAll(uid int) *harness.Subject {
	maker := Spawn(harness.As(uid, uid), harness.Named("maker"))
	Arrange(maker.Unshare(flags(kinds.Built())))
	return Get(maker.Fork())
}

// seesAs returns who shows whether s has joined a namespace of the kind: s, or
// where it is for children, a new child of s.
func seesAs(s *harness.Subject, kind nsutil.Kind) *harness.Subject {
	if kind == nsutil.PID {
		child, err := s.Fork()
		Expect(err).NotTo(HaveOccurred(), "a child after joining")
		return child
	}
	return s
}

// flags returns the CLONE_NEW* flags of the kinds.
func flags(of []nsutil.Kind) int {
	all := 0
	for _, kind := range of {
		all |= kind.Flag()
	}
	return all
}

// only leaves the subject these capabilities.
func only(s *harness.Subject, caps ...int) *harness.Subject {
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return s
}

// without takes capabilities away.
func without(s *harness.Subject, caps ...int) *harness.Subject {
	Arrange(s.DropCapabilities(caps...))
	return s
}

// suspend leaves the subject a capability that is permitted and not effective.
func suspend(s *harness.Subject, capability int) {
	held := Get(s.Capget())
	held.Effective &^= 1 << capability
	Arrange(s.Capset(held))
}

// as returns a child of root with the uid and gid, without capabilities, whose
// descriptors are root's.
func as(root *harness.Subject, uid int) *harness.Subject {
	s := Get(root.Fork())
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(uid, uid, uid))
	Arrange(s.Setresuid(uid, uid, uid))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// nonUser returns the kinds that the kernel has, but for user.
func nonUser() []nsutil.Kind {
	return slices.DeleteFunc(kinds.Built(), func(k nsutil.Kind) bool { return k == nsutil.User })
}
