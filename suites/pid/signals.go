package pid

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// sender is a way to send a signal to the init of one's own PID namespace.
type sender struct {
	call string
	send func(s *harness.Subject, sig unix.Signal) error
}

var senders = []sender{
	{"kill", func(s *harness.Subject, sig unix.Signal) error { return s.Kill(1, sig) }},
	{"tgkill", func(s *harness.Subject, sig unix.Signal) error { return s.Tgkill(1, 1, sig) }},
	{"tkill", func(s *harness.Subject, sig unix.Signal) error {
		_, err := s.Syscall("tkill", unix.SYS_TKILL, 1, int(sig))
		return err
	}},
	{"rt_sigqueueinfo", func(s *harness.Subject, sig unix.Signal) error { return s.Sigqueue(1, sig, 1) }},
	{"pidfd_send_signal", func(s *harness.Subject, sig unix.Signal) error {
		fd, err := s.PidfdOpen(1)
		if err != nil {
			return err
		}
		defer s.Close(fd)
		return s.PidfdSendSignal(fd, sig)
	}},
}

// fatal are some signals that end a process that does not handle them, without a core file.
var fatal = []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGPIPE, unix.SIGALRM, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPOLL, harness.SIGRTMIN + 2, harness.SIGRTMAX}

// others returns every signal but SIGKILL and SIGSTOP.
func others() []unix.Signal {
	var all []unix.Signal
	for sig := unix.SIGHUP; sig <= harness.SIGRTMAX; sig++ {
		if sig != unix.SIGKILL && sig != unix.SIGSTOP {
			all = append(all, sig)
		}
	}
	return all
}

// mask has s block or unblock signals.
func mask(s *harness.Subject, how int, signals ...unix.Signal) error {
	var set uint64
	for _, sig := range signals {
		set |= 1 << (sig - 1)
	}
	_, err := s.Syscall("rt_sigprocmask", unix.SYS_RT_SIGPROCMASK, how, harness.Struct(&set), nil, 8)
	return err
}

// expectUntouched claims that no signal has had an effect on s, nor will: it
// neither has ended nor stopped, and none is pending.
func expectUntouched(s *harness.Subject, why string, args ...any) {
	for range 2 { // what is pending at first may have its effect in between
		status, err := os.ReadFile(procPath(s, "status"))
		Expect(err).NotTo(HaveOccurred(), fmt.Sprintf(why, args...))
		Expect(statusLine(string(status), "State")).To(Or(HavePrefix("S"), HavePrefix("R")), fmt.Sprintf(why, args...))
		for _, set := range []string{"SigPnd", "ShdPnd"} {
			Expect(statusLine(string(status), set)).To(Equal("0000000000000000"), fmt.Sprintf(why, args...))
		}
	}
	Expect(s.Getpid()).To(Equal(number(s)), fmt.Sprintf(why, args...))
}

