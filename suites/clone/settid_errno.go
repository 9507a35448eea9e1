package clone

import (
	"math"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// depth returns the number of PID namespaces that the suite is in.
func depth() int {
	const initial = 0xeffffffc // the inode number of the initial PID namespace
	if Get(nsutil.IDOf(nsutil.PID.File(0))).Ino != initial {
		SkipFor(reports.SkipNested, "the suite does not run in the initial PID namespace, nobody can tell how deep it is")
	}
	return 1
}

// pidMax returns the pid_max that s reads, above all pids where s is.
func pidMax(s *harness.Subject) int32 {
	n, err := strconv.Atoi(strings.TrimSpace(Get(s.ReadFile("/proc/sys/kernel/pid_max"))))
	Arrange(err)
	return int32(n)
}

var _ = Specs("set_tid", Label("clone", "pid"), func() {
	It("must be 1 in a PID namespace without an init", Proves("clone-set-tid-first-must-be-init-einval"), func() {
		outer := nest(1)[0]
		s := Get(outer.Fork())
		for _, tid := range []int32{2, 300, 1000} {
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTIDNew(s, tid) }, "%d with CLONE_NEWPID", tid)
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTIDNew(s, tid, 60) }, "%d with CLONE_NEWPID", tid)
		}
		Arrange(s.Unshare(unix.CLONE_NEWPID))
		for _, tid := range []int32{2, 300, 1000} {
			_, err := setTID(s, tid)
			Expect(err).To(MatchError(unix.EINVAL), "%d after unshare", tid)
			expectChildless(s)
		}
		init, err := setTID(s, 1, 60)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(init, 2)).To(Equal([]int{1, 60}))
	})

	It("can be above 1 as long as the PID namespace has an init", Proves("clone-set-tid-needs-living-init"), func() {
		s := Spawn()
		Arrange(s.Unshare(unix.CLONE_NEWPID))
		Expect(setTID(s, 5)).Error().To(MatchError(unix.EINVAL), "before there is an init")
		init := Get(s.Fork())
		child, err := setTID(s, 5)
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(5))
		Arrange(child.End())
		child, err = setTID(s, 5)
		Expect(err).NotTo(HaveOccurred(), "again")
		Arrange(child.End())
		Arrange(init.End())
		for _, tid := range []int32{5, 6, 1} {
			Expect(setTID(s, tid)).Error().To(MatchError(unix.ENOMEM), "%d after the end of init", tid)
		}
		Expect(s.Fork()).Error().To(MatchError(unix.ENOMEM), "as without set_tid")
		expectChildless(s)
	})

	It("has at most as many elements as there are PID namespaces", Proves("clone-set-tid-too-many-levels-einval"), func() {
		levels := depth() + 2
		inner := nest(2)[1]
		s := Get(inner.Fork())
		tids := []int32{50, 60, kinds.FreePID()}
		for _, more := range []int{1, 2, 32 - levels, 33 - levels, 100} {
			tooMany := append(tids[:levels:levels], make([]int32, more)...)
			for i := levels; i < len(tooMany); i++ {
				tooMany[i] = 70
			}
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTID(s, tooMany...) }, "%d elements in %d namespaces", len(tooMany), levels)
		}
		child, err := setTID(s, tids...)
		Expect(err).NotTo(HaveOccurred(), "%d elements in %d namespaces", levels, levels)
		Expect(innermost(child, 2)).To(Equal([]int{50, 60}))
		_, err = setTIDNew(s, 1, 51, 61, kinds.FreePID(), 70)
		Expect(err).To(MatchError(unix.EINVAL), "with CLONE_NEWPID")
		child, err = setTIDNew(s, 1, 51, 61, kinds.FreePID())
		Expect(err).NotTo(HaveOccurred(), "with CLONE_NEWPID")
		Expect(innermost(child, 3)).To(Equal([]int{1, 51, 61}))
	})

	It("is at least 1 and below pid_max", Proves("clone-set-tid-out-of-range-einval"), func() {
		inits := nest(2)
		s := Get(inits[1].Fork())
		inner, outer := pidMax(inits[1]), pidMax(inits[0])
		for _, tid := range []int32{0, -1, math.MinInt32, math.MaxInt32} {
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTID(s, tid) }, "%d", tid)
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTID(s, 50, tid) }, "%d further out", tid)
		}
		for _, more := range []int32{0, 1} {
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTID(s, inner+more) }, "pid_max + %d", more)
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return setTID(s, 50, outer+more) }, "pid_max + %d further out", more)
		}
		child, err := setTID(s, inner-1, outer-1)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 2)).To(Equal([]int{int(inner - 1), int(outer - 1)}))
	})

	It("is refused when another process, or one that has ended, has the pid there", Proves("clone-set-tid-in-use-eexist"), func() {
		inits := nest(2)
		inner, s := inits[1], Get(inits[1].Fork())
		taken := Get(setTID(inner, 50, 60))
		for _, tids := range [][]int32{{50}, {50, 61}, {51, 60}, {1}, {1, 61}, {51, 1}} {
			expectRefused(s, unix.EEXIST, func() (*harness.Subject, error) { return setTID(s, tids...) }, "%v", tids)
		}
		free, err := setTID(s, 51)
		Expect(err).NotTo(HaveOccurred(), "a pid that a refused call had for a while")
		Arrange(free.End())
		other, err := setTID(s, 60, 50)
		Expect(err).NotTo(HaveOccurred(), "the same pids, in the other namespaces")
		Expect(innermost(other, 2)).To(Equal([]int{60, 50}))

		Arrange(taken.Exit(0))
		Expect(setTID(s, 50)).Error().To(MatchError(unix.EEXIST), "of a process that nobody has collected")
		Get(taken.Wait())
		child, err := setTID(s, 50, 60)
		Expect(err).NotTo(HaveOccurred(), "after it has been collected")
		Expect(innermost(child, 2)).To(Equal([]int{50, 60}))
	})

	It("is refused when a thread or a process group has the id there", Proves("clone-set-tid-in-use-eexist"), func() {
		inner := nest(2)[1]
		s, member := Get(inner.Fork()), Get(inner.Fork())
		further := Get(setTIDThread(inner, 70, 80))
		Expect(innermost(further, 2)).To(Equal([]int{70, 80}))
		for _, tids := range [][]int32{{70}, {70, 81}, {71, 80}} {
			expectRefused(s, unix.EEXIST, func() (*harness.Subject, error) { return setTID(s, tids...) }, "%v", tids)
		}

		leader := Get(setTID(inner, 90))
		Get(leader.Syscall("setpgid", unix.SYS_SETPGID, 0, 0))
		Get(member.Syscall("setpgid", unix.SYS_SETPGID, 0, 90))
		Arrange(leader.End())
		expectRefused(s, unix.EEXIST, func() (*harness.Subject, error) { return setTID(s, 90) }, "a process group without its leader")
		Arrange(member.End())
		Expect(setTID(s, 90)).Error().NotTo(HaveOccurred(), "when the group has ended, too")
	})
})
