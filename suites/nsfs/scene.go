package nsfs

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// oneID maps root of a user namespace to root of its parent, and nobody else.
const oneID = "0 0 1"

// needKind skips the spec when the kernel is built without namespaces of a kind.
func needKind(kinds ...nsutil.Kind) {
	for _, kind := range kinds {
		if option := kind.Feature().Config(); option != "" {
			NeedKconfig(option)
		}
	}
}

// rootOfNew returns root of a new user namespace below the suite's own.
func rootOfNew(name string) *harness.Subject {
	needKind(nsutil.User)
	return Spawn(harness.Cloned(nsutil.User), harness.Mapped(oneID), harness.Named(name))
}

// below returns root of a new user namespace below the one that s is root of.
func below(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(nsutil.User.Flag()))
	mapIDs(s, child, oneID)
	return child
}

// powerless returns a child of s without any capability, which has s's descriptors.
func powerless(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.DropCapabilities(allCapabilities()...))
	return child
}

func allCapabilities() []int {
	all := make([]int, 64)
	for i := range all {
		all[i] = i
	}
	return all
}

// mapIDs has s write the maps of other's user namespace.
func mapIDs(s, other *harness.Subject, extents string) {
	other.NeedMappable(extents, extents)
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(s.WriteFile(fmt.Sprintf("/proc/%d/%s", other.PID(), file), extents, 0))
	}
}

// isolate returns a member of a new namespace that a child of creator has made.
func isolate(creator *harness.Subject, kind nsutil.Kind) *harness.Subject {
	needKind(kind)
	member := Get(creator.Fork())
	Arrange(member.Unshare(kind.Flag()))
	if kind == nsutil.PID || kind == nsutil.Time { // which take in only children
		member = Get(member.Fork())
	}
	return member
}

// open returns s's descriptor of member's namespace.
func open(s, member *harness.Subject, kind nsutil.Kind) int { return Get(s.OpenNS(member, kind)) }

// ns returns the identity of a namespace of member's, as the suite sees it.
func ns(member *harness.Subject, kind nsutil.Kind) nsutil.ID { return Get(member.NS(kind)) }

// ask is an ioctl that opens a related namespace.
type ask func(s *harness.Subject, fd int) (int, error)

var (
	owner  ask = (*harness.Subject).NSUserns
	parent ask = (*harness.Subject).NSParent
)

// of asks about the namespace behind the caller's descriptor, and returns the
// identity of the one that the answer stands for.
func (a ask) of(caller *harness.Subject, fd int) nsutil.ID {
	answer, err := a(caller, fd)
	Expect(err).NotTo(HaveOccurred(), "as %s asks", caller.Name())
	id, err := caller.NSOf(answer)
	Expect(err).NotTo(HaveOccurred())
	Arrange(caller.Close(answer))
	return id
}

// expectRefused claims that the answer is an error, and that the caller has no
// descriptor more than before.
func (a ask) expectRefused(caller *harness.Subject, fd int, errno error) {
	before := Get(caller.ReadDir("/proc/self/fd"))
	_, err := a(caller, fd)
	Expect(err).To(MatchError(errno), "as %s asks", caller.Name())
	Expect(caller.ReadDir("/proc/self/fd")).To(Equal(before), "the descriptors of %s", caller.Name())
}

// nonUser returns all kinds but user.
func nonUser() []nsutil.Kind {
	return []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.PID, nsutil.Time, nsutil.UTS}
}
