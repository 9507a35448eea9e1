package user

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

// expectJoined claims that s joins home's user namespace by the descriptor, and
// has all capabilities in there.
func expectJoined(s *harness.Subject, fd int, home *harness.Subject) {
	Expect(s.Setns(fd, unix.CLONE_NEWUSER)).To(Succeed())
	Expect(userOf(s)).To(Equal(userOf(home)))
	Expect(sets(s)).To(Equal(withAll()))
	Expect(s.Join(home, nsutil.UTS)).To(Succeed(), "by CAP_SYS_ADMIN")
	Expect(s.Sethostname("joined")).To(Succeed())
	Expect(home.Hostname()).To(Equal("joined"))
	Arrange(home.Sethostname("home"))
}

// expectNotJoined claims that s is refused, and stays what it is.
func expectNotJoined(s *harness.Subject, fd int, errno error, who string) {
	in, caps := userOf(s), sets(s)
	for _, nstype := range []int{unix.CLONE_NEWUSER, 0} {
		if nstype == 0 && errno == unix.EINVAL {
			continue // a pidfd gives that for the missing type, too
		}
		err := s.Setns(fd, nstype)
		if nstype == 0 && err == unix.EINVAL {
			continue
		}
		Expect(err).To(MatchError(errno), who)
	}
	Expect(userOf(s)).To(Equal(in), who)
	Expect(sets(s)).To(Equal(caps), who)
}

var _ = Specs("Joining a user namespace", Label("user"), func() {
	// homes are those to join, with a UTS namespace of their own, and descriptors
	// of them that root of the suite's user namespace has.
	type home struct {
		*harness.Subject
		fds [2]int
	}
	open := func(opener *harness.Subject) (homes []home) {
		kinds.Need(nsutil.User, nsutil.UTS)
		for _, s := range []*harness.Subject{root(alice), below(root(bob)), unmapped(root(alice))} {
			Arrange(s.Unshare(unix.CLONE_NEWUTS))
			homes = append(homes, home{s, [2]int{Get(opener.OpenNS(s, nsutil.User)), Get(opener.PidfdOpen(s.PID()))}})
		}
		return homes
	}

	for i, d := range joiners {
		It(fmt.Sprintf("by %s takes CAP_SYS_ADMIN there, and gives all capabilities", d), Proves("user-join-needs-single-thread-and-cap"), func() {
			opener := Spawn(harness.Named("root"))
			needed := []int{unix.CAP_SYS_ADMIN}
			if d == byPidfd {
				needed = append(needed, unix.CAP_SYS_PTRACE) // to get at the process
			}
			for _, home := range open(opener) {
				fd := home.fds[i]
				expectNotJoined(without(Get(opener.Fork()), unix.CAP_SYS_ADMIN), fd, unix.EPERM, "with all other capabilities")
				expectNotJoined(suspend(Get(opener.Fork()), unix.CAP_SYS_ADMIN), fd, unix.EPERM, "with the capability, but not in effect")
				expectNotJoined(unmapped(opener), fd, unix.EPERM, "from a user namespace beside or above")
				expectJoined(Get(opener.Fork()), fd, home.Subject)
				expectJoined(only(Get(opener.Fork()), needed...), fd, home.Subject)
			}
		})

		It(fmt.Sprintf("by %s is for a single thread", d), Proves("user-join-needs-single-thread-and-cap"), func() {
			opener := Spawn(harness.Named("root"))
			for _, home := range open(opener) {
				s := Get(opener.Fork())
				second := Get(s.Thread())
				Arrange(second.Unshare(unix.CLONE_FS))
				expectNotJoined(s, home.fds[i], unix.EINVAL, "with a second thread")
				expectNotJoined(second, home.fds[i], unix.EINVAL, "as a second thread")
				expectJoined(Get(s.Fork()), home.fds[i], home.Subject)
				second.Syscall("exit", unix.SYS_EXIT, 0)
				Eventually(func() int { return Get(nsutil.StatusOf(s.PID())).Threads }).WithTimeout(Patience()).WithPolling(polling).Should(Equal(1))
				expectJoined(s, home.fds[i], home.Subject)
			}
		})
	}
})

var _ = Specs("Who has left a user namespace", Label("user"), func() {
	for _, d := range doors {
		It(fmt.Sprintf("for one below by %s cannot come back by setns", d), Proves("user-no-round-trip-by-setns"), func() {
			for _, s := range []*harness.Subject{Spawn(harness.Named("root")), root(alice), below(root(alice))} {
				outside := Get(s.Fork())
				fds := []int{Get(s.Open("/proc/self/ns/user", unix.O_RDONLY)), Get(s.PidfdOpen(outside.PID()))}
				inside := d.entered(s)
				deeper := unmapped(settle(d.entered(s), s, "0 0 1"))
				for who, t := range map[string]*harness.Subject{
					"without a map": inside, "root inside": settle(d.entered(s), s, "0 0 1"), "from two levels below": deeper,
				} {
					for _, fd := range fds {
						expectNotJoined(t, fd, unix.EPERM, who)
					}
					if again, err := t.OpenNS(outside, nsutil.User); err == nil && Get(t.NSOf(again)) == userOf(outside) {
						expectNotJoined(t, again, unix.EPERM, who)
					}
					Expect(t.Setns(fds[1], unix.CLONE_NEWUSER|unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM))
				}
			}
		})

		It(fmt.Sprintf("for one below by %s has lost every capability in it, even as its root", d), Proves("user-entering-loses-outer-caps"), func() {
			for _, row := range []struct {
				s        *harness.Subject
				stranger int
			}{{Spawn(harness.Named("root")), bob}, {root(alice), 9}} {
				e := newEstate(row.s, row.stranger)
				victim := as(e.Subject, row.stranger, row.stranger, row.stranger)
				unsettled, settled := d.entered(e.Subject), settle(d.entered(e.Subject), row.s, "0 0 1")
				for _, deed := range e.deeds() {
					deed.expect(true, e.Subject, "before")
					deed.expect(false, unsettled, "without a map, inside")
					deed.expect(false, settled, "root inside")
					deed.expect(true, Get(e.Fork()), "who stays")
				}
				for _, s := range []*harness.Subject{unsettled, settled} {
					Expect(s.Kill(victim.PID(), 0)).To(MatchError(unix.EPERM), "by CAP_KILL")
					Expect(setNice(s, victim, 1)).To(MatchError(unix.EPERM), "by CAP_SYS_NICE")
					Expect(lookInto(s, victim)).To(MatchError(unix.EPERM), "by CAP_SYS_PTRACE")
				}
				Expect(e.Kill(victim.PID(), 0)).To(Succeed())
				Expect(setNice(e.Subject, victim, 1)).To(Succeed())
			}
		})
	}
})
