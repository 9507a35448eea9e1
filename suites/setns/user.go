package setns

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ownedBy returns a process with the uid, in a user namespace that it has made
// and in which it is root.
func ownedBy(uid int) *harness.Subject {
	kinds.Need(nsutil.User)
	s := Spawn(harness.As(uid, uid), harness.Named(fmt.Sprintf("maker, uid %d", uid)))
	Arrange(s.Unshare(unix.CLONE_NEWUSER))
	mapping := fmt.Sprintf("0 %d 1", uid)
	Arrange(s.MapIDs(mapping, mapping))
	return s
}

// below returns a child of s in a new user namespace below that of s.
func below(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	return child
}

// tryUser has s join target's user namespace by the descriptor of its file: with
// an errno, it must be refused.
func tryUser(s *harness.Subject, fd int, target *harness.Subject, errno error) {
	if errno != nil {
		expectRefused(s, fd, unix.CLONE_NEWUSER, errno, "%s to that of %s", s.Name(), target.Name())
		return
	}
	expectJoined(s, fd, unix.CLONE_NEWUSER, target, nsutil.User)
}

// give has a child of s that holds a descriptor of target's user namespace, and
// that change has changed, try to join it.
func give(target *harness.Subject, errno error, change func(s *harness.Subject)) {
	root := Spawn(harness.Named("root"))
	fd := Get(root.OpenNS(target, nsutil.User))
	s := Get(root.Fork())
	change(s)
	tryUser(s, fd, target, errno)
}

