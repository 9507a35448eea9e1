package timens

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A time namespace is entered", Label("time"), func() {
	It("by the first child made with clone3 and CLONE_NEWTIME, which freezes its offsets", Proves("time-clone3-places-child"), func() {
		for _, offsets := range worlds() {
			parent := home(offsets)
			own, childrens := ids(parent)
			child, err := parent.Clone3(harness.CloneArgs{Flags: newtime})
			Expect(err).NotTo(HaveOccurred())
			in, ofChildren := ids(child)
			Expect(in).NotTo(BeElementOf(own, childrens), "the child's own")
			Expect(ofChildren).To(Equal(in), "that of the child's children")
			expectClocks(child, offsets, shifted...)
			expectUptime(child, offsets.Boottime)
			Expect(set(child, nsutil.TimeOffsets{})).To(MatchError(unix.EACCES))
			Expect(offsetsOf(child)).To(Equal(offsets))

			stillOwn, stillChildrens := ids(parent)
			Expect(stillOwn).To(Equal(own), "the parent's own")
			Expect(stillChildrens).To(Equal(childrens), "that of the parent's children")
			Expect(set(parent, nsutil.TimeOffsets{})).To(Succeed(), "the parent's other namespace has no member")
			Expect(offsetsOf(child)).To(Equal(offsets))
			expectClocks(child, offsets, clockMonotonic, clockBoottime)
			expectAtHome(parent)
		}
		user := Spawn(harness.As(alice, alice))
		child, err := user.Clone3(harness.CloneArgs{Flags: unix.CLONE_NEWUSER | newtime})
		Expect(err).NotTo(HaveOccurred(), "by a user, with a user namespace")
		Expect(child.NS(nsutil.Time)).NotTo(Equal(Get(user.NS(nsutil.Time))))
	})

	It("by who calls setns with the file of its own time_for_children", Proves("time-setns-own-for-children"), func() {
		for _, offsets := range worlds() {
			for _, nstype := range []int{newtime, 0} {
				s := home(offsets)
				own, childrens := ids(s)
				fd := Get(s.Open("/proc/self/ns/time_for_children", unix.O_RDONLY|unix.O_CLOEXEC))
				back := Get(s.OpenNS(s, nsutil.Time))
				expectAtHome(s)
				Expect(s.Setns(fd, nstype)).To(Succeed())
				in, ofChildren := ids(s)
				Expect([]nsutil.ID{in, ofChildren}).To(HaveEach(childrens))
				expectClocks(s, offsets, shifted...)
				expectUptime(s, offsets.Boottime)
				expectAbsolute(s, timers[0].arm(s, unix.CLOCK_BOOTTIME), offsets, clockBoottime)
				Expect(set(s, nsutil.TimeOffsets{})).To(MatchError(unix.EACCES))

				Expect(s.Setns(back, nstype)).To(Succeed())
				in, ofChildren = ids(s)
				Expect([]nsutil.ID{in, ofChildren}).To(HaveEach(own))
				expectAtHome(s)
			}
		}
	})

	It("by execve of who has it for its children", Proves("time-execve-enters-for-children"), func() {
		for _, offsets := range worlds() {
			s := home(offsets)
			witness := Get(s.CloneVM(0))
			own, childrens := ids(s)
			for file, errno := range map[string]error{"/nonexistent": unix.ENOENT, "/proc/version": unix.EACCES} {
				Expect(s.Syscall("execve", unix.SYS_EXECVE, file, harness.Strings{file}, harness.Strings(nil))).Error().To(MatchError(errno))
				Expect(s.NS(nsutil.Time)).To(Equal(own), "after a refused execve")
				expectAtHome(s)
				Expect(set(s, offsets)).To(Succeed(), "nobody has entered by a refused execve")
			}
			execute(s, offsets)
			in, ofChildren := ids(s)
			Expect([]nsutil.ID{in, ofChildren}).To(HaveEach(childrens))
			Expect(witness.NS(nsutil.Time)).To(Equal(own), "who has not executed a program")
			expectAtHome(witness)
			Expect(set(witness, offsets)).To(MatchError(unix.EACCES))

			member := Get(witness.Fork())
			execute(member, offsets)
			Expect(member.NS(nsutil.Time)).To(Equal(childrens), "a member that has executed a program")
		}
		s := Spawn()
		own, _ := ids(s)
		execute(s, nsutil.TimeOffsets{})
		Expect(s.NS(nsutil.Time)).To(Equal(own), "without another for its children")
	})
})

var _ = Specs("Reading a clock in a time namespace", Label("time"), func() {
	It("gives the same by the vDSO and by the system call", Proves("time-vdso-agrees-with-syscall"), func() {
		all := worlds()
		for _, offsets := range all {
			maker := home(offsets)
			expectAgreement(maker) // which uses the vDSO before its child has other clocks
			first := Get(maker.Fork())
			joined := Spawn(harness.Named("joined"))
			expectAgreement(joined) // which uses the vDSO before it joins
			Arrange(joined.Join(first, nsutil.Time))
			thread := Get(Get(first.Fork()).Thread())
			byPidfd := joinsByPidfd(first)
			for _, s := range []*harness.Subject{first, joined, byPidfd, Get(first.Fork()), thread, Get(Get(joined.Fork()).CloneVM(0)), Get(joined.Clone(unix.CLONE_NEWUTS))} {
				expectAgreement(s)
			}
			other := inside(all[0])
			Arrange(joined.Join(other, nsutil.Time))
			expectAgreement(joined)
			Arrange(first.Unshare(newtime))
			expectAgreement(first)
		}
	})
})

// expectAgreement claims that the vDSO never shows less than a system call
// before it, nor more than one after it.
func expectAgreement(s *harness.Subject) {
	for _, c := range slices.Concat(steady, shifted) {
		before := Get(s.ClockGettime(c.id))
		got, err := s.ClockGettimeVDSO(c.id)
		Expect(err).NotTo(HaveOccurred())
		expectBetween(got, before, Get(s.ClockGettime(c.id)), "%s of %s by the vDSO", c.name, s.Name())
	}
}
