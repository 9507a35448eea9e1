package pid

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mostLevels is how many PID namespaces may be nested below the initial one.
const mostLevels = 32

// lineage returns the PID namespace of s and all its ancestors, up to the
// suite's, as NS_GET_PARENT tells them to viewer.
func lineage(viewer, s *harness.Subject) []nsutil.ID {
	var all []nsutil.ID
	fd := Get(viewer.OpenNS(s, nsutil.PID))
	for {
		all = append(all, Get(viewer.NSOf(fd)))
		parent, err := viewer.NSParent(fd)
		Arrange(viewer.Close(fd))
		if err != nil {
			Expect(err).To(MatchError(unix.EPERM), "the parent of a namespace above is out of sight")
			return all
		}
		fd = parent
	}
}

var _ = Specs("Nested PID namespaces:", Label("pid"), func() {
	It("the parent of each is that of its creator", Proves("pid-parent-is-creators-namespace"), func() {
		outside := Spawn()
		home := pidns(outside)
		Expect(lineage(outside, outside)).To(Equal([]nsutil.ID{home}))
		for _, way := range harness.Ways() {
			first, _ := firstMember(outside, way)
			second, _ := firstMember(fork(first), way)
			third, _ := firstMember(second, way)
			beside, _ := firstMember(first, way)
			Expect(lineage(outside, first)).To(Equal([]nsutil.ID{pidns(first), home}), "%s", way)
			Expect(lineage(outside, third)).To(Equal([]nsutil.ID{pidns(third), pidns(second), pidns(first), home}), "%s", way)
			Expect(lineage(outside, beside)).To(Equal([]nsutil.ID{pidns(beside), pidns(first), home}), "%s", way)
			handed, _ := joined(outside, second)
			below, _ := firstMember(handed, way)
			Expect(lineage(outside, below)).To(Equal([]nsutil.ID{pidns(below), pidns(second), pidns(first), home}), "made by one who has joined, %s", way)
		}
	})

	It("there are 32 levels below the initial one at most", Proves("pid-nesting-limit-enospc"), func() {
		NeedInitial(nsutil.PID)
		deepest := Spawn()
		for level := 1; level <= mostLevels; level++ {
			next, err := deepest.Clone(unix.CLONE_NEWPID)
			Expect(err).NotTo(HaveOccurred(), "level %d", level)
			deepest = next
		}
		Expect(numbers(deepest)).To(HaveLen(mostLevels + 1))
		before := Get(deepest.Namespaces())
		for _, more := range []int{0, unix.CLONE_NEWUTS | unix.CLONE_NEWIPC} {
			_, err := deepest.Clone(unix.CLONE_NEWPID | more)
			Expect(err).To(MatchError(unix.ENOSPC), "clone")
			_, err = deepest.Clone3(harness.CloneArgs{Flags: uint64(unix.CLONE_NEWPID | more)})
			Expect(err).To(MatchError(unix.ENOSPC), "clone3")
			Expect(deepest.Unshare(unix.CLONE_NEWPID|more)).To(MatchError(unix.ENOSPC), "unshare")
		}
		Expect(deepest.Namespaces()).To(Equal(before), "after refused calls")
		_, err := deepest.Wait4(-1, new(unix.WaitStatus), unix.WNOHANG)
		Expect(err).To(MatchError(unix.ECHILD), "no refused call has left a child")
		child := fork(deepest)
		Expect(child.Getpid()).To(Equal(2), "no refused call has taken a number")
		Expect(pidns(child)).To(Equal(pidns(deepest)))
	})

	It("a process has a number in each, from its own to the outermost", Proves("pid-one-number-per-level"), func() {
		outside := Spawn()
		a := newInit(outside)
		fork(a)
		inA := fork(a)
		b := newInit(inA)
		for range 3 {
			fork(b)
		}
		c := newInit(b)
		levels := len(numbers(outside))
		Expect(numbers(a)).To(Equal(append(numbers(outside)[:levels-1:levels-1], a.PID(), 1)))
		all := numbers(c)
		Expect(all).To(HaveLen(levels + 3))
		Expect(all[levels-1:]).To(Equal([]int{c.PID(), 8, 5, 1}))
		Arrange(c.Handle(unix.SIGUSR1))
		for i, viewer := range []*harness.Subject{outside, inA, b} {
			Expect(viewer.Kill(all[levels-1+i], unix.SIGUSR1)).To(Succeed(), "by the number that it has for %s", viewer.Name())
			Expect(expectHandles(c, i).PID).To(BeZero())
		}
		Expect(c.Kill(1, unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(c, 3).PID).To(Equal(1), "its own number")
		Expect(inA.Getpid()).To(Equal(3))
		Expect(numbers(fork(b))).To(HaveLen(levels+2), "in the namespace above there is one less")
	})

	It("nobody moves to one above", Proves("pid-never-moves-to-ancestor"), func() {
		outside := Spawn()
		a := newInit(outside)
		b := newInit(a)
		handed, _ := joined(outside, b)
		descriptors := map[string]int{"parent": Get(outside.OpenNS(a, nsutil.PID)), "grandparent": Get(outside.OpenNS(outside, nsutil.PID))}
		pidfds := map[string]int{"parent": Get(outside.PidfdOpen(a.PID())), "grandparent": Get(outside.PidfdOpen(outside.PID()))}
		for _, maker := range []*harness.Subject{b, handed} {
			s := fork(maker)
			before := Get(s.Namespaces())
			for above := range descriptors {
				fd := Get(s.OpenNS(map[string]*harness.Subject{"parent": a, "grandparent": outside}[above], nsutil.PID))
				for _, nstype := range []int{0, unix.CLONE_NEWPID} {
					Expect(s.Setns(fd, nstype)).To(MatchError(unix.EINVAL), above)
				}
				Expect(s.Namespaces()).To(Equal(before), above)
				Expect(s.NSFile(procPath(s, "ns/pid_for_children"))).To(Equal(before[nsutil.PID]), above)
				Expect(pidns(fork(s))).To(Equal(before[nsutil.PID]), "a child after the refused calls")
			}
			own := newInit(s)
			Expect(s.Join(own, nsutil.PID)).To(Succeed(), "downwards it may go")
			Expect(pidns(fork(s))).To(Equal(pidns(own)))
			Expect(s.Setns(Get(s.OpenNS(a, nsutil.PID)), 0)).To(MatchError(unix.EINVAL), "from below")
			Expect(pidns(fork(s))).To(Equal(pidns(own)))
		}
		for above, fd := range pidfds {
			climber := newInit(outside) // has the pidfds of its parent
			Expect(climber.Setns(fd, unix.CLONE_NEWPID)).To(MatchError(unix.EINVAL), "by a pidfd of the %s", above)
			Expect(pidns(fork(climber))).To(Equal(pidns(climber)))
		}
	})

	It("a parent is in its child's or in one above", Proves("pid-parent-in-same-or-ancestor-namespace"), func() {
		outside := Spawn()
		init := newInit(outside)
		sibling, below := newInit(outside), newInit(init)
		var all []*harness.Subject
		for _, way := range harness.Ways() {
			first, parent := firstMember(fork(init), way)
			all = append(all, first, parent, fork(first))
		}
		for _, to := range []*harness.Subject{init, below} {
			child, parent := joined(outside, to)
			beside := Get(parent.Clone(unix.CLONE_PARENT))
			all = append(all, child, beside, fork(child))
			Arrange(parent.End())
		}
		orphan, parent := joined(fork(init), below)
		Arrange(parent.End())
		all = append(all, orphan)
		member := fork(init)
		for _, flags := range []int{unix.CLONE_PARENT, unix.CLONE_PARENT | unix.CLONE_NEWPID} {
			all = append(all, Get(member.Clone(flags)))
		}
		for _, child := range all {
			parent := Get(parentOf(child))
			above := Get(nsutil.IDOf(nsutil.PID.File(parent)))
			Expect(lineage(outside, child)).To(ContainElement(above), "%s, whose parent is %d", child.Name(), parent)
		}
		for _, s := range []*harness.Subject{member, below} {
			fd := Get(s.OpenNS(sibling, nsutil.PID))
			Expect(s.Setns(fd, unix.CLONE_NEWPID)).To(MatchError(unix.EINVAL), "nobody has children in a namespace beside his own")
		}
	})
})
