package setns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// guarded are the kinds whose namespaces need capabilities on both sides.
var guarded = []struct {
	kind    nsutil.Kind
	promise string
}{
	{nsutil.Mnt, "setns-mnt-needs-admin-and-chroot-eperm"},
	{nsutil.PID, "setns-pid-needs-cap-in-both-eperm"},
	{nsutil.Cgroup, "setns-cgroup-needs-cap-in-both-eperm"},
	{nsutil.Time, "setns-time-needs-cap-in-both-eperm"},
	{nsutil.Net, "setns-net-ipc-uts-needs-cap-in-both-eperm"},
	{nsutil.IPC, "setns-net-ipc-uts-needs-cap-in-both-eperm"},
	{nsutil.UTS, "setns-net-ipc-uts-needs-cap-in-both-eperm"},
}

// candidate is somebody who may join namespaces owned by the suite's user
// namespace, or by the one below it that alice owns, or not.
type candidate struct {
	who              string
	change           func(s, below *harness.Subject)
	suites, belowOne bool
}

// candidates returns those to whom a rule applies that needs these capabilities
// in the caller's user namespace and CAP_SYS_ADMIN in the owner's.
func candidates(needed ...int) []candidate {
	enter := func(s, below *harness.Subject) { Arrange(s.Join(below, nsutil.User)) }
	all := []candidate{
		{"root", func(s, _ *harness.Subject) {}, true, true},
		{"with what is needed and nothing else", func(s, _ *harness.Subject) { only(s, needed...) }, true, true},
		{"a user without capabilities who owns the user namespace below", func(s, _ *harness.Subject) {
			Arrange(s.Setresuid(alice, alice, alice))
		}, false, false},
		{"root of a new user namespace", func(s, _ *harness.Subject) { Arrange(s.Unshare(unix.CLONE_NEWUSER)) }, false, false},
		{"in the user namespace below, with what is needed and nothing else", func(s, below *harness.Subject) {
			enter(s, below)
			only(s, needed...)
		}, false, true},
		{"root of a user namespace below that one", func(s, below *harness.Subject) {
			enter(s, below)
			Arrange(s.Setresgid(0, 0, 0))
			Arrange(s.Setresuid(0, 0, 0))
			Arrange(s.Unshare(unix.CLONE_NEWUSER))
		}, false, false},
	}
	for _, capability := range needed {
		all = append(all,
			candidate{"with all but what is needed", func(s, _ *harness.Subject) { without(s, capability) }, false, false},
			candidate{"who has what is needed, but not in effect", func(s, _ *harness.Subject) { suspend(s, capability) }, false, false},
			candidate{"who owns the user namespace below, with all but what is needed", func(s, _ *harness.Subject) {
				held := Get(s.Capget())
				Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
				Arrange(s.Setresuid(alice, alice, alice))
				Arrange(s.Capset(held))
				without(s, capability)
			}, false, false},
			candidate{"in the user namespace below, with all but what is needed", func(s, below *harness.Subject) {
				enter(s, below)
				without(s, capability)
			}, false, false},
		)
	}
	return all
}

var _ = Specs("Joining a namespace", Label("setns"), func() {
	for _, g := range guarded {
		It("needs capabilities in the caller's user namespace and in the owner's: "+string(g.kind), Label(string(g.kind)), Proves(g.promise, "setns-failure-changes-nothing"), func() {
			first := ownedBy(alice)
			ofSuites, ofBelow, ofDeeper := member(Spawn(), g.kind), member(first, g.kind), member(below(first), g.kind)
			opener := Spawn(harness.Named("opener"))
			open := func(target *harness.Subject) int { return Get(opener.OpenNS(target, g.kind)) }
			toOwn, toSuites, toBelow, toDeeper := open(opener), open(ofSuites), open(ofBelow), open(ofDeeper)
			for _, c := range candidates(needed(g.kind)...) {
				s := Get(opener.Fork())
				c.change(s, first)
				tryFile(s, toOwn, opener, g.kind, c.suites, "%s, to the suite's that it is in", c.who)
				tryFile(s, toSuites, ofSuites, g.kind, c.suites, "%s, to what the suite's user namespace owns", c.who)
				tryFile(s, toBelow, ofBelow, g.kind, c.belowOne, "%s, to what the one below owns", c.who)
				tryFile(s, toDeeper, ofDeeper, g.kind, c.belowOne, "%s, to what one below that owns", c.who)
			}
		})

		It("needs the same by a pidfd: "+string(g.kind), Label(string(g.kind)), Proves(g.promise, "setns-failure-changes-nothing"), func() {
			below := ownedBy(alice)
			ofSuites, ofBelow := member(Spawn(), g.kind), member(below, g.kind)
			Arrange(ofSuites.Join(below, nsutil.User)) // all callers may look into it; its namespace remains the suite's
			for _, target := range []*harness.Subject{ofSuites, ofBelow} {
				Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
			}
			for _, inside := range []bool{false, true} {
				for _, missing := range append([]int{none}, needed(g.kind)...) {
					s := Spawn(harness.Named(fmt.Sprintf("caller without %d", missing)))
					if inside {
						Arrange(s.Join(below, nsutil.User))
					}
					if missing != none {
						without(s, missing)
					}
					toSuites, toBelow := Get(s.PidfdOpen(ofSuites.PID())), Get(s.PidfdOpen(ofBelow.PID()))
					tryKind(s, toSuites, ofSuites, g.kind, missing == none && !inside, "%s, inside: %t, to what the suite's owns", s.Name(), inside)
					tryKind(s, toBelow, ofBelow, g.kind, missing == none, "%s, inside: %t, to what the one below owns", s.Name(), inside)
				}
			}
		})
	}
})

// none is no capability.
const none = -1

// needed returns what a caller must have in its user namespace to join a kind.
func needed(kind nsutil.Kind) []int {
	if kind == nsutil.Mnt {
		return []int{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT}
	}
	return []int{unix.CAP_SYS_ADMIN}
}

// tryKind has s join target's namespace of the kind, or be refused.
func tryKind(s *harness.Subject, fd int, target *harness.Subject, kind nsutil.Kind, may bool, why ...any) {
	if may {
		expectJoined(s, fd, kind.Flag(), target, kind)
		return
	}
	expectRefused(s, fd, kind.Flag(), unix.EPERM, why...)
}

// tryFile is tryKind for a descriptor of the namespace's file, which needs no
// type, and then no less.
func tryFile(s *harness.Subject, fd int, target *harness.Subject, kind nsutil.Kind, may bool, why ...any) {
	tryKind(s, fd, target, kind, may, why...)
	if !may {
		expectRefused(s, fd, 0, unix.EPERM, why...)
	}
}
