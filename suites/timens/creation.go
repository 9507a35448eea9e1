package timens

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectAtHome claims that s has the suite's clocks, by whatever tells them.
func expectAtHome(s *harness.Subject) {
	expectClocks(s, nsutil.TimeOffsets{}, shifted...)
	expectUptime(s, 0)
	deadline := Get(s.ClockGettime(unix.CLOCK_MONOTONIC)) + 1
	t := timers[0].arm(s, unix.CLOCK_MONOTONIC)
	Expect(t.set(absolute, deadline)).To(Succeed())
	Expect(t.fires(patience())).To(BeTrue(), "a timer of %s", s.Name())
}

var _ = Specs("unshare with CLONE_NEWTIME", Label("time"), func() {
	It("makes a time namespace and leaves the caller in its own", Proves("time-unshare-leaves-caller", "time-for-children-shows-new-namespace"), func() {
		for _, offsets := range worlds() {
			s, bystander := Spawn(), Spawn(harness.Named("bystander"))
			home, childrens := ids(s)
			Expect(childrens).To(Equal(home), "before the call")
			Expect(s.Unshare(newtime)).To(Succeed())
			known := []nsutil.ID{home}
			for range 2 {
				own, childrens := ids(s)
				Expect(own).To(Equal(home), "the caller's own")
				Expect(childrens).NotTo(BeElementOf(known), "that of its children")
				known = append(known, childrens)
				expectAtHome(s)
				Expect(set(s, offsets)).To(Succeed())
				expectAtHome(s)
				child := Get(s.Fork())
				Expect(child.NS(nsutil.Time)).To(Equal(childrens))
				expectClocks(child, offsets, clockMonotonic, clockBoottime)
				expectAtHome(s)
				Expect(s.Unshare(newtime)).To(Succeed(), "a second time")
			}
			for _, others := range []int{unix.CLONE_NEWUTS | unix.CLONE_NEWIPC, unix.CLONE_NEWUSER} {
				s := Spawn()
				Expect(s.Unshare(newtime|others)).To(Succeed(), "with others")
				own, childrens := ids(s)
				Expect(own).To(Equal(home), "the caller's own, with others")
				Expect(childrens).NotTo(BeElementOf(known), "that of its children, with others")
				expectAtHome(s)
				Expect(Get(s.Fork()).NS(nsutil.Time)).To(Equal(childrens))
			}
			own, childrens := ids(bystander)
			Expect([]nsutil.ID{own, childrens}).To(HaveEach(home), "a bystander's")
		}
	})

	It("places the children that are made then in the new namespace, and theirs", Proves("time-unshare-places-children", "time-for-children-shows-new-namespace"), func() {
		for _, offsets := range worlds() {
			s := Spawn()
			before := Get(s.Fork())
			home, _ := ids(s)
			Arrange(s.Unshare(newtime))
			Arrange(set(s, offsets))
			_, childrens := ids(s)
			child, sibling := Get(s.Fork()), Get(s.Clone3(harness.CloneArgs{}))
			peer := Get(s.Clone(unix.CLONE_PARENT | unix.CLONE_FS))
			isolated, unprivileged := Get(child.Clone(unix.CLONE_NEWUTS)), Get(s.Clone(unix.CLONE_NEWUSER))
			init := Get(s.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP))
			Arrange(s.Join(Spawn(harness.Cloned(nsutil.UTS)), nsutil.UTS))
			for _, member := range []*harness.Subject{child, sibling, peer, Get(s.Clone(unix.CLONE_NEWUTS)), Get(child.Fork()), isolated, unprivileged, init, Get(s.Fork())} {
				own, ofChildren := ids(member)
				Expect([]nsutil.ID{own, ofChildren}).To(HaveEach(childrens), member.Name())
				expectClocks(member, offsets, clockMonotonic, clockBoottime)
				expectUptime(member, offsets.Boottime)
			}
			for _, s := range []*harness.Subject{before, Get(before.Fork())} {
				Expect(s.NS(nsutil.Time)).To(Equal(home), "a child from before")
				expectClocks(s, nsutil.TimeOffsets{}, clockMonotonic)
			}
		}
	})

	It("lets the caller make further threads, which are where it is", Proves("time-threads-after-unshare"), func() {
		for _, offsets := range worlds() {
			s := Spawn()
			Arrange(s.Unshare(newtime))
			Arrange(set(s, offsets))
			home, childrens := ids(s)
			thread, err := s.Thread()
			Expect(err).NotTo(HaveOccurred())
			second, err := thread.Thread()
			Expect(err).NotTo(HaveOccurred())
			for _, t := range []*harness.Subject{thread, second} {
				own, ofChildren := ids(t)
				Expect(own).To(Equal(home), "a thread's own")
				Expect(ofChildren).To(Equal(childrens), "that of a thread's children")
				expectAtHome(t)
				expectAtHome(s)
			}
			Expect(set(s, offsets)).To(Succeed(), "no thread is a member")
			child := Get(second.Fork())
			Expect(child.NS(nsutil.Time)).To(Equal(childrens))
			expectClocks(child, offsets, clockMonotonic, clockBoottime)
			expectAtHome(second)
		}
	})

	for _, way := range []struct {
		name string
		make func(s *harness.Subject) (*harness.Subject, error)
	}{
		{"clone with CLONE_VM", func(s *harness.Subject) (*harness.Subject, error) { return s.CloneVM(0) }},
		{"vfork", func(s *harness.Subject) (*harness.Subject, error) {
			child, returned, err := s.Vfork()
			if err == nil {
				Expect(returned).NotTo(Receive())
			}
			return child, err
		}},
	} {
		It("leaves a child that shares the caller's memory where the caller is until it executes a program: "+way.name, Proves("time-vfork-child-stays-until-execve", "time-execve-enters-for-children"), func() {
			for _, offsets := range worlds() {
				s := Spawn()
				Arrange(s.Unshare(newtime))
				home, childrens := ids(s)
				child, err := way.make(s)
				Expect(err).NotTo(HaveOccurred())
				own, ofChildren := ids(child)
				Expect(own).To(Equal(home), "the child's own")
				Expect(ofChildren).To(Equal(childrens), "that of the child's children")
				expectAtHome(child)
				Expect(set(child, offsets)).To(Succeed(), "the child is no member")
				expectAtHome(child)
				execute(child, offsets)
				Expect(child.NS(nsutil.Time)).To(Equal(childrens), "after execve")
				expectAtHome(s)
				Expect(s.NS(nsutil.Time)).To(Equal(home))
				Expect(set(s, offsets)).To(MatchError(unix.EACCES), "the program is a member")
			}
		})
	}
})
