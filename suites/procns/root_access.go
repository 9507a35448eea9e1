package procns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Following /proc/PID/root", Label("procpid", "mnt"), func() {
	follow := func(allowed bool) func(reader, process *harness.Subject) {
		return func(reader, process *harness.Subject) {
			for _, try := range []func() error{
				func() error { _, err := reader.Stat(rootPath(process, "")); return err },
				func() error { _, err := reader.Stat(rootPath(process, "/proc")); return err },
				func() error { _, err := reader.Readlink(rootPath(process, "")); return err },
				func() error { _, err := reader.Open(rootPath(process, ""), unix.O_PATH|unix.O_DIRECTORY); return err },
			} {
				if allowed {
					Expect(try()).To(Succeed(), "%s to %s", reader.Name(), process.Name())
				} else {
					Expect(try()).To(MatchError(unix.EACCES), "%s to %s", reader.Name(), process.Name())
				}
			}
		}
	}
	expectFollows, expectStopped := follow(true), follow(false)

	It("needs the process's uid and gid, or CAP_SYS_PTRACE", Proves("procroot-needs-ptrace-read"), func() {
		process := Spawn(harness.As(alice, alice), harness.Named("process"))
		expectFollows(Spawn(harness.As(alice, alice), harness.Named("same ids")), process)
		expectFollows(process, process)
		expectStopped(Spawn(harness.As(bob, bob), harness.Named("another user")), process)
		expectStopped(Spawn(harness.As(bob, alice), harness.Named("another user of the same group")), process)
		expectStopped(Spawn(harness.As(alice, bob), harness.Named("the same user in another group")), process)
		expectFollows(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE")), unix.CAP_SYS_PTRACE), process)
		without := Spawn(harness.Named("root without CAP_SYS_PTRACE"))
		Arrange(without.DropCapabilities(unix.CAP_SYS_PTRACE))
		expectStopped(without, process)

		for _, row := range []struct {
			real, file int
			expect     func(reader, process *harness.Subject)
		}{{alice, bob, expectStopped}, {bob, alice, expectFollows}} {
			reader := Spawn(harness.Named(fmt.Sprintf("uid %d with fsuid %d", row.real, row.file)))
			Arrange(reader.Setgroups())
			Arrange(reader.Setresgid(row.real, row.real, row.file))
			Arrange(reader.Setresuid(row.real, row.real, row.file))
			Arrange(reader.Setfsgid(row.file))
			Arrange(reader.Setfsuid(row.file))
			row.expect(reader, process)
		}
	})

	It("needs CAP_SYS_PTRACE in the user namespace of the last execve when the process is not dumpable", Proves("procroot-needs-ptrace-read"), func() {
		process := Spawn(harness.As(alice, alice), harness.Named("process"))
		same := Spawn(harness.As(alice, alice), harness.Named("same ids"))
		Get(process.Prctl(unix.PR_SET_DUMPABLE, 0))
		expectStopped(same, process)
		expectFollows(process, process)
		expectFollows(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE")), unix.CAP_SYS_PTRACE), process)
		Get(process.Prctl(unix.PR_SET_DUMPABLE, 1))
		expectFollows(same, process)

		root := insideOf(0, 100000)
		inside := execute(root, nil)
		inside.setDumpable(0)
		expectFollows(root, inside.Subject)
		expectStopped(only(Get(root.Fork())), inside.Subject)
		expectStopped(insideOf(0, 100000), inside.Subject)
		before := Get(root.Fork())
		Get(before.Prctl(unix.PR_SET_DUMPABLE, 0))
		expectStopped(root, before)
	})

	It("needs CAP_SYS_PTRACE in the process's user namespace or above, not in another", Proves("procroot-needs-ptrace-read"), func() {
		root := insideOf(0, 100000)
		process := Get(root.Fork())
		expectFollows(root, process)
		expectFollows(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE above")), unix.CAP_SYS_PTRACE), process)
		expectStopped(insideOf(0, 100000), process)
		below := Get(root.Fork())
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		expectStopped(below, process)
		expectStopped(root, Spawn(harness.As(100000, 100000), harness.Named("the same ids outside")))
	})
})
