package setns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// selections are sets of kinds to join at once.
func selections() [][]nsutil.Kind {
	sets := [][]nsutil.Kind{
		{nsutil.IPC, nsutil.UTS}, {nsutil.Mnt, nsutil.Net}, {nsutil.PID, nsutil.Time}, {nsutil.Cgroup, nsutil.User},
		{nsutil.Mnt, nsutil.PID, nsutil.UTS}, {nsutil.Cgroup, nsutil.IPC, nsutil.Net, nsutil.Time}, nsutil.Kinds(),
	}
	for i, kind := range nsutil.Kinds() {
		sets = append(sets, []nsutil.Kind{kind})
		others := append([]nsutil.Kind{}, nsutil.Kinds()[:i]...)
		sets = append(sets, append(others, nsutil.Kinds()[i+1:]...))
	}
	return sets
}

// parting returns a process whose children are in another PID and time namespace
// than itself.
func parting() *harness.Subject {
	s := Get(ownAll(0).Fork())
	Arrange(s.Unshare(unix.CLONE_NEWPID | unix.CLONE_NEWTIME))
	Get(s.Fork())
	return s
}

var _ = Specs("setns with a pidfd", Label("setns"), func() {
	It("joins the namespaces of the process that nstype selects, and no others", Proves("setns-pidfd-joins-selected-types", "setns-pidfd-leaves-other-types"), func() {
		kinds.Need(nsutil.Kinds()...)
		target := ownAll(0)
		root := Spawn(harness.Named("root"))
		pidfd := Get(root.PidfdOpen(target.PID()))
		Arrange(root.Unshare(flags(nonUser()) &^ unix.CLONE_NEWPID)) // so that the suite's are others, too
		for _, set := range selections() {
			expectJoined(Get(root.Fork()), pidfd, flags(set), target, set...)
		}
	})

	for _, kind := range nsutil.Kinds() {
		It(fmt.Sprintf("shows what is in the %s namespace of the process", kind), Label(string(kind)), Proves("setns-pidfd-joins-selected-types", "setns-pidfd-leaves-other-types"), func() {
			kinds.Need(nsutil.UTS) // so that there is another kind to join
			home, mark := marked(kind)
			s := Spawn(harness.Named("caller"))
			expectArrival(s, Get(s.PidfdOpen(home.PID())), kind.Flag(), home, mark)

			others := Get(Spawn(harness.Named("caller for the others")).Fork())
			pidfd := Get(others.PidfdOpen(home.PID()))
			rest := flags(kinds.Built()) &^ kind.Flag() &^ unix.CLONE_NEWUSER // of which home has the caller's
			Expect(others.Setns(pidfd, rest)).To(Succeed())
			Expect(mark.See(seesAs(others, kind))).NotTo(Equal(mark.Sign), "who has joined all the others")
		})
	}

	It("joins the PID and time namespaces that the process is in, not those of its children", Label("pid", "time"), Proves("setns-pidfd-joins-selected-types"), func() {
		kinds.Need(nsutil.PID, nsutil.Time, nsutil.User)
		target := parting()
		now := of(target)
		Expect(now["pid_for_children"]).NotTo(Equal(now["pid"]))
		Expect(now["time_for_children"]).NotTo(Equal(now["time"]))
		s := Spawn(harness.Named("caller"))
		expectJoined(s, Get(s.PidfdOpen(target.PID())), unix.CLONE_NEWPID|unix.CLONE_NEWTIME, target, nsutil.PID, nsutil.Time)
		child, err := s.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(of(child)["pid"]).To(Equal(now["pid"]), "the child's PID namespace")
		Expect(of(child)["time"]).To(Equal(now["time"]), "the child's time namespace")
	})

	It("does the same whether it came from pidfd_open, clone or clone3", Proves("setns-pidfd-from-open-and-clone"), func() {
		selected := []nsutil.Kind{nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS}
		kinds.Need(selected...)
		for _, way := range []harness.Way{harness.ByClone, harness.ByClone3} {
			parent := Spawn(harness.Named("parent"))
			target, cloned, err := parent.ClonePidfd(way, flags(selected))
			Expect(err).NotTo(HaveOccurred(), "by %s", way)
			opened := Get(parent.PidfdOpen(target.PID()))
			for _, pidfd := range []int{cloned, opened} {
				one, all := Get(parent.Fork()), Get(parent.Fork())
				expectJoined(one, pidfd, unix.CLONE_NEWUTS, target, nsutil.UTS)
				expectJoined(all, pidfd, flags(selected), target, selected...)
				expectRefused(all, pidfd, 0, unix.EINVAL)
			}
		}
	})

	It("and nstype 0 gives EINVAL", Proves("setns-pidfd-nstype-zero-einval", "setns-failure-changes-nothing"), func() {
		target := member(Spawn(), nsutil.UTS)
		s := Spawn(harness.Named("caller"))
		for _, process := range []*harness.Subject{target, s} {
			expectRefused(s, Get(s.PidfdOpen(process.PID())), 0, unix.EINVAL)
		}
		unprivileged := as(s, alice)
		expectRefused(unprivileged, Get(unprivileged.PidfdOpen(target.PID())), 0, unix.EINVAL)
		expectJoined(s, Get(s.PidfdOpen(target.PID())), unix.CLONE_NEWUTS, target, nsutil.UTS)
	})

	It("and a bit that is no namespace gives EINVAL, with or without namespaces", Proves("setns-pidfd-other-flag-einval", "setns-failure-changes-nothing"), func() {
		target := member(Spawn(), nsutil.UTS)
		s := Spawn(harness.Named("caller"))
		pidfd := Get(s.PidfdOpen(target.PID()))
		before := stateOf(s)
		all := flags(kinds.Built()) &^ unix.CLONE_NEWUSER
		for _, bit := range notNamespaces() {
			for _, with := range []int{0, unix.CLONE_NEWUTS, all} {
				Expect(s.Setns(pidfd, with|bit)).To(MatchError(unix.EINVAL), "nstype %#x", with|bit)
			}
		}
		Expect(s.Setns(pidfd, -1)).To(MatchError(unix.EINVAL), "nstype -1")
		Expect(stateOf(s)).To(Equal(before), "what refused calls left of the caller")
		expectJoined(s, pidfd, all, target, nonUser()...)
	})

	It("of a process that has ended gives ESRCH, waited for or not", Proves("setns-pidfd-of-gone-process-esrch", "setns-failure-changes-nothing"), func() {
		for _, ids := range []int{0, alice} {
			parent := Spawn(harness.As(ids, ids), harness.Named(fmt.Sprintf("parent, uid %d", ids)))
			target := Get(parent.Fork())
			pidfd := Get(parent.PidfdOpen(target.PID()))
			Arrange(target.Signal(unix.SIGKILL))
			var info unix.Siginfo
			Get(parent.Syscall("waitid", unix.SYS_WAITID, unix.P_PID, target.PID(), harness.Struct(&info), harness.Hex(unix.WEXITED|unix.WNOWAIT), nil))
			refused := func(when string) {
				for _, nstype := range nstypes()[1:] {
					expectRefused(parent, pidfd, nstype, unix.ESRCH, "%s, nstype %#x", when, nstype)
				}
			}
			refused("not waited for")
			Get(target.Wait())
			refused("waited for")
		}
	})
})
