package unshare

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// defined are the flags that unshare(2) knows.
const defined = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SYSVSEM |
	unix.CLONE_NEWCGROUP | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWTIME |
	unix.CLONE_NEWUSER | unix.CLONE_NEWUTS

// emptyMounts is UNSHARE_EMPTY_MNTNS, since Linux 7.1.
const emptyMounts = 0x00100000

// privileged are the kinds that take CAP_SYS_ADMIN.
var privileged = append([]nsutil.Kind{nsutil.PID, nsutil.Time}, moving...)

var _ = Specs("unshare is refused", Label("unshare"), func() {
	for _, kind := range privileged {
		It(fmt.Sprintf("of kind %s to who lacks CAP_SYS_ADMIN in its user namespace", kind), Label(string(kind)), Proves("unshare-without-cap-sys-admin-eperm"), func() {
			root, user := Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
			Arrange(root.DropCapabilities(unix.CAP_SYS_ADMIN))
			inner := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root of a user namespace"))
			able := Get(inner.Fork())
			Arrange(inner.DropCapabilities(unix.CAP_SYS_ADMIN))
			idle := Spawn(harness.Named("root with it permitted, not in effect"))
			caps := Get(idle.Capget())
			caps.Effective &^= 1 << unix.CAP_SYS_ADMIN
			Arrange(idle.Capset(caps))
			for _, s := range []*harness.Subject{root, user, inner, idle} {
				other := Get(s.Clone(unix.CLONE_FS | unix.CLONE_FILES))
				for _, more := range []int{0, unix.CLONE_FS | unix.CLONE_FILES, unix.CLONE_SYSVSEM} {
					expectRefused(s, kind.Flag()|more, unix.EPERM, "by %s", s.Name())
				}
				expectSharedFS(s, other, true, "after the refused calls")
				expectSharedFiles(s, other, true, "after the refused calls")
				Expect(s.Unshare(unix.CLONE_FS|unix.CLONE_FILES|unix.CLONE_SYSVSEM)).To(Succeed(), "what takes no privilege")
			}
			expectMoved(able, kind.Flag(), kind)
			expectMoved(only(unix.CAP_SYS_ADMIN), kind.Flag(), kind)
		})
	}

	It("with any flag that it does not know", Proves("unshare-unknown-flag-einval"), func() {
		known := uint64(defined)
		if Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 7, Minor: 1}) {
			known |= emptyMounts
		}
		others := []uint64{0, unix.CLONE_NEWUTS, unix.CLONE_FS | unix.CLONE_FILES}
		if slices.Contains(kinds.Built(), nsutil.User) { // without, Debian's kernels look at this flag before the others
			others = append(others, unix.CLONE_NEWUSER)
		}
		for _, s := range []*harness.Subject{Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody"))} {
			before := stateOf(s)
			for bit := range 64 {
				if known&(1<<bit) != 0 {
					continue
				}
				for _, more := range others {
					flags := 1<<bit | more
					Expect(s.Syscall("unshare", unix.SYS_UNSHARE, harness.Hex(flags))).Error().To(MatchError(unix.EINVAL), "%#x by %s", flags, s.Name())
				}
			}
			Expect(stateOf(s)).To(Equal(before), "after the refused calls")
		}
		for bit := range 64 {
			flag := 1 << bit
			kind, isKind := nsutil.KindOf(flag)
			if uint64(defined)&uint64(flag) != 0 && (!isKind || slices.Contains(kinds.Built(), kind)) {
				Expect(Spawn().Unshare(flag)).To(Succeed(), "%#x, which it knows", flag)
			}
		}
	})

	It("of CLONE_NEWPID while children go to another PID namespace", Label("pid"), Proves("unshare-newpid-twice-einval"), func() {
		elsewhere := Spawn(harness.Cloned(nsutil.PID), harness.Named("elsewhere"))
		unshared, joined := Spawn(harness.Named("unshared")), Spawn(harness.Named("joined"))
		expectMoved(unshared, unix.CLONE_NEWPID, nsutil.PID)
		Arrange(joined.Join(elsewhere, nsutil.PID))
		refuse := func(what string) {
			for _, s := range []*harness.Subject{unshared, joined} {
				for _, more := range []int{0, unix.CLONE_NEWUTS, unix.CLONE_NEWUSER, unix.CLONE_FS} {
					expectRefused(s, unix.CLONE_NEWPID|more, unix.EINVAL, "%s with %s %s", s.Name(), nsutil.FlagString(more), what)
				}
			}
		}
		refuse("before its first child")
		for _, s := range []*harness.Subject{unshared, joined} {
			child := Get(s.Fork())
			expectMoved(child, unix.CLONE_NEWPID, nsutil.PID)
			Expect(Get(child.Fork()).Getpid()).To(Equal(1), "a child of one inside, which may")
		}
		refuse("after its first child")
		for _, s := range []*harness.Subject{unshared, joined} {
			expectMoved(s, unix.CLONE_NEWUTS, nsutil.UTS)
			Expect(s.Join(s, nsutil.PID)).To(Succeed())
			expectMoved(s, unix.CLONE_NEWPID, nsutil.PID)
			Expect(Get(s.Fork()).Getpid()).To(Equal(1), "back in its own before")
		}
	})
})

