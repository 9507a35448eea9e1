package pid

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const lastPID = "/proc/sys/kernel/ns_last_pid"

// last returns what ns_last_pid shows to s.
func last(s *harness.Subject) (int, error) {
	text, err := s.ReadFile(lastPID)
	if err != nil {
		return 0, err
	}
	var n int
	_, err = fmt.Sscan(strings.TrimSpace(text), &n)
	return n, err
}

func setLast(s *harness.Subject, n int) error { return s.WriteFile(lastPID, fmt.Sprint(n), 0) }

var _ = Specs("/proc/sys/kernel/ns_last_pid", Label("pid"), func() {
	It("shows the number given last in the reader's namespace", Proves("pid-ns-last-pid-shows-last"), func() {
		outer := newInit(Spawn())
		init := newInit(outer)
		Expect(last(init)).To(Equal(1))
		for range 3 {
			child := fork(init)
			Expect(last(init)).To(Equal(child.NSPID()))
			Expect(last(child)).To(Equal(child.NSPID()))
			Expect(last(outer)).To(Equal(seenFrom(outer, child)), "to a reader above")
			Arrange(child.End())
			Expect(last(init)).To(Equal(child.NSPID()), "when it has ended")
		}
		opened := Get(outer.Open(lastPID, unix.O_RDONLY))
		reader := Get(outer.Fork())
		Expect(reader.Join(init, nsutil.PID)).To(Succeed())
		Expect(last(reader)).To(Equal(number(reader)), "to one who has joined for his children only")
		inside := fork(reader)
		Expect(inside.Read(opened, 100)).To(BeEquivalentTo(fmt.Sprintln(number(inside))), "it is who reads that counts, not who has opened the file")
		nested := newInit(init)
		Expect(last(init)).To(Equal(nested.NSPID()))
		Expect(last(nested)).To(Equal(1))
	})

	It("steers the next number, when written", Proves("pid-ns-last-pid-write-steers-next"), func() {
		init := newInit(Spawn())
		for _, n := range []int{500, 2000, 700} {
			Expect(setLast(init, n)).To(Succeed())
			Expect(last(init)).To(Equal(n))
			for i := 1; i <= 2; i++ {
				child := fork(init)
				Expect(child.Getpid()).To(Equal(n+i), "after %d was written", n)
				Expect(last(init)).To(Equal(n + i))
			}
		}
		Expect(setLast(fork(init), 500)).To(Succeed(), "by another member")
		child := fork(init)
		Expect(child.Getpid()).To(Equal(503), "501 and 502 are in use")
		Expect(last(init)).To(Equal(503))
	})

	It("is independent of that of every other namespace", Proves("pid-ns-last-pid-per-namespace"), func() {
		outer := newInit(Spawn())
		a, b := newInit(outer), newInit(outer)
		below := newInit(a)
		all := []*harness.Subject{outer, a, b, below}
		for i, s := range all {
			before := map[*harness.Subject]int{}
			for _, other := range all {
				before[other] = Get(last(other))
			}
			Expect(setLast(s, 500*(i+1))).To(Succeed())
			for _, other := range all {
				if other != s {
					Expect(last(other)).To(Equal(before[other]), "%s, when %s has been written", other.Name(), s.Name())
				}
			}
		}
		Expect(fork(below).Getpid()).To(Equal(2001))
		Expect(fork(b).Getpid()).To(Equal(1501))
		Expect(last(below)).To(Equal(2001))
		Expect(last(a)).To(Equal(1001), "which has given the first of these a number as well")
		Expect(last(outer)).To(Equal(502), "which has given both one")

		joiner := Get(outer.Fork())
		Arrange(joiner.Join(below, nsutil.PID))
		Expect(setLast(joiner, 3500)).To(Succeed())
		Expect(last(outer)).To(Equal(3500), "written by one who has joined another for his children only")
		Expect(last(below)).To(Equal(2001))
		Expect(fork(outer).Getpid()).To(Equal(3501))
	})

	// scene returns the init of a PID namespace that a new user namespace owns, and
	// holders of all capabilities but the given ones.
	without := func(s *harness.Subject, capabilities ...int) *harness.Subject {
		child := fork(s)
		Arrange(child.DropCapabilities(capabilities...))
		return child
	}
	only := func(s *harness.Subject, capability int) *harness.Subject {
		child := fork(s)
		Arrange(child.Capset(harness.Capabilities{Effective: 1 << capability, Permitted: 1 << capability}))
		return child
	}

	for _, owned := range []bool{false, true} {
		what := map[bool]string{false: "the suite's user namespace", true: "a new user namespace"}[owned]
		found := func() *harness.Subject {
			if owned {
				return newInit(owner())
			}
			return newInit(Spawn())
		}

		It("of a PID namespace of "+what+" is for holders of CAP_SYS_ADMIN there to write", Proves("pid-ns-last-pid-write-needs-cap-eperm"), func() {
			init := found()
			below := fork(init)
			Arrange(below.Unshare(unix.CLONE_NEWUSER))
			Expect(Get(below.Capget()).Effective & (1 << unix.CAP_SYS_ADMIN)).NotTo(BeZero())
			nobody := only(init, unix.CAP_SYS_PTRACE)
			for who, s := range map[string]*harness.Subject{
				"one without capabilities":           nobody,
				"one with all others":                without(init, unix.CAP_SYS_ADMIN, unix.CAP_CHECKPOINT_RESTORE),
				"the root of a user namespace below": below,
			} {
				before := Get(last(init))
				Expect(setLast(s, 3000)).To(MatchError(unix.EPERM), who)
				Expect(last(init)).To(Equal(before), who)
				Expect(fork(init).Getpid()).To(Equal(before+1), "the next number, refused to %s", who)
				Expect(last(s)).To(Equal(before+1), "%s can read it", who)
			}
			Expect(setLast(only(init, unix.CAP_SYS_ADMIN), 3400)).To(Succeed())
			Expect(fork(init).Getpid()).To(Equal(3401))
			own := newInit(below)
			Expect(setLast(own, 3600)).To(Succeed(), "the root below, in a PID namespace of its own")
			Expect(fork(own).Getpid()).To(Equal(3601))
		})

		It("of a PID namespace of "+what+" is for holders of CAP_CHECKPOINT_RESTORE there to write", Proves("pid-ns-last-pid-write-cap-checkpoint-restore"), func() {
			init := found()
			Expect(setLast(only(init, unix.CAP_CHECKPOINT_RESTORE), 3400)).To(Succeed())
			Expect(fork(init).Getpid()).To(Equal(3401))
			Expect(setLast(without(init, unix.CAP_SYS_ADMIN), 3600)).To(Succeed())
			Expect(fork(init).Getpid()).To(Equal(3601))
			below := fork(init)
			Arrange(below.Unshare(unix.CLONE_NEWUSER))
			Expect(setLast(only(below, unix.CAP_CHECKPOINT_RESTORE), 3800)).To(MatchError(unix.EPERM), "of a user namespace below")
			Expect(setLast(without(init, unix.CAP_SYS_ADMIN, unix.CAP_CHECKPOINT_RESTORE), 3800)).To(MatchError(unix.EPERM))
			Expect(fork(init).Getpid()).To(BeNumerically("<", 3700))
		})
	}
})
