package setns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// administrator returns a process with these real ids and these for the file
// system, which holds CAP_SYS_ADMIN and no other capability.
func administrator(real, fs int) *harness.Subject {
	s := Spawn(harness.Named(fmt.Sprintf("administrator %d with fsuid %d", real, fs)))
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(real, real, real))
	Arrange(s.Setresuid(real, real, real))
	only(s, unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SYS_ADMIN)
	Arrange(s.Setfsgid(fs))
	Arrange(s.Setfsuid(fs))
	return only(s, unix.CAP_SYS_ADMIN)
}

// inUTS returns a process with the ids in a UTS namespace of its own.
func inUTS(uid, gid int) *harness.Subject {
	return Spawn(harness.Cloned(nsutil.UTS), harness.As(uid, gid), harness.Named(fmt.Sprintf("target %d:%d", uid, gid)))
}

// tryUTS has s join target's UTS namespace by a pidfd: with an errno, it must be
// refused, and so must whatever else the target is in.
func tryUTS(s, target *harness.Subject, errno error) {
	pidfd := Get(s.PidfdOpen(target.PID()))
	if errno != nil {
		expectRefused(s, pidfd, flags(kinds.Built()), errno, "%s and all of %s", s.Name(), target.Name())
		expectRefused(s, pidfd, flags(nonUser()), errno, "%s and all but user of %s", s.Name(), target.Name())
		for _, kind := range kinds.Built() {
			expectRefused(s, pidfd, kind.Flag(), errno, "%s and %s of %s", s.Name(), kind, target.Name())
		}
		return
	}
	expectJoined(s, pidfd, unix.CLONE_NEWUTS, target, nsutil.UTS)
}

var _ = Specs("setns with a pidfd needs access to the process", Label("setns"), func() {
	It("by its uid and gid or CAP_SYS_PTRACE, not by CAP_SYS_ADMIN", Proves("setns-pidfd-needs-ptrace-read-eperm"), func() {
		for _, row := range []struct {
			uid, gid int
			errno    error
		}{
			{alice, alice, nil}, {bob, alice, unix.EPERM}, {alice, bob, unix.EPERM}, {0, 0, unix.EPERM},
		} {
			tryUTS(administrator(alice, alice), inUTS(row.uid, row.gid), row.errno)
			tryUTS(only(Spawn(), unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE), inUTS(row.uid, row.gid), nil)
		}
		tryUTS(without(Spawn(), unix.CAP_SYS_PTRACE), inUTS(alice, alice), unix.EPERM)
		tracer := only(Spawn(), unix.CAP_SYS_PTRACE)
		expectRefused(tracer, Get(tracer.PidfdOpen(inUTS(alice, alice).PID())), unix.CLONE_NEWUTS, unix.EPERM)
	})

	It("by the caller's real ids, not by those for the file system", Proves("setns-pidfd-needs-ptrace-read-eperm"), func() {
		tryUTS(administrator(alice, bob), inUTS(alice, alice), nil)
		tryUTS(administrator(alice, bob), inUTS(bob, bob), unix.EPERM)
		tryUTS(administrator(bob, alice), inUTS(alice, alice), unix.EPERM)
	})

	It("which a process that is not dumpable refuses to its user", Proves("setns-pidfd-needs-ptrace-read-eperm"), func() {
		target := inUTS(alice, alice)
		Get(target.Prctl(unix.PR_SET_DUMPABLE, 0))
		tryUTS(administrator(alice, alice), target, unix.EPERM)
		tryUTS(only(Spawn(), unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE), target, nil)
		Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
		tryUTS(administrator(alice, alice), target, nil)
	})

	It("by CAP_SYS_PTRACE in its user namespace or above, whoever owns what is to be joined", Proves("setns-pidfd-needs-ptrace-read-eperm"), func() {
		kinds.Need(nsutil.User, nsutil.UTS)
		// The UTS namespace belongs to the nested user namespace, the target does not.
		nested := Spawn(harness.Cloned(nsutil.User, nsutil.UTS), harness.Mapped("0 60001 2"), harness.Named("root of a user namespace"))
		outside := Spawn(harness.Named("target outside"))
		Arrange(outside.Join(nested, nsutil.UTS))
		inside := Get(nested.Fork())
		Arrange(inside.Setresuid(1, 1, 1))
		Get(inside.Prctl(unix.PR_SET_DUMPABLE, 1))

		for _, capable := range []bool{true, false} {
			caller := Get(nested.Fork())
			Arrange(caller.Unshare(unix.CLONE_NEWUTS))
			errno := error(nil)
			if !capable {
				Arrange(caller.DropCapabilities(unix.CAP_SYS_PTRACE))
				errno = unix.EPERM
			}
			tryUTS(caller, outside, unix.EPERM)
			tryUTS(caller, inside, errno)
		}
	})
})
