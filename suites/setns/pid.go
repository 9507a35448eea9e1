package setns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// numbers returns the process ids of s in all PID namespaces it is in, from the
// suite's own inwards.
func numbers(s *harness.Subject) []int {
	return Get(nsutil.StatusOf(s.PID())).NSpid
}

// openPID has root open the PID namespaces of the given processes, for its
// children in whatever PID namespace.
func openPID(root *harness.Subject, targets ...*harness.Subject) []int {
	var fds []int
	for _, target := range targets {
		fds = append(fds, Get(root.OpenNS(target, nsutil.PID)))
	}
	return fds
}

var _ = Specs("A PID namespace that setns or unshare has set", Label("setns", "pid"), func() {
	for _, way := range []struct {
		what string
		set  func(s, home *harness.Subject) error
	}{
		{"setns with its file", func(s, home *harness.Subject) error { return s.Join(home, nsutil.PID) }},
		{"setns with a pidfd", func(s, home *harness.Subject) error {
			return s.Setns(Get(s.PidfdOpen(home.PID())), unix.CLONE_NEWPID)
		}},
		{"unshare", func(s, _ *harness.Subject) error { return s.Unshare(unix.CLONE_NEWPID) }},
	} {
		It("by "+way.what+" is that of children made afterwards, not of the caller", Proves("setns-pid-moves-only-children"), func() {
			kinds.Need(nsutil.PID)
			home := member(Spawn(), nsutil.PID)
			s := Spawn(harness.Named("caller"))
			elder := Get(s.Fork())
			before, elders, own := of(s), of(elder), numbers(s)

			Expect(way.set(s, home)).To(Succeed())
			Expect(s.Getpid()).To(Equal(own[0]))
			Expect(s.Syscall("gettid", unix.SYS_GETTID)).To(BeEquivalentTo(own[0]))
			Expect(numbers(s)).To(Equal(own))
			Expect(of(s)["pid"]).To(Equal(before["pid"]), "ns/pid of the caller")
			Expect(of(elder)).To(Equal(elders), "those of a child made before")
			Expect(numbers(elder)).To(HaveLen(1))

			child, err := s.Fork()
			Expect(err).NotTo(HaveOccurred())
			second, err := s.Fork()
			Expect(err).NotTo(HaveOccurred())
			for _, c := range []*harness.Subject{child, second} {
				inside, err := c.Getpid()
				Expect(err).NotTo(HaveOccurred())
				Expect(numbers(c)).To(Equal([]int{c.NSPID(), inside}), "the numbers of a child outside and inside")
				Expect(c.Getppid()).To(BeZero(), "its parent is outside")
				Expect(of(c)["pid"]).To(And(Equal(of(s)["pid_for_children"]), Not(Equal(before["pid"]))))
			}
			if way.what == "unshare" {
				Expect(child.Getpid()).To(Equal(1))
				Expect(second.Getpid()).To(Equal(2))
			} else {
				Expect(of(child)["pid"]).To(Equal(of(home)["pid"]))
				Expect(home.Kill(numbers(child)[1], unix.SIGCONT)).To(Succeed(), "as a member of the namespace sees it")
			}
			Expect(of(Get(elder.Fork()))["pid"]).To(Equal(before["pid"]), "that of a child of one made before")
		})
	}

	It("may be one's own, a child of it, or a descendant of that", Proves("setns-pid-own-or-descendant"), func() {
		kinds.Need(nsutil.PID)
		root := Spawn(harness.Named("root"))
		child := Get(root.Clone(unix.CLONE_NEWPID))
		grandchild := Get(child.Clone(unix.CLONE_NEWPID))
		great := Get(grandchild.Clone(unix.CLONE_NEWPID))
		line := []*harness.Subject{root, child, grandchild, great}
		fds := openPID(root, line...)
		for _, member := range line {
			fds = append(fds, Get(root.PidfdOpen(member.PID())))
		}
		for depth := range 3 {
			s := root
			if depth > 0 {
				carrier := Get(root.Fork())
				Arrange(carrier.Setns(fds[depth], unix.CLONE_NEWPID))
				s = Get(carrier.Fork())
			}
			for to := depth; to < len(line); to++ {
				for _, fd := range []int{to, depth, len(line) + to, len(line) + depth} { // and back to its own
					then := fd % len(line)
					expectJoined(s, fds[fd], unix.CLONE_NEWPID, line[then], nsutil.PID)
					c, err := s.Fork()
					Expect(err).NotTo(HaveOccurred())
					Expect(numbers(c)).To(HaveLen(then+1), "how deep a child is")
				}
			}
		}
	})

	It("may not be above one's own, nor beside it", Proves("setns-pid-ancestor-or-unrelated-einval", "setns-failure-changes-nothing"), func() {
		kinds.Need(nsutil.PID)
		root := Spawn(harness.Named("root"))
		uncle := Get(root.Clone(unix.CLONE_NEWPID))
		cousin := Get(uncle.Clone(unix.CLONE_NEWPID))
		nephew := Get(cousin.Clone(unix.CLONE_NEWPID))
		fds := openPID(root, root, uncle, cousin, nephew)
		pidfd := Get(root.PidfdOpen(uncle.PID()))
		child := Get(root.Clone(unix.CLONE_NEWPID))
		toChild := Get(root.OpenNS(child, nsutil.PID))
		grandchild := Get(child.Clone(unix.CLONE_NEWPID))
		for _, s := range []*harness.Subject{child, grandchild} {
			for _, fd := range fds {
				expectRefused(s, fd, unix.CLONE_NEWPID, unix.EINVAL)
				expectRefused(s, fd, 0, unix.EINVAL)
			}
			expectRefused(s, pidfd, unix.CLONE_NEWPID, unix.EINVAL)
		}
		Arrange(root.Setns(toChild, unix.CLONE_NEWPID))
		expectRefused(Get(Get(root.Fork()).Clone(unix.CLONE_NEWPID)), toChild, unix.CLONE_NEWPID, unix.EINVAL)
	})
})
