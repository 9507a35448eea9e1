package cgroup

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// delegatee is a uid that is given cgroups; stranger is another one.
const delegatee, stranger = 1000, 1001

// unprivileged returns a process of a uid without capabilities, in a cgroup.
func (t *tree) unprivileged(uid int, group string) *harness.Subject {
	s := t.member(group)
	Arrange(s.Setresgid(uid, uid, uid))
	Arrange(s.Setresuid(uid, uid, uid))
	return s
}

var _ = Specs("A delegatee", Label("cgroup"), func() {
	expectMove := func(t *tree, by, process *harness.Subject, from, to string, wanted error) {
		Arrange(t.move(t.keeper, process, from))
		err := t.move(by, process, to)
		if wanted != nil {
			Expect(err).To(MatchError(wanted), "from %q to %q", from, to)
			Expect(pathOf(t.keeper, process)).To(Equal(t.path(from)), "a refused move to %q", to)
			return
		}
		Expect(err).NotTo(HaveOccurred(), "from %q to %q", from, to)
		Expect(pathOf(t.keeper, process)).To(Equal(t.path(to)))
	}

	It("needs write permission on cgroup.procs of the destination", Proves("cgroup-delegatee-needs-write-on-destination"), func() {
		t := plant("a", "a/b", "a/c")
		t.give(delegatee, "a", "cgroup.procs")
		user := t.unprivileged(delegatee, "a")
		expectMove(t, user, user, "a", "a/b", unix.EACCES)
		t.give(delegatee, "a/b", "cgroup.procs")
		expectMove(t, user, user, "a", "a/b", nil)
		expectMove(t, user, user, "a/b", "a/c", unix.EACCES)
		t.give(0, "a/b", "cgroup.procs")
		expectMove(t, user, user, "a/b", "a", nil) // permission on the source is not needed
		t.give(delegatee, "a/c")
		expectMove(t, user, user, "a", "a/c", unix.EACCES) // that on the directory does not help
		t.allow(t.file("a/c", "cgroup.procs"), 0o666)
		expectMove(t, user, user, "a", "a/c", nil)
		expectMove(t, t.unprivileged(stranger, ""), user, "a/b", "a/c", unix.EACCES)
	})

	It("needs write permission on cgroup.procs of the nearest common ancestor", Proves("cgroup-delegatee-needs-write-on-common-ancestor"), func() {
		t := plant("a", "a/b", "a/b/x", "a/c", "a/c/y")
		user := t.unprivileged(delegatee, "a/b")
		for _, group := range []string{"a/b", "a/b/x", "a/c", "a/c/y"} {
			t.give(delegatee, group, "cgroup.procs")
		}
		expectMove(t, user, user, "a/b", "a/b/x", nil) // a/b is the ancestor
		expectMove(t, user, user, "a/b/x", "a/b", nil)
		for _, pair := range [][2]string{{"a/b", "a/c"}, {"a/b/x", "a/c/y"}, {"a/c/y", "a/b"}, {"a/c", "a/b/x"}} {
			t.give(0, "a", "cgroup.procs")
			expectMove(t, user, user, pair[0], pair[1], unix.EACCES)
			t.give(delegatee, "a", "cgroup.procs")
			expectMove(t, user, user, pair[0], pair[1], nil)
			t.give(0, "a", "cgroup.procs")
			t.give(delegatee, "", "cgroup.procs") // a farther ancestor does not help
			expectMove(t, user, user, pair[0], pair[1], unix.EACCES)
			t.give(0, "", "cgroup.procs")
		}
	})

	It("moves processes of any uid", Proves("cgroup-delegatee-euid-need-not-match"), func() {
		t := plant("a", "a/b")
		t.give(delegatee, "a", "cgroup.procs")
		t.give(delegatee, "a/b", "cgroup.procs")
		user := t.unprivileged(delegatee, "a")
		for _, process := range []*harness.Subject{t.unprivileged(delegatee, "a"), t.unprivileged(stranger, "a"), t.member("a")} {
			expectMove(t, user, process, "a", "a/b", nil)
			expectMove(t, user, process, "a/b", "a", nil)
			expectMove(t, t.unprivileged(stranger, ""), process, "a/b", "a", unix.EACCES)
		}
	})

	It("cannot pull the first process into the subtree", Proves("cgroup-delegatee-cannot-pull-first-process"), func() {
		t := plant("a", "a/b")
		for _, group := range []string{"a", "a/b"} {
			t.give(delegatee, group, "cgroup.procs", "cgroup.subtree_control", "cgroup.threads")
		}
		user := t.unprivileged(delegatee, "")
		for _, to := range []string{"a", "a/b"} {
			expectMove(t, user, user, "", to, unix.EACCES)
			Expect(t.members(to)).To(BeEmpty())
		}
		first := t.unprivileged(delegatee, "")
		Expect(t.move(t.keeper, first, "a")).To(Succeed(), "the delegater can")
		expectMove(t, user, first, "a", "a/b", nil)
		expectMove(t, user, first, "a/b", "a", nil)
		Expect(t.members("a")).To(ConsistOf(fmt.Sprint(first.PID())))
		expectMove(t, user, first, "a", "", unix.EACCES)
	})
})