var _ = Specs("Joining a user namespace", Label("setns", "user"), func() {
	It("needs CAP_SYS_ADMIN, and no other capability", Proves("setns-user-needs-cap-in-target"), func() {
		for _, target := range []*harness.Subject{ownedBy(alice), below(ownedBy(alice))} {
			give(target, nil, func(s *harness.Subject) { only(s, unix.CAP_SYS_ADMIN) })
			give(target, unix.EPERM, func(s *harness.Subject) { without(s, unix.CAP_SYS_ADMIN) })
			give(target, unix.EPERM, func(s *harness.Subject) { suspend(s, unix.CAP_SYS_ADMIN) })
			give(target, unix.EPERM, func(s *harness.Subject) { Arrange(s.Setresuid(bob, bob, bob)) })
		}
	})

	It("needs CAP_SYS_ADMIN by a pidfd, too", Proves("setns-user-needs-cap-in-target"), func() {
		for _, target := range []*harness.Subject{ownedBy(alice), below(ownedBy(alice))} {
			refused, joins := without(Spawn(), unix.CAP_SYS_ADMIN), only(Spawn(), unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE)
			expectRefused(refused, Get(refused.PidfdOpen(target.PID())), unix.CLONE_NEWUSER, unix.EPERM)
			expectJoined(joins, Get(joins.PidfdOpen(target.PID())), unix.CLONE_NEWUSER, target, nsutil.User)
		}
	})

	It("needs no capability of those whose effective uid owns it or one above it", Proves("setns-user-needs-cap-in-target"), func() {
		for _, target := range []*harness.Subject{ownedBy(alice), below(ownedBy(alice))} {
			for _, row := range []struct {
				real, effective, saved int
				errno                  error
			}{
				{alice, alice, alice, nil}, {bob, alice, bob, nil}, {alice, bob, alice, unix.EPERM}, {bob, bob, bob, unix.EPERM},
			} {
				give(target, row.errno, func(s *harness.Subject) {
					Arrange(s.Setresuid(row.real, row.effective, row.saved))
					only(s)
				})
			}
		}
	})

	It("needs its owner to be in the parent of the owned one, not elsewhere", Proves("setns-user-needs-cap-in-target"), func() {
		for _, elsewhere := range []bool{false, true} {
			errno := error(nil)
			if elsewhere {
				errno = unix.EPERM
			}
			give(ownedBy(alice), errno, func(s *harness.Subject) {
				Arrange(s.Setresuid(alice, alice, alice))
				if elsewhere {
					Arrange(s.Unshare(unix.CLONE_NEWUSER))
				}
			})
		}
	})

	It("is possible from its parent with CAP_SYS_ADMIN there, not from beside", Proves("setns-user-needs-cap-in-target"), func() {
		parent := Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 60001 2"), harness.Named("parent"))
		target, sibling := below(parent), below(parent)
		join := func(other *harness.Subject, caps ...int) func(*harness.Subject) {
			return func(s *harness.Subject) {
				Arrange(s.Join(other, nsutil.User))
				only(s, caps...)
			}
		}
		give(target, nil, join(parent, unix.CAP_SYS_ADMIN))
		give(target, unix.EPERM, join(parent))
		give(target, unix.EPERM, join(sibling, unix.CAP_SYS_ADMIN))
		give(target, unix.EPERM, func(s *harness.Subject) { Arrange(s.Unshare(unix.CLONE_NEWUSER)) })
	})

	It("gives all capabilities there and none elsewhere, whatever uid and gid one has", Proves("setns-user-gives-all-caps"), func() {
		last, err := strconv.Atoi(strings.TrimSpace(Get(Spawn().ReadFile("/proc/sys/kernel/cap_last_cap"))))
		Arrange(err)
		all := uint64(1)<<(last+1) - 1
		for i, uid := range []int{0, alice, bob, 0, alice, bob} {
			home := Spawn(harness.As(alice, alice), harness.Named("home"))
			Arrange(home.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWUTS))
			Arrange(home.MapIDs("0 60001 1", "0 60001 1"))
			s := Spawn(harness.Named(fmt.Sprintf("uid %d", uid)))
			uts := Get(s.OpenNS(home, nsutil.UTS))
			fd := Get(s.OpenNS(home, nsutil.User))
			if i >= 3 {
				fd = Get(s.PidfdOpen(home.PID()))
			}
			if i%2 == 0 {
				Get(s.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_KILL)) // which does not matter
			}
			Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
			Arrange(s.Setresgid(uid, uid, uid))
			Arrange(s.Setresuid(uid, uid, uid))
			only(s, unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE)

			tryUser(s, fd, home, nil)
			Expect(s.Capget()).To(Equal(harness.Capabilities{Effective: all, Permitted: all}))
			Expect(s.Sethostname("outside")).To(MatchError(unix.EPERM), "what the suite's user namespace owns")
			Expect(s.Setns(uts, unix.CLONE_NEWUTS)).To(Succeed(), "by CAP_SYS_ADMIN")
			Expect(s.Sethostname("inside")).To(Succeed())
			Expect(s.Setresgid(0, 0, 0)).To(Succeed(), "by CAP_SETGID")
			Expect(s.Setresuid(0, 0, 0)).To(Succeed(), "by CAP_SETUID")
			Expect(s.Kill(home.PID(), unix.SIGCONT)).To(Succeed(), "by CAP_KILL")
		}
	})

	It("that one is in gives EINVAL, and no capabilities back", Proves("setns-user-own-einval", "setns-failure-changes-nothing"), func() {
		for _, maker := range []*harness.Subject{Spawn(), ownedBy(alice), below(ownedBy(alice)), only(ownedBy(0)), only(below(ownedBy(0)))} {
			fd := Get(maker.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC))
			self := Get(maker.PidfdOpen(maker.PID()))
			fellow := Get(Get(maker.Fork()).Fork())
			other := Get(maker.PidfdOpen(fellow.PID()))
			expectRefused(maker, fd, 0, unix.EINVAL)
			expectRefused(maker, fd, unix.CLONE_NEWUSER, unix.EINVAL)
			expectRefused(maker, self, unix.CLONE_NEWUSER, unix.EINVAL)
			expectRefused(maker, other, unix.CLONE_NEWUSER, unix.EINVAL)
			expectRefused(maker, self, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS, unix.EINVAL)
		}
	})

	It("above one's own gives EPERM", Proves("setns-user-ancestor-eperm", "setns-failure-changes-nothing"), func() {
		suites := Spawn(harness.Named("root of the suite's user namespace"))
		toSuites := Get(suites.OpenNS(suites, nsutil.User))
		asProcess := Get(suites.PidfdOpen(suites.PID()))
		child := Get(suites.Fork())
		Arrange(child.Unshare(unix.CLONE_NEWUSER))
		Arrange(child.MapIDs("0 0 1", "0 0 1"))
		toChild := Get(child.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC))
		grandchild := below(child)
		for _, s := range []*harness.Subject{child, grandchild} {
			expectRefused(s, toSuites, unix.CLONE_NEWUSER, unix.EPERM)
			expectRefused(s, toSuites, 0, unix.EPERM)
			expectRefused(s, asProcess, unix.CLONE_NEWUSER, unix.EPERM)
		}
		expectRefused(grandchild, toChild, unix.CLONE_NEWUSER, unix.EPERM)
		tryUser(suites, Get(suites.OpenNS(child, nsutil.User)), child, nil)
	})
})
