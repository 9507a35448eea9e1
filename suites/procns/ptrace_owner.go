package procns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Ptrace access to the members of a user namespace", Label("procpid", "ptrace", "user"), func() {
	It("has he whose effective uid has created it, in its parent and without capabilities", Proves("ptrace-access-by-userns-owner"), func() {
		needUnprivilegedUserns()
		creator := Spawn(harness.Named("creator"))
		Arrange(creator.Setgroups())
		Arrange(creator.Setresgid(bob, bob, bob))
		Arrange(creator.Setresuid(bob, alice, bob))
		Get(creator.Prctl(unix.PR_SET_DUMPABLE, 1))
		member := Get(creator.Clone(unix.CLONE_NEWUSER))
		Get(member.Prctl(unix.PR_SET_DUMPABLE, 1))
		fresh := newTarget(Get(member.Fork()))
		mapping := fmt.Sprintf("0 %d 3", alice+10)
		Arrange(member.MapIDs(mapping, mapping))
		Arrange(member.Setresgid(1, 1, 1))
		Get(member.Prctl(unix.PR_SET_KEEPCAPS, 1))
		Arrange(member.Setresuid(1, 2, 2))
		Get(member.Prctl(unix.PR_SET_DUMPABLE, 1))
		for _, t := range []target{fresh, newTarget(member)} {
			for _, row := range []struct {
				name                  string
				real, effective, file int
				expect                func(s *harness.Subject, t target)
			}{
				{"the owner", alice, alice, alice, expectAccess},
				{"owner by the effective uid alone", bob, alice, bob, expectAccess},
				{"owner by the real uid alone", alice, alice + 1, alice + 1, expectNoAccess},
				{"owner by the uid for the file system alone", alice + 1, alice + 1, alice, expectNoAccess},
				{"another user", alice + 1, alice + 1, alice + 1, expectNoAccess},
			} {
				s := Spawn(harness.Named(row.name))
				Arrange(s.Setgroups())
				Arrange(s.Setresgid(alice+1, alice+1, alice+1))
				Arrange(s.Setresuid(row.real, row.effective, row.file))
				Arrange(s.Setfsuid(row.file))
				caps := Get(s.Capget())
				Expect(caps.Effective | caps.Permitted).To(BeZero())
				row.expect(s, t)
			}
		}
	})

	It("is not had from another user namespace than its parent or those above", Proves("ptrace-access-by-userns-owner"), func() {
		needUnprivilegedUserns()
		root := Spawn(harness.Cloned(nsutil.User), harness.Named("root inside"))
		mapping := fmt.Sprintf("0 %d 1\n1 %d 1", alice, bob)
		Arrange(root.MapIDs(mapping, mapping))
		Arrange(root.Setresgid(0, 0, 0))
		Arrange(root.Setresuid(0, 0, 0))
		creator := holder(root, 1)
		member := Get(creator.Clone(unix.CLONE_NEWUSER))
		Get(member.Prctl(unix.PR_SET_DUMPABLE, 1))
		t := newTarget(member)
		expectAccess(holder(root, 1), t)
		expectNoAccess(holder(root, 0), t)

		sibling := holder(root, 1)
		Arrange(sibling.Unshare(unix.CLONE_NEWUSER))
		expectNoAccess(sibling, t)
		expectNoAccess(Spawn(harness.As(bob, bob), harness.Named("the same user two levels up")), t)
	})

	It("has the creator of a user namespace above, too", Proves("ptrace-access-by-userns-owner"), func() {
		needUnprivilegedUserns()
		nobody := Spawn(harness.As(alice, alice), harness.Named("creator"))
		middle := Get(nobody.Clone(unix.CLONE_NEWUSER))
		mapping := fmt.Sprintf("0 %d 2", alice+10)
		Arrange(middle.MapIDs(mapping, mapping))
		Arrange(middle.Setresgid(1, 1, 1))
		Arrange(middle.Setresuid(1, 1, 1))
		Get(middle.Prctl(unix.PR_SET_DUMPABLE, 1))
		member := Get(middle.Clone(unix.CLONE_NEWUSER))
		Get(member.Prctl(unix.PR_SET_DUMPABLE, 1))
		t := newTarget(member)
		expectAccess(nobody, t)
		expectAccess(middle, t)
		expectNoAccess(Spawn(harness.As(alice+1, alice), harness.Named("another user")), t)
	})
})
