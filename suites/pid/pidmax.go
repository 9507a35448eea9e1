package pid

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const pidMaxFile = "/proc/sys/kernel/pid_max"

// reserved is the first number after the numbers have run out once
// (RESERVED_PIDS, include/linux/pid.h).
const reserved = 300

func pidMax(s *harness.Subject) (int, error) {
	text, err := s.ReadFile(pidMaxFile)
	if err != nil {
		return 0, err
	}
	var n int
	_, err = fmt.Sscan(strings.TrimSpace(text), &n)
	return n, err
}

func setPIDMax(s *harness.Subject, n int) error { return s.WriteFile(pidMaxFile, fmt.Sprint(n), 0) }

// expectBound claims that init, whose namespace has given few numbers, gives
// those below max and none from there on.
func expectBound(init *harness.Subject, max int) {
	Arrange(setLast(init, max-3))
	for _, next := range []int{max - 2, max - 1, reserved, reserved + 1} {
		Expect(fork(init).Getpid()).To(Equal(next))
	}
	for _, tid := range []int32{int32(max), int32(max) + 1} {
		_, err := init.Clone3SetTID(harness.CloneArgs{}, tid)
		Expect(err).To(MatchError(unix.EINVAL), "%d on request", tid)
		Expect(init.Kill(int(tid), 0)).To(MatchError(unix.ESRCH))
	}
	child, err := init.Clone3SetTID(harness.CloneArgs{}, int32(max)-4)
	Expect(err).NotTo(HaveOccurred())
	Expect(child.Getpid()).To(Equal(max - 4))
}

var _ = Specs("/proc/sys/kernel/pid_max", Label("pid"), func() {
	It("is above every number that is given", Proves("pid-max-bounds-allocation"), func() {
		NeedKconfig("CONFIG_CHECKPOINT_RESTORE")
		init := newInit(Spawn())
		expectBound(init, Get(pidMax(init)))
	})

	It("is per namespace, and the outer one still bounds the outer numbers", Proves("pid-max-per-namespace", "pid-max-bounds-allocation"), func() {
		NeedKconfig("CONFIG_CHECKPOINT_RESTORE")
		host := Spawn()
		outside := Get(pidMax(host))
		outer := newInit(host)
		sibling := newInit(host)
		ofSibling := Get(pidMax(sibling))
		Expect(setPIDMax(outer, 400)).To(Succeed())
		inner := newInit(outer)
		Expect(setPIDMax(inner, 5000)).To(Succeed(), "a larger one than that above")
		for s, max := range map[*harness.Subject]int{host: outside, sibling: ofSibling, outer: 400, fork(outer): 400, inner: 5000} {
			Expect(pidMax(s)).To(Equal(max), s.Name())
		}
		expectBound(inner, 5000)
		Arrange(setLast(inner, 4000))
		Arrange(setLast(outer, 397))
		for i, above := range []int{398, 399, reserved, reserved + 1} {
			child := fork(inner)
			Expect(child.Getpid()).To(Equal(4001 + i))
			Expect(seenFrom(outer, child)).To(Equal(above))
		}
		lower := newInit(sibling)
		Expect(setPIDMax(lower, 350)).To(Succeed())
		expectBound(lower, 350)
		for _, wrong := range []int{reserved, 0, -1, 1<<22 + 1} {
			Expect(setPIDMax(lower, wrong)).To(MatchError(unix.EINVAL), "%d", wrong)
			Expect(pidMax(lower)).To(Equal(350))
		}
	})

	It("can be written by root of the user namespace that owns the PID namespace, and not by one below", Proves("pid-max-per-namespace"), func() {
		root := newInit(owner())
		below := fork(root)
		become(below, 500)
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		plain := fork(root)
		become(plain, 501)
		for _, s := range []*harness.Subject{below, plain} {
			before := Get(pidMax(root))
			Expect(setPIDMax(s, 1000)).To(MatchError(unix.EACCES))
			Expect(pidMax(root)).To(Equal(before))
		}
		Expect(setPIDMax(root, 1000)).To(Succeed())
		Expect(pidMax(plain)).To(Equal(1000))
		Arrange(setLast(root, 998))
		Expect(fork(root).Getpid()).To(Equal(999))
		Expect(fork(root).Getpid()).To(Equal(reserved))
	})
})
