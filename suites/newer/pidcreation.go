package newer

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// in returns a process of the suite's user namespace that has been placed into
// init's PID namespace.
func in(init *harness.Subject) *harness.Subject {
	return Spawn(harness.Joined(init, nsutil.PID), harness.Named("visitor"))
}

var _ = Specs("A PID namespace", Label("newer", "pid"), func() {
	for _, way := range harness.Ways() {
		It("is refused to a caller whose user namespace is above or beside the owner of the parent, by "+string(way), Proves("pid-creation-needs-userns-below-owner-einval"), func() {
			kinds.Need(nsutil.PID, nsutil.User)
			root := landlord("root")
			init := Get(root.Clone(unix.CLONE_NEWPID))
			above, beside, besideToo := in(init), in(init), in(init)
			Arrange(beside.Join(member(Spawn(), nsutil.User), nsutil.User))
			Arrange(besideToo.Unshare(unix.CLONE_NEWUSER))
			for _, s := range []*harness.Subject{above, beside, besideToo} {
				home := ns(s, nsutil.PID)
				expectRefusedPID(s, way, unix.CLONE_NEWPID)
				Expect(Get(s.Fork()).NS(nsutil.PID)).To(Equal(home), "children stay")
				other, err := s.Isolate(way, nsutil.UTS)
				Expect(err).NotTo(HaveOccurred(), "a namespace of another kind")
				Expect(ns(other, nsutil.UTS)).NotTo(Equal(ns(s, nsutil.UTS)))
			}
			expectRefusedPID(above, way, unix.CLONE_NEWPID|unix.CLONE_NEWUSER)
		})

		It("is granted to a caller in the owner of the parent or below it, by "+string(way), Proves("pid-creation-needs-userns-below-owner-einval"), func() {
			kinds.Need(nsutil.PID, nsutil.User)
			root := landlord("root")
			init := Get(root.Clone(unix.CLONE_NEWPID))
			joined, below := in(init), Get(init.Fork())
			Arrange(joined.Join(init, nsutil.User))
			Arrange(below.Unshare(unix.CLONE_NEWUSER))
			for _, s := range []*harness.Subject{init, joined, below} {
				for _, flags := range []int{unix.CLONE_NEWPID, unix.CLONE_NEWPID | unix.CLONE_NEWUSER} {
					if s == below && flags&unix.CLONE_NEWUSER != 0 {
						continue // it has no ids there
					}
					child, err := isolate(s, way, flags)
					Expect(err).NotTo(HaveOccurred())
					if way == harness.ByUnshare {
						child = Get(child.Fork())
					}
					Expect(ns(child, nsutil.PID)).NotTo(Equal(ns(s, nsutil.PID)))
				}
			}
		})
	}
})

// isolate makes a child of s that makes namespaces in the given way.
func isolate(s *harness.Subject, way harness.Way, flags int) (*harness.Subject, error) {
	switch way {
	case harness.ByClone:
		return s.Clone(flags)
	case harness.ByClone3:
		return s.Clone3(harness.CloneArgs{Flags: uint64(flags)})
	}
	child := Get(s.Fork())
	return child, child.Unshare(flags)
}

func expectRefusedPID(s *harness.Subject, way harness.Way, flags int) {
	refused, err := isolate(s, way, flags)
	Expect(err).To(MatchError(unix.EINVAL))
	if refused != nil {
		Expect(ns(refused, nsutil.User)).To(Equal(ns(s, nsutil.User)), "it has not changed its user namespace either")
		Expect(Get(refused.Fork()).NS(nsutil.PID)).To(Equal(ns(s, nsutil.PID)))
	}
}

var _ = Specs("The pid_for_children of a PID namespace without processes", Label("newer", "pid"), func() {
	It("can be opened and joined, and then a first process can be made, pid 1", Proves("procns-pid-for-children-joinable-at-once"), func() {
		kinds.Need(nsutil.PID)
		maker := Spawn(harness.Named("maker"))
		home := ns(maker, nsutil.PID)
		Arrange(maker.Unshare(unix.CLONE_NEWPID))
		joiner := Spawn(harness.Named("joiner"))
		fd := expectOpens(joiner, maker)
		Expect(joiner.NSOf(fd)).NotTo(Equal(home))
		Expect(joiner.NSType(fd)).To(Equal(unix.CLONE_NEWPID))
		Expect(joiner.Setns(fd, unix.CLONE_NEWPID)).To(Succeed())
		first, err := joiner.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Getpid()).To(Equal(1))
		Expect(first.NS(nsutil.PID)).To(Equal(Get(joiner.NSOf(fd))))
		second, err := maker.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(second.Getpid()).To(Equal(2), "of the one who has made the namespace")
		Expect(second.NS(nsutil.PID)).To(Equal(ns(first, nsutil.PID)))
	})

	It("does not let anybody make a first process other than pid 1", Proves("procns-pid-for-children-joinable-at-once"), func() {
		kinds.Need(nsutil.PID)
		maker, joiner := Spawn(harness.Named("maker")), Spawn(harness.Named("joiner"))
		Arrange(maker.Unshare(unix.CLONE_NEWPID))
		Expect(joiner.Setns(expectOpens(joiner, maker), unix.CLONE_NEWPID)).To(Succeed())
		for _, s := range []*harness.Subject{joiner, maker} {
			for _, pid := range []int32{2, 300} {
				_, err := s.Clone3SetTID(harness.CloneArgs{}, pid)
				Expect(err).To(MatchError(unix.EINVAL), "pid %d", pid)
			}
		}
		first, err := joiner.Clone3SetTID(harness.CloneArgs{}, 1)
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Getpid()).To(Equal(1))
		other, err := maker.Clone3SetTID(harness.CloneArgs{}, 300)
		Expect(err).NotTo(HaveOccurred(), "once pid 1 is there")
		Expect(other.Getpid()).To(Equal(300))
	})
})

// expectOpens claims that s can open the PID namespace of maker's future children.
func expectOpens(s, maker *harness.Subject) int {
	fd, err := s.Open(nsutil.PID.File(maker.PID())+"_for_children", unix.O_RDONLY|unix.O_CLOEXEC)
	Expect(err).NotTo(HaveOccurred())
	return fd
}