var _ = Specs("unshare of several things changes none of them", Label("unshare"), func() {
	// Each makes root of a user namespace fail to unshare one thing, and others not.
	for _, row := range []struct {
		why    string
		flags  int
		errno  error
		hinder func(s, root *harness.Subject)
	}{
		{"when children go to another PID namespace", unix.CLONE_NEWPID, unix.EINVAL, func(s, _ *harness.Subject) {
			Arrange(s.Unshare(unix.CLONE_NEWPID))
		}},
		{"when a flag is unknown", unix.CLONE_PARENT, unix.EINVAL, func(_, _ *harness.Subject) {}},
		{"when there is another thread", unix.CLONE_THREAD, unix.EINVAL, func(s, _ *harness.Subject) {
			Get(s.CloneVM(unix.CLONE_SIGHAND | unix.CLONE_THREAD))
		}},
		{"when the network namespaces are at their limit", unix.CLONE_NEWNET, unix.ENOSPC, atLimit("net")},
		{"when the IPC namespaces are at their limit", unix.CLONE_NEWIPC, unix.ENOSPC, atLimit("ipc")},
		{"when the mount namespaces are at their limit", unix.CLONE_NEWNS, unix.ENOSPC, atLimit("mnt")},
		{"when the PID namespaces are at their limit", unix.CLONE_NEWPID, unix.ENOSPC, atLimit("pid")},
		{"when the cgroup namespaces are at their limit", unix.CLONE_NEWCGROUP, unix.ENOSPC, atLimit("cgroup")},
		{"when the user namespaces are at their limit", unix.CLONE_NEWUSER, unix.ENOSPC, atLimit("user")},
		{"when the time namespaces are at their limit", unix.CLONE_NEWTIME, unix.ENOSPC, atLimit("time")},
		{"when the UTS namespaces are at their limit", unix.CLONE_NEWUTS, unix.ENOSPC, atLimit("uts")},
	} {
		It(row.why, Proves("unshare-failure-changes-nothing"), func() {
			if row.flags == unix.CLONE_NEWTIME {
				kinds.Need(nsutil.Time)
			}
			root := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped(mapping), harness.Named("root"))
			m := semaphore{Get(root.Semget(unix.IPC_PRIVATE, 1, 0o600)), root}
			Get(root.Semctl(m.id, 0, harness.SETVAL, 20))
			s := Get(root.Fork())
			row.hinder(s, root)
			other := Get(s.Clone(unix.CLONE_FS | unix.CLONE_FILES))
			m.take(s, 2)
			for _, kind := range kinds.Built() {
				if kind != nsutil.Net && kind.Flag() != row.flags {
					expectRefused(s, row.flags|kind.Flag(), row.errno, "with %s", kind)
				}
			}
			expectRefused(s, row.flags|flagsOf(moving)|unix.CLONE_FS|unix.CLONE_FILES|unix.CLONE_SYSVSEM, row.errno, "with all of them")
			expectSharedFS(s, other, true, "after the refused calls")
			expectSharedFiles(s, other, true, "after the refused calls")
			Expect(m.value()).To(Equal(18), "after the refused calls")
			rest := flagsOf(kinds.Built()) &^ (unix.CLONE_NEWUSER | unix.CLONE_NEWPID | row.flags)
			expectMoved(Get(s.Fork()), rest, kindsOf(rest)...)
		})
	}
})

// atLimit has no more namespaces of the kind made in root's user namespace.
func atLimit(kind string) func(s, root *harness.Subject) {
	return func(_, root *harness.Subject) {
		Arrange(root.WriteFile("/proc/sys/user/max_"+kind+"_namespaces", "0", 0))
	}
}

// kindsOf returns the kinds whose flags these are.
func kindsOf(flags int) (all []nsutil.Kind) {
	for _, kind := range nsutil.Kinds() {
		if flags&kind.Flag() != 0 {
			all = append(all, kind)
		}
	}
	return all
}
