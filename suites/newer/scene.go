package newer

import (
	"fmt"
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
	home, _ := memberAndMaker(creator, kind)
	return home
}

// memberAndMaker is member, and who has made the namespace, for the member or
// itself. With both the namespace ends.
func memberAndMaker(creator *harness.Subject, kind nsutil.Kind) (home, maker *harness.Subject) {
	kinds.Need(kind)
	maker = Get(creator.Fork())
	Arrange(maker.Unshare(kind.Flag()))
	switch {
	case kinds.ForChildren(kind):
		return Get(maker.Fork()), maker
	case kind == nsutil.User:
		Arrange(maker.MapIDs("0 0 1", "0 0 1"))
	}
	return maker, maker
}

// endAll ends a namespace with its member and its maker.
func endAll(home, maker *harness.Subject) {
	Arrange(home.End())
	if maker != home {
		Arrange(maker.End())
	}
}

// landlord returns root of a new user namespace below the suite's own, which
// still has the suite's other namespaces.
func landlord(name string) *harness.Subject {
	kinds.Need(nsutil.User)
	return Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 0 1"), harness.Named(name))
}

// settle returns a member of new namespaces of all kinds, all owned by its user
// namespace, of which it is root and which a process of root's has made.
func settle(name string) *harness.Subject {
	maker := Spawn(harness.Named("maker of " + name))
	Arrange(maker.Unshare(flags(kinds.Built())))
	Arrange(maker.MapIDs("0 0 1", "0 0 1"))
	return Get(maker.Fork())
}

func flags(of []nsutil.Kind) int {
	all := 0
	for _, kind := range of {
		all |= kind.Flag()
	}
	return all
}

// powerless returns a child of s without any capability, which has s's descriptors.
func powerless(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Capset(harness.Capabilities{}))
	return child
}

// as returns a child of root with the uid and gid, without capabilities, which
// has root's descriptors.
func as(root *harness.Subject, uid int) *harness.Subject {
	s := Get(root.Fork())
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(uid, uid, uid))
	Arrange(s.Setresuid(uid, uid, uid))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// open returns s's descriptor of member's namespace.
func open(s, member *harness.Subject, kind nsutil.Kind) int {
	return Get(s.OpenNS(member, kind))
}

// ns returns the identity of a namespace of s's, as the suite sees it.
func ns(s *harness.Subject, kind nsutil.Kind) nsutil.ID {
	return Get(s.NS(kind))
}

// expectJoins claims that the descriptor is one of home's namespace of the kind:
// a process that joins by it, or its child, is in that namespace.
func expectJoins(s *harness.Subject, fd int, home *harness.Subject, kind nsutil.Kind, as ...any) {
	visitor := Get(s.Fork())
	Expect(visitor.Setns(fd, kind.Flag())).To(Succeed(), as...)
	if kinds.ForChildren(kind) {
		child, err := visitor.Fork()
		Expect(err).NotTo(HaveOccurred(), as...)
		visitor = child
	}
	Expect(ns(visitor, kind)).To(Equal(ns(home, kind)), as...)
}

// expectReadOnly claims that the descriptor is read-only and close-on-exec.
func expectReadOnly(s *harness.Subject, fd int) {
	Expect(s.Fcntl(fd, unix.F_GETFL, 0)).To(WithTransform(func(flags int) int { return flags & unix.O_ACCMODE }, Equal(unix.O_RDONLY)))
	Expect(s.Fcntl(fd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
}

// descriptors returns which descriptors the subject has.
func descriptors(s *harness.Subject) []string {
	return Get(s.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID())))
}

// without returns the kinds that the kernel has, but for one.
func without(kind nsutil.Kind) []nsutil.Kind {
	return slices.DeleteFunc(kinds.Built(), func(k nsutil.Kind) bool { return k == kind })
}
