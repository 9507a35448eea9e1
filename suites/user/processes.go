package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// hard returns the hard limit of s for core files.
func hard(s *harness.Subject) uint64 {
	var now unix.Rlimit
	Get(s.Syscall("prlimit64", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CORE, nil, harness.Struct(&now)))
	return now.Max
}

// setHard has s set the hard limit of another for core files.
func setHard(s, other *harness.Subject, limit uint64) error {
	both := unix.Rlimit{Cur: 0, Max: limit}
	_, err := s.Syscall("prlimit64", unix.SYS_PRLIMIT64, other.PID(), unix.RLIMIT_CORE, harness.Struct(&both), nil)
	return err
}

var _ = Specs("Capabilities over other processes", Label("user"), func() {
	It("are looked for in the user namespace that the process is in now",
		Proves("user-process-caps-in-targets-namespace", "user-prlimit-cap-in-targets-namespace"), func() {
			opener, home, sibling := Spawn(harness.Named("root")), root(alice), root(alice)
			t := aim(opener, Get(opener.Fork()))
			l := &line{opener: opener}
			for _, capability := range []int{unix.CAP_KILL, unix.CAP_SYS_NICE, unix.CAP_SYS_PTRACE, unix.CAP_SYS_RESOURCE} {
				mover := aim(opener, Get(opener.Fork()))
				inside, beside := l.member(home, actor, actor, capability), l.member(sibling, actor, actor, capability)
				rest := l.member(home, actor, actor, allBut(capability)...)
				above := as(opener, bob, bob, bob, capability)
				expectBy(capability, false, inside, t, "with the capability in a user namespace below the process's")
				expectBy(capability, true, above, t, "with the capability in the process's")

				Arrange(mover.Join(home, nsutil.User))
				Get(mover.Prctl(unix.PR_SET_DUMPABLE, 1))
				expectBy(capability, true, inside, mover, "with the capability in the user namespace that it has moved to")
				expectBy(capability, false, rest, mover, "there with all other capabilities")
				expectBy(capability, false, beside, mover, "with the capability in one beside")
				expectBy(capability, true, above, mover, "with the capability in the one above")
			}
		})

	It("raise hard limits only in the initial user namespace", Proves("user-prlimit-cap-in-targets-namespace"), func() {
		NeedCapability("CAP_SYS_RESOURCE")
		opener, home := Spawn(harness.Named("root")), root(alice)
		l := &line{opener: opener}
		t := become(Get(home.Fork()), victim)
		Arrange(setHard(opener, t, 1<<20))
		inside, rest := l.member(home, actor, actor, unix.CAP_SYS_RESOURCE), l.member(home, actor, actor, allBut(unix.CAP_SYS_RESOURCE)...)
		owner := as(opener, alice, alice, alice)

		Expect(setHard(rest, t, 1<<19)).To(MatchError(unix.EPERM), "without the capability")
		Expect(hard(t)).To(BeEquivalentTo(1 << 20))
		for i, s := range []*harness.Subject{inside, owner, as(opener, bob, bob, bob, unix.CAP_SYS_RESOURCE), home} {
			limit := uint64(1<<19 - i)
			Expect(setHard(s, t, limit)).To(Succeed(), "lowered by %s", s.Name())
			Expect(hard(t)).To(Equal(limit))
		}
		before := hard(t)
		for _, s := range []*harness.Subject{inside, owner, home, rest} {
			Expect(setHard(s, t, before+1)).To(MatchError(unix.EPERM), "raised by %s", s.Name())
			Expect(hard(t)).To(Equal(before))
		}
		for _, d := range doors {
			s := d.entered(opener)
			Arrange(s.Setrlimit(unix.RLIMIT_CORE, 0))
			Expect(s.Setrlimit(unix.RLIMIT_CORE, 1)).To(MatchError(unix.EPERM), "one's own, after %s", d)
		}
		without, only := as(opener, bob, bob, bob, allBut(unix.CAP_SYS_RESOURCE)...), as(opener, bob, bob, bob, unix.CAP_SYS_RESOURCE)
		Expect(setHard(without, t, before+1)).To(MatchError(unix.EPERM))
		if Nested() {
			return
		}
		Expect(setHard(only, t, before+1)).To(Succeed(), "raised with the capability in the initial user namespace")
		Expect(hard(t)).To(Equal(before + 1))
	})
})

var _ = Specs("chroot in a user namespace", Label("user"), func() {
	It("takes CAP_SYS_CHROOT in the caller's own, and nothing else", Proves("user-chroot-cap-in-own-namespace"), func() {
		NeedUnprivileged()
		dir := "/proc/self"
		rooted := func(s *harness.Subject) uint64 { return Get(s.Stat("/")).Ino }
		expect := func(may bool, s *harness.Subject, who string) {
			before := rooted(s)
			if may {
				Expect(s.Chroot(dir)).To(Succeed(), who)
				Expect(rooted(s)).NotTo(Equal(before), who)
				return
			}
			Expect(s.Chroot(dir)).To(MatchError(unix.EPERM), who)
			Expect(rooted(s)).To(Equal(before), who)
		}
		parent := Spawn(harness.Named("root"))
		homes := []*harness.Subject{parent, root(alice), below(root(alice))}
		for _, d := range doors {
			homes = append(homes, d.entered(Spawn(harness.As(alice, alice))))
		}
		for i, home := range homes {
			who := fmt.Sprintf("home %d", i)
			expect(true, only(Get(home.Fork()), unix.CAP_SYS_CHROOT), who+", with the capability alone")
			expect(false, without(Get(home.Fork()), unix.CAP_SYS_CHROOT), who+", with all but the capability")
			expect(false, suspend(Get(home.Fork()), unix.CAP_SYS_CHROOT), who+", with the capability not in effect")
		}
		owner := Spawn(harness.As(alice, alice), harness.Named("owner of a user namespace below"))
		inside := unmapped(owner)
		expect(false, owner, owner.Name())
		expect(true, inside, "who is in that")
	})
})
