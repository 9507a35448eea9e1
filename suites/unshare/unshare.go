// Package unshare proves what is promised about unshare(2).
package unshare

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// nobody is a uid and gid that owns nothing.
const nobody = 60001

// mapping gives a user namespace its root, who is the suite's, and nobody.
const mapping = "0 0 1\n1 60001 1"

// moving are the kinds of which unshare gives the caller itself a new namespace
// for CAP_SYS_ADMIN.
var moving = []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS}

// state is what a call of unshare(2) could change of its caller, seen from outside.
type state struct {
	In       map[string]string
	UID, GID nsutil.CredIDs
	Caps     [3]nsutil.CapSet
}

func stateOf(s *harness.Subject) state {
	status := Get(nsutil.StatusOf(s.PID()))
	return state{
		In: Get(kinds.Memberships(s)), UID: status.UID, GID: status.GID,
		Caps: [3]nsutil.CapSet{status.CapEff, status.CapPrm, status.CapInh},
	}
}

// expectRefused holds that unshare fails with the errno and leaves everything as it was.
func expectRefused(s *harness.Subject, flags int, errno error, why ...any) {
	before := stateOf(s)
	Expect(s.Unshare(flags)).To(MatchError(errno), why...)
	Expect(stateOf(s)).To(Equal(before), "what a refused call left of %s", s.Name())
}

// expectMoved holds that unshare gives s new namespaces of the kinds, and no others.
func expectMoved(s *harness.Subject, flags int, moved ...nsutil.Kind) {
	before := stateOf(s).In
	Expect(s.Unshare(flags)).To(Succeed(), "%s by %s", nsutil.FlagString(flags), s.Name())
	after := stateOf(s).In
	var changed []string
	for name, link := range after {
		if before[name] != link {
			changed = append(changed, name)
		}
	}
	var want []string
	for _, kind := range moved {
		want = append(want, entry(kind))
	}
	Expect(changed).To(ConsistOf(want), "memberships of %s that %s changed", s.Name(), nsutil.FlagString(flags))
}

// entry returns the name of the link under /proc/PID/ns that unshare(2) changes
// for a kind.
func entry(kind nsutil.Kind) string {
	if kinds.ForChildren(kind) {
		return string(kind) + "_for_children"
	}
	return string(kind)
}

// flagsOf returns the flags of the kinds.
func flagsOf(all []nsutil.Kind) (flags int) {
	for _, kind := range all {
		flags |= kind.Flag()
	}
	return flags
}

// only returns a process of nobody with one capability.
func only(capability int) *harness.Subject {
	s := Spawn(harness.Named("with one capability"))
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresgid(nobody, nobody, nobody))
	Arrange(s.Setresuid(nobody, nobody, nobody))
	Arrange(s.Capset(harness.Capabilities{Effective: 1 << capability, Permitted: 1 << capability}))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}
