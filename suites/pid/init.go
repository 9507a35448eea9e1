package pid

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The init of a PID namespace", Label("pid"), func() {
	It("adopts the processes orphaned inside and reaps them", Proves("pid-init-adopts-and-reaps-orphans"), func() {
		outside := Spawn()
		init := newInit(outside)
		for _, parent := range []*harness.Subject{fork(init), fork(fork(init))} {
			orphan := fork(parent)
			Expect(orphan.Getppid()).To(Equal(number(parent)))
			Arrange(parent.End())
			eventually(orphan.Getppid).Should(Equal(1))
			Expect(Get(nsutil.StatusOf(orphan.PID())).PPid).To(Equal(init.PID()), "seen from outside")
			Expect(init.Wait4(number(orphan), new(unix.WaitStatus), unix.WNOHANG)).To(BeZero(), "it is init's child, and lives")
			own := number(orphan)
			Expect(orphan.Exit(7)).To(Succeed())
			Expect(expectChildEnds(init, own).ExitStatus()).To(Equal(7))
			_, err := init.Wait4(own, new(unix.WaitStatus), unix.WNOHANG)
			Expect(err).To(MatchError(unix.ECHILD), "it has been reaped")
		}
	})

	ends := []struct {
		how string
		end func(init, outside *harness.Subject) error
		is  unix.WaitStatus
	}{
		{"by exiting", func(init, _ *harness.Subject) error { return init.Exit(3) }, 3 << 8},
		{"by a signal from outside", func(init, outside *harness.Subject) error { return outside.Kill(init.NSPID(), unix.SIGKILL) }, unix.WaitStatus(unix.SIGKILL)},
	}
	for _, e := range ends {
		It("takes every other process of the namespace along, when it ends "+e.how, Proves("pid-init-exit-kills-all"), func() {
			outside := Spawn()
			init := newInit(outside)
			bystander, sibling := fork(outside), newInit(outside)
			stubborn := fork(init)
			Get(stubborn.Syscall("setsid", unix.SYS_SETSID))
			for sig := unix.Signal(1); sig < harness.SIGRTMAX; sig++ {
				if sig != unix.SIGKILL && sig != unix.SIGSTOP {
					Arrange(stubborn.Sigaction(sig, harness.SIG_IGN))
				}
			}
			child := fork(init)
			grandchild := fork(child)
			orphan := fork(child)
			Arrange(child.End())
			stopped := fork(init)
			Arrange(stopped.Signal(unix.SIGSTOP))
			handed, parent := joined(outside, init)
			thread := Get(stubborn.Thread())
			Expect(thread.NSPID()).To(BeNumerically(">", 1))

			Expect(e.end(init, outside)).To(Succeed())
			Expect(expectChildEnds(parent, handed.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			Expect(expectChildEnds(outside, init.NSPID())).To(Equal(e.is))
			for _, member := range []*harness.Subject{stubborn, grandchild, orphan, stopped} {
				Expect(ended(member)).To(BeTrue(), "init has been collected, so that nobody is left")
			}
			Expect(Get(nsutil.StatusOf(parent.PID())).State).NotTo(Equal('Z'))
			for _, other := range []*harness.Subject{bystander, sibling, parent} {
				Expect(other.Getpid()).To(Equal(number(other)), "who is not inside lives")
			}
		})

		It("takes those in nested namespaces and those who joined along, when it ends "+e.how, Proves("pid-init-exit-kills-nested-and-joined"), func() {
			outside := Spawn()
			init := newInit(outside)
			nested := newInit(fork(init))
			nestedChild, deep := fork(nested), newInit(nested)
			handed, parent := joined(outside, init)
			below, parentOfBelow := joined(outside, deep)
			aside, parentOfAside := joined(fork(init), nested)
			ownNested := newInit(handed)

			Expect(e.end(init, outside)).To(Succeed())
			Expect(expectChildEnds(parent, handed.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			Expect(expectChildEnds(parentOfBelow, below.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			expectChildEnds(outside, init.NSPID())
			for _, member := range []*harness.Subject{nested, nestedChild, deep, ownNested, aside, parentOfAside} {
				Expect(ended(member)).To(BeTrue(), "init has been collected, so that nobody is left")
			}
			for _, other := range []*harness.Subject{outside, parent, parentOfBelow} {
				Expect(other.Getpid()).To(Equal(number(other)), "who is not inside lives")
			}
		})
	}

	It("takes the others along when its last thread ends, whichever that is", Proves("pid-init-exit-kills-all"), func() {
		outside := Spawn()
		init := newInit(outside)
		last := Get(init.Thread())
		member := fork(last)
		init.Syscall("exit", unix.SYS_EXIT, 0)
		expectEnds(init, "its first thread has called exit")
		Expect(member.Getpid()).To(Equal(3), "another thread lives")
		Expect(last.Getpid()).To(Equal(1))
		Expect(fork(last).Getppid()).To(Equal(1))
		Expect(outside.Wait4(init.NSPID(), new(unix.WaitStatus), unix.WNOHANG)).To(BeZero(), "it has not ended yet")
		Expect(last.Exit(3)).To(Succeed())
		Expect(expectChildEnds(outside, init.NSPID()).ExitStatus()).To(Equal(3))
		Expect(ended(member)).To(BeTrue())
	})

	It("alone takes the others along: they outlive one another and the init of a nested namespace", Proves("pid-init-exit-kills-all"), func() {
		init := newInit(Spawn())
		member, nested := fork(init), newInit(init)
		Arrange(fork(init).End())
		inside := fork(nested)
		Expect(nested.Exit(0)).To(Succeed())
		expectChildEnds(init, nested.NSPID())
		Expect(ended(inside)).To(BeTrue())
		Expect(member.Getpid()).To(Equal(2))
		Expect(init.Getpid()).To(Equal(1))
	})
})
