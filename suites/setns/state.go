package setns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// state is what a call of setns(2) could change of its caller, seen from outside.
type state struct {
	In        memberships
	UID, GID  nsutil.CredIDs
	Caps      [4]nsutil.CapSet
	Root, Cwd nsutil.ID // device and inode number of these directories
}

func stateOf(s *harness.Subject) state {
	status := Get(nsutil.StatusOf(s.PID()))
	return state{
		In: of(s), UID: status.UID, GID: status.GID,
		Caps: [4]nsutil.CapSet{status.CapEff, status.CapPrm, status.CapInh, status.CapBnd},
		Root: place(s, "root"),
		Cwd:  place(s, "cwd"),
	}
}

// place returns the identity of a subject's directory: "root" or "cwd".
func place(s *harness.Subject, which string) nsutil.ID {
	return Get(nsutil.IDOf(fmt.Sprintf("/proc/%d/%s", s.PID(), which)))
}

// expectRefused claims that setns fails with the errno and leaves everything as it was.
func expectRefused(s *harness.Subject, fd, nstype int, errno error, why ...any) {
	before := stateOf(s)
	Expect(s.Setns(fd, nstype)).To(MatchError(errno), why...)
	Expect(stateOf(s)).To(Equal(before), "what a refused call left of the caller")
}

// expectJoined claims that setns succeeds and makes s a member of other's
// namespaces of the kinds and no others; with a PID namespace its children.
func expectJoined(s *harness.Subject, fd, nstype int, other *harness.Subject, joined ...nsutil.Kind) {
	before := of(s)
	Expect(s.Setns(fd, nstype)).To(Succeed())
	expectOnly(s, before, other, joined...)
}

// expectOnly claims that s, whose memberships were before, now has other's
// namespaces of the kinds, and has kept the rest.
func expectOnly(s *harness.Subject, before memberships, other *harness.Subject, joined ...nsutil.Kind) {
	want, others := memberships{}, of(other)
	for name, id := range before {
		want[name] = id
	}
	for _, kind := range joined {
		want[entry(kind)] = others[string(kind)]
		if kind == nsutil.Time {
			want["time_for_children"] = others["time"]
		}
	}
	Expect(of(s)).To(Equal(want), "the namespaces of %s", s.Name())
}