var _ = Specs("The init of a PID namespace, when a process inside sends a signal", Label("pid"), func() {
	It("drops what it has no handler for, and the call succeeds", Proves("pid-init-unhandled-signal-from-inside-dropped"), func() {
		init := newInit(Spawn())
		member := fork(init)
		for by, signals := range map[*harness.Subject][]unix.Signal{member: others(), fork(member): fatal, init: fatal} {
			for _, sig := range signals {
				Expect(by.Kill(1, sig)).To(Succeed(), "signal %d", sig)
			}
			expectUntouched(init, "after all signals of %s", by.Name())
		}
		for _, way := range senders {
			for _, sig := range []unix.Signal{unix.SIGTERM, harness.SIGRTMIN + 2} {
				Expect(way.send(member, sig)).To(Succeed(), "signal %d by %s", sig, way.call)
				expectUntouched(init, "after signal %d by %s", sig, way.call)
			}
		}
		Arrange(mask(init, unix.SIG_BLOCK, fatal...))
		for _, sig := range fatal {
			Expect(member.Kill(1, sig)).To(Succeed(), "signal %d, which it has blocked", sig)
		}
		Expect(mask(init, unix.SIG_UNBLOCK, fatal...)).To(Succeed(), "it unblocks what was sent meanwhile")
		expectUntouched(init, "after unblocking")
		for _, sig := range fatal {
			victim := fork(init)
			Expect(member.Kill(victim.NSPID(), sig)).To(Succeed())
			Expect(expectChildEnds(init, victim.NSPID()).Signal()).To(Equal(sig), "another process ends")
		}
	})

	It("drops what it has no handler for, although the sender is almighty", Proves("pid-init-protected-from-privileged-senders"), func() {
		outside := Spawn()
		init := newInit(outside)
		all := Get(outside.Capget()).Effective
		Expect(all & (1 << unix.CAP_KILL)).NotTo(BeZero())
		stranger, _ := joined(outside, init)
		for _, by := range []*harness.Subject{fork(init), stranger} {
			Expect(Get(by.Capget()).Effective).To(Equal(all))
			for _, way := range senders {
				for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGUSR1, unix.SIGTSTP, harness.SIGRTMAX, unix.SIGKILL} {
					Expect(way.send(by, sig)).To(Succeed())
				}
				expectUntouched(init, "after signals by %s", way.call)
			}
			victim := fork(init)
			Expect(by.Kill(victim.NSPID(), unix.SIGTERM)).To(Succeed())
			Expect(expectChildEnds(init, victim.NSPID()).Signal()).To(Equal(unix.SIGTERM), "another process ends")
		}
	})

	It("is neither killed nor stopped", Proves("pid-init-kill-and-stop-from-inside-no-effect"), func() {
		init := newInit(Spawn())
		member := fork(init)
		Arrange(init.Handle(unix.SIGTERM))
		nested := newInit(init)
		for _, way := range senders {
			for _, sig := range []unix.Signal{unix.SIGKILL, unix.SIGSTOP} {
				Expect(way.send(member, sig)).To(Succeed())
				expectUntouched(init, "after signal %d by %s", sig, way.call)
				Expect(way.send(init, sig)).To(Succeed(), "by itself")
				expectUntouched(init, "after signal %d by itself by %s", sig, way.call)
				Expect(way.send(nested, sig)).To(Succeed(), "in a nested namespace")
				expectUntouched(nested, "after signal %d by itself by %s", sig, way.call)
			}
		}
		thread := Get(init.Thread())
		for _, sig := range []unix.Signal{unix.SIGKILL, unix.SIGSTOP} {
			Expect(member.Tgkill(1, thread.NSPID(), sig)).To(Succeed())
			expectUntouched(init, "after signal %d to another thread of it", sig)
			Expect(thread.Getpid()).To(Equal(1))
		}
		lead(init)
		assassin := fork(init) // which is in its process group
		Expect(isDead(assassin.Kill(0, unix.SIGKILL))).To(BeTrue(), "who sends SIGKILL to the group ends himself")
		Expect(expectChildEnds(init, assassin.NSPID()).Signal()).To(Equal(unix.SIGKILL))
		expectUntouched(init, "after SIGKILL to its process group")

		victim := fork(init)
		Expect(member.Kill(victim.NSPID(), unix.SIGSTOP)).To(Succeed())
		var status unix.WaitStatus
		eventually(func() (int, error) { return init.Wait4(victim.NSPID(), &status, unix.WNOHANG|unix.WUNTRACED) }).Should(Equal(victim.NSPID()))
		Expect(status.StopSignal()).To(Equal(unix.SIGSTOP), "another process stops")
		Expect(member.Kill(victim.NSPID(), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(init, victim.NSPID()).Signal()).To(Equal(unix.SIGKILL), "another process ends")
	})

	It("handles what it has a handler for", Proves("pid-init-handled-signal-from-inside-delivered"), func() {
		init := newInit(Spawn())
		member := fork(init)
		before := 0
		for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGTSTP, unix.SIGCHLD, unix.SIGSEGV, harness.SIGRTMAX} {
			Expect(member.Kill(1, sig)).To(Succeed())
			expectUntouched(init, "before it has a handler for signal %d", sig)
			Expect(init.Handle(sig)).To(Succeed())
			for _, way := range senders {
				Expect(way.send(member, sig)).To(Succeed())
				Get(init.Getpid())
				told, err := init.Handled()
				Expect(err).NotTo(HaveOccurred())
				Expect(told).To(HaveLen(before+1), "handled signal %d by %s", sig, way.call)
				before++
				Expect(told[before-1].Signal).To(Equal(sig))
			}
		}
		Arrange(init.Sigaction(unix.SIGTERM, harness.SIG_DFL))
		Expect(member.Kill(1, unix.SIGTERM)).To(Succeed())
		expectUntouched(init, "when its handler is gone")
		Expect(Get(init.Handled())).To(HaveLen(before))
	})
})
