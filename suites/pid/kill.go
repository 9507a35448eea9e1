package pid

import (
	"sync/atomic"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var uids atomic.Int32

// freshUID returns a uid that no process of this machine has.
func freshUID() int { return 41000 + int(uids.Add(1))%10000 }

var _ = Specs("kill", Label("pid"), func() {
	It("with -1 reaches all inside and below but the caller and the namespace's init", Proves("pid-kill-all-stays-inside"), func() {
		// Everything that a wrong kernel might reach beyond what it should belongs to
		// a uid of this spec's own, and the callers have no capabilities.
		uid := freshUID()
		outside := Spawn()
		Arrange(outside.Handle(unix.SIGUSR1))
		init, sibling := newInit(outside), newInit(outside)
		caller, member := fork(init), fork(fork(init))
		nested := newInit(init)
		inNested := fork(nested)
		handed, _ := joined(outside, init)
		beside := fork(sibling)
		witness := fork(outside)
		foreign := fork(init)
		become(foreign, freshUID())
		reached := []*harness.Subject{member, nested, inNested, handed}
		spared := []*harness.Subject{init, caller, witness, sibling, beside, foreign}
		for _, s := range append(append([]*harness.Subject{}, reached...), spared[:5]...) {
			become(s, uid)
		}
		same := Get(outside.Fork())
		become(same, uid)
		for _, s := range spared[:5] {
			Expect(same.Kill(s.PID(), unix.SIGUSR1)).To(Succeed(), "one outside might signal %s", s.Name())
			Expect(expectHandles(s, 0).UID).To(Equal(uid))
		}
		Expect(caller.Kill(-1, unix.SIGUSR1)).To(Succeed())
		for _, s := range reached {
			told := expectHandles(s, 0, "%s is reached", s.Name())
			Expect(told.UID).To(Equal(uid))
		}
		for i, s := range spared {
			before := 1
			if i == 5 {
				before = 0
			}
			Get(s.Getpid())
			Expect(Get(s.Handled())).To(HaveLen(before), "%s is not reached", s.Name())
		}
	})
})

var _ = Specs("CAP_KILL", Label("pid"), func() {
	It("counts in the user namespace of the process to be signalled", Proves("pid-kill-cap-in-targets-userns"), func() {
		host := Spawn()
		Arrange(host.Handle(unix.SIGUSR1))
		parent := owner()
		beside := Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 200000 1000"))
		below := Get(parent.Fork())
		become(below, 7)
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		outer := fork(host)
		become(outer, 31003)
		target := fork(parent)
		Arrange(target.Handle(unix.SIGUSR1))
		become(target, 5)
		inBelow := fork(below)
		Arrange(inBelow.Handle(unix.SIGUSR1))

		without := fork(parent)
		Arrange(without.DropCapabilities(unix.CAP_KILL))
		Arrange(without.Setresuid(6, 6, 6))
		only := func(s *harness.Subject) *harness.Subject {
			child := fork(s)
			Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
			Arrange(child.Setresuid(8, 8, 8))
			Arrange(child.Capset(harness.Capabilities{Effective: 1 << unix.CAP_KILL, Permitted: 1 << unix.CAP_KILL}))
			return child
		}
		refused := func(why string, sender, target *harness.Subject) {
			pidfd := Get(sender.PidfdOpen(target.PID()))
			for _, sig := range []unix.Signal{0, unix.SIGUSR1, unix.SIGKILL} {
				Expect(sender.Kill(target.PID(), sig)).To(MatchError(unix.EPERM), why)
				Expect(sender.Tgkill(target.PID(), target.PID(), sig)).To(MatchError(unix.EPERM), why)
				Expect(sender.Sigqueue(target.PID(), sig, sender.PID())).To(MatchError(unix.EPERM), why)
				Expect(sender.PidfdSendSignal(pidfd, sig)).To(MatchError(unix.EPERM), why)
			}
		}
		refused("without the capability", without, target)
		refused("with it in a user namespace beside", beside, target)
		refused("with it in a user namespace below", below, target)
		refused("with it in a user namespace below, to one of the machine's", parent, outer)
		Expect(target.Handled()).To(BeEmpty())
		Expect(outer.Handled()).To(BeEmpty())
		for i, sender := range []*harness.Subject{only(parent), parent, host, only(host)} {
			Expect(sender.Kill(target.PID(), unix.SIGUSR1)).To(Succeed(), "with it there or above")
			expectHandles(target, i)
		}
		Expect(only(parent).Kill(inBelow.PID(), unix.SIGUSR1)).To(Succeed(), "with it above a nested one")
		expectHandles(inBelow, 0)
	})
})
