package pid

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectHandles claims that init's handlers have been told of one more signal
// than before, and returns what they were told.
func expectHandles(init *harness.Subject, before int, args ...any) harness.Siginfo {
	Get(init.Getpid())
	told, err := init.Handled()
	Expect(err).NotTo(HaveOccurred(), args...)
	Expect(told).To(HaveLen(before+1), args...)
	return told[before]
}

var _ = Specs("The init of a PID namespace, when a process of an ancestor namespace sends a signal", Label("pid"), func() {
	// ancestors returns the init of a namespace, and a process of its parent namespace
	// and one of the parent's.
	ancestors := func() (init, parent, grandparent *harness.Subject) {
		grandparent = Spawn(harness.Named("grandparent"))
		parent = fork(newInit(grandparent))
		return newInit(parent), parent, grandparent
	}
	// seenBy returns the number of init in the namespace of the sender: its parent or not.
	seenBy := func(sender, parent, init *harness.Subject) int {
		if sender == parent {
			return init.NSPID()
		}
		return init.PID()
	}

	It("drops what it has no handler for, and handles the rest", Proves("pid-init-signal-from-ancestor-needs-handler"), func() {
		init, parent, grandparent := ancestors()
		told := 0
		for _, sender := range []*harness.Subject{parent, grandparent} {
			target := seenBy(sender, parent, init)
			for _, sig := range others() {
				Expect(sender.Kill(target, sig)).To(Succeed(), "signal %d", sig)
			}
			expectUntouched(init, "after all signals of %s", sender.Name())
			fd := Get(sender.PidfdOpen(target))
			for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGCHLD, harness.SIGRTMAX} {
				Expect(sender.PidfdSendSignal(fd, sig)).To(Succeed())
				expectUntouched(init, "after signal %d by a pidfd", sig)
				Arrange(init.Handle(sig))
				Expect(sender.Kill(target, sig)).To(Succeed())
				Expect(expectHandles(init, told, "signal %d", sig).Signal).To(Equal(sig))
				Expect(sender.PidfdSendSignal(fd, sig)).To(Succeed())
				Expect(expectHandles(init, told+1, "signal %d by a pidfd", sig).Signal).To(Equal(sig))
				told += 2
				Arrange(init.Sigaction(sig, harness.SIG_DFL))
			}
		}
		victim := fork(init)
		Expect(grandparent.Kill(victim.PID(), unix.SIGTERM)).To(Succeed())
		Expect(expectChildEnds(init, number(victim)).Signal()).To(Equal(unix.SIGTERM), "another process ends")
	})

	It("is told 0 as the sender", Proves("pid-init-signal-from-ancestor-si-pid-zero"), func() {
		init, parent, grandparent := ancestors()
		Arrange(init.Handle(unix.SIGUSR1, harness.SIGRTMAX))
		told := 0
		for _, sender := range []*harness.Subject{parent, grandparent} {
			target := seenBy(sender, parent, init)
			fd := Get(sender.PidfdOpen(target))
			calls := map[string]error{
				"kill":              sender.Kill(target, unix.SIGUSR1),
				"tgkill":            sender.Tgkill(target, target, harness.SIGRTMAX),
				"pidfd_send_signal": sender.PidfdSendSignal(fd, harness.SIGRTMAX),
				"rt_sigqueueinfo":   sender.Sigqueue(target, harness.SIGRTMAX, number(sender)),
			}
			for call, err := range calls {
				Expect(err).NotTo(HaveOccurred(), call)
			}
			Get(init.Getpid())
			all := Get(init.Handled())
			Expect(all).To(HaveLen(told + len(calls)))
			for _, info := range all[told:] {
				Expect(info.PID).To(BeZero(), "signal %d, code %d", info.Signal, info.Code)
			}
			told = len(all)
		}
		member := fork(init)
		Expect(member.Kill(1, unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(init, told).PID).To(Equal(2), "from inside")
		nested := newInit(init)
		Expect(member.Kill(nested.NSPID(), unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(nested, told+1).PID).To(BeZero(), "from inside to an init below")
	})

	It("is killed by SIGKILL", Proves("pid-init-killed-by-ancestor-sigkill"), func() {
		init, parent, grandparent := ancestors()
		Arrange(init.Handle(unix.SIGTERM))
		Expect(parent.Kill(init.NSPID(), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(parent, init.NSPID()).Signal()).To(Equal(unix.SIGKILL))

		another := newInit(parent)
		Expect(grandparent.Kill(another.PID(), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(parent, another.NSPID()).Signal()).To(Equal(unix.SIGKILL))

		third := newInit(parent)
		fd := Get(grandparent.PidfdOpen(third.PID()))
		Expect(grandparent.PidfdSendSignal(fd, unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(parent, third.NSPID()).Signal()).To(Equal(unix.SIGKILL))
		Expect(parent.Getpid()).To(Equal(2))
	})

	It("is stopped by SIGSTOP, and goes on with SIGCONT", Proves("pid-init-stopped-by-ancestor-sigstop"), func() {
		init, parent, grandparent := ancestors()
		for _, sender := range []*harness.Subject{parent, grandparent} {
			target := seenBy(sender, parent, init)
			var status unix.WaitStatus
			Expect(sender.Kill(target, unix.SIGSTOP)).To(Succeed())
			eventually(func() (int, error) { return parent.Wait4(init.NSPID(), &status, unix.WUNTRACED|unix.WNOHANG) }).Should(Equal(init.NSPID()))
			Expect(status.StopSignal()).To(Equal(unix.SIGSTOP))
			Expect(sender.Kill(target, unix.SIGCONT)).To(Succeed())
			eventually(func() (int, error) { return parent.Wait4(init.NSPID(), &status, unix.WCONTINUED|unix.WNOHANG) }).Should(Equal(init.NSPID()))
			Expect(status.Continued()).To(BeTrue())
			Expect(init.Getpid()).To(Equal(1))
		}
	})

	It("is out of reach for one who may not signal it", Proves("pid-init-signal-from-ancestor-needs-permission"), func() {
		const owner, stranger = 31001, 31002
		parent := Spawn()
		init := newInit(parent)
		Arrange(init.Handle(unix.SIGUSR1))
		become(init, owner)
		other, same, almighty, nested := Get(parent.Fork()), Get(parent.Fork()), Get(parent.Fork()), Get(parent.Fork())
		become(other, stranger)
		become(same, owner)
		Get(almighty.Prctl(unix.PR_SET_KEEPCAPS, 1))
		Arrange(almighty.Setresuid(stranger, stranger, stranger))
		Arrange(almighty.Capset(harness.Capabilities{Effective: 1 << unix.CAP_KILL, Permitted: 1 << unix.CAP_KILL}))
		become(nested, stranger)
		Arrange(nested.Unshare(unix.CLONE_NEWUSER))
		Expect(Get(nested.Capget()).Effective & (1 << unix.CAP_KILL)).NotTo(BeZero())
		for who, s := range map[string]*harness.Subject{"another user": other, "the root of a user namespace below": nested} {
			for _, sig := range []unix.Signal{0, unix.SIGUSR1, unix.SIGKILL, unix.SIGSTOP} {
				Expect(s.Kill(init.NSPID(), sig)).To(MatchError(unix.EPERM), "signal %d of %s", sig, who)
			}
			Expect(s.PidfdSendSignal(Get(s.PidfdOpen(init.NSPID())), unix.SIGUSR1)).To(MatchError(unix.EPERM), who)
		}
		expectUntouched(init, "after refused calls")
		Expect(init.Handled()).To(BeEmpty())
		Expect(same.Kill(init.NSPID(), unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(init, 0, "of the same user").UID).To(Equal(owner))
		Expect(almighty.Kill(init.NSPID(), unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(init, 1, "of one with CAP_KILL").UID).To(Equal(stranger))
		Expect(same.Kill(init.NSPID(), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(parent, init.NSPID()).Signal()).To(Equal(unix.SIGKILL))
	})
})
