package procns

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// holder returns a child of parent, who is root of a user namespace, with the uid
// and gid there and these capabilities in effect.
func holder(parent *harness.Subject, uid int, caps ...int) *harness.Subject {
	s := Get(parent.Fork())
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresgid(uid, uid, uid))
	Arrange(s.Setresuid(uid, uid, uid))
	only(s, caps...)
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// set returns a capability set.
func set(caps ...int) (all uint64) {
	for _, c := range caps {
		all |= 1 << c
	}
	return all
}

// everything is all capabilities but CAP_SYS_PTRACE, as far as Linux 5.10 knows them.
var everything = set(
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_FOWNER, unix.CAP_KILL, unix.CAP_SETGID,
	unix.CAP_SETUID, unix.CAP_SETPCAP, unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_IPC_OWNER,
	unix.CAP_SYS_CHROOT, unix.CAP_SYS_ADMIN, unix.CAP_MKNOD, unix.CAP_SETFCAP,
)

var _ = Specs("Ptrace access", Label("procpid", "ptrace", "user"), func() {
	It("within a user namespace needs the target's permitted capabilities among one's own, or CAP_SYS_PTRACE", Proves("ptrace-access-by-caps-and-userns"), func() {
		NeedCapability("CAP_SYS_PTRACE")
		none := harness.Capabilities{}
		one := harness.Capabilities{Permitted: set(unix.CAP_NET_RAW)}
		outside, inside := Spawn(), rootOf(alice)
		for _, row := range []struct {
			in      *harness.Subject
			target  harness.Capabilities
			caller  uint64
			allowed bool
		}{
			{outside, none, 0, true},
			{inside, none, 0, true},
			{inside, none, set(unix.CAP_NET_RAW), true},
			{outside, one, 0, false},
			{inside, one, 0, false},
			{outside, one, set(unix.CAP_NET_RAW), true},
			{inside, one, set(unix.CAP_NET_RAW, unix.CAP_CHOWN), true},
			{outside, one, everything &^ set(unix.CAP_NET_RAW), false},
			{inside, harness.Capabilities{Permitted: set(unix.CAP_NET_RAW, unix.CAP_CHOWN)}, set(unix.CAP_NET_RAW), false},
			{outside, harness.Capabilities{Permitted: one.Permitted, Effective: one.Permitted}, 0, false},
			{inside, harness.Capabilities{Permitted: set(unix.CAP_SYS_PTRACE)}, everything, false},
			{outside, harness.Capabilities{Permitted: everything}, set(unix.CAP_SYS_PTRACE), true},
		} {
			caller, t := Get(row.in.Fork()), newTarget(Get(row.in.Fork()))
			Arrange(t.Capset(row.target))
			Arrange(caller.Capset(harness.Capabilities{Permitted: row.caller, Effective: row.caller}))
			if row.allowed {
				expectAccess(caller, t)
			} else {
				expectNoAccess(caller, t)
			}
		}
	})

	It("takes the caller's effective capabilities with the ids for the file system, and the permitted ones with the real ids", Proves("ptrace-access-by-caps-and-userns"), func() {
		in := Spawn()
		caller, t := Get(in.Fork()), newTarget(Get(in.Fork()))
		Arrange(t.Capset(harness.Capabilities{Permitted: set(unix.CAP_NET_RAW)}))
		Arrange(caller.Capset(harness.Capabilities{Permitted: set(unix.CAP_NET_RAW, unix.CAP_SYS_PTRACE), Effective: 0}))
		for _, a := range usable() {
			if a.byFS {
				Expect(a.try(caller, t)).To(MatchError(a.errno), a.name)
			} else {
				Expect(a.try(caller, t)).To(Succeed(), a.name)
			}
		}
		Arrange(t.Capset(harness.Capabilities{}))
		expectAccess(caller, t)
	})

	It("needs the same user namespace, even to a process with the same ids and no capabilities", Proves("ptrace-access-by-caps-and-userns"), func() {
		nobody := Spawn(harness.As(alice, alice), harness.Named("nobody"))
		outside := newTarget(Spawn(harness.As(alice, alice), harness.Named("outside")))
		root := rootOf(alice)
		inside := newTarget(only(Get(root.Fork())))
		expectAccess(nobody, outside)
		expectAccess(only(Get(root.Fork())), inside)

		expectNoAccess(nobody, inside)
		expectNoAccess(root, outside)
		expectNoAccess(only(Get(root.Fork())), outside)
		expectNoAccess(rootOf(alice), inside)
		below := Get(root.Fork())
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		expectNoAccess(below, inside)
	})

	It("is had by CAP_SYS_PTRACE in the target's user namespace or one above it, whatever the ids and capabilities", Proves("ptrace-access-by-caps-and-userns"), func() {
		NeedCapability("CAP_SYS_PTRACE")
		outside, root := Spawn(), rootOf(alice)
		inside := newTarget(Get(root.Fork()))
		expectAccess(holder(root, 1, unix.CAP_SYS_PTRACE), inside)
		expectNoAccess(holder(root, 1), inside)
		expectNoAccess(holder(root, 1, unix.CAP_SYS_ADMIN, unix.CAP_DAC_READ_SEARCH, unix.CAP_KILL), inside)
		expectAccess(holder(outside, bob, unix.CAP_SYS_PTRACE), inside)
		expectNoAccess(holder(outside, bob, unix.CAP_SYS_ADMIN, unix.CAP_DAC_READ_SEARCH, unix.CAP_KILL), inside)
		expectNoAccess(rootOf(alice+2), inside)

		below := Get(root.Fork())
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		Get(below.Prctl(unix.PR_SET_DUMPABLE, 1))
		deep := newTarget(below)
		for _, parent := range []*harness.Subject{root, outside} {
			expectAccess(holder(parent, 1, unix.CAP_SYS_PTRACE), deep)
			expectNoAccess(holder(parent, 1, unix.CAP_SYS_ADMIN), deep)
		}
		expectNoAccess(below, inside)
	})
})
