package procns

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine.
const (
	alice = 60001
	bob   = 60002
)

// linksOfProcess returns the paths of all ns links of s, those in its directory and
// those in the one of its first thread.
func linksOfProcess(s *harness.Subject) []string {
	var paths []string
	for _, e := range expected() {
		paths = append(paths, e.of(s), fmt.Sprintf("/proc/%d/task/%d/ns/%s", s.PID(), s.PID(), e.name))
	}
	return paths
}

// expectAllowed says that reader can read, follow and open all ns links of target.
func expectAllowed(reader, target *harness.Subject) {
	for _, path := range linksOfProcess(target) {
		kind, _, _ := strings.Cut(filepath.Base(path), "_")
		Expect(reader.Readlink(path)).To(HavePrefix(kind+":["), "%s as %s reads it", path, reader.Name())
		Expect(reader.Stat(path)).Error().NotTo(HaveOccurred(), "%s as %s follows it", path, reader.Name())
		fd, err := reader.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
		Expect(err).NotTo(HaveOccurred(), "%s as %s opens it", path, reader.Name())
		Arrange(reader.Close(fd))
	}
}

// expectRefused says that reader can do nothing of the kind.
func expectRefused(reader, target *harness.Subject) {
	for _, path := range linksOfProcess(target) {
		directory := Get(reader.Stat(filepath.Dir(path)))
		leadsNowhere := func(st unix.Stat_t) bool { return st.Dev == directory.Dev && st.Ino == directory.Ino }
		text, err := reader.Readlink(path)
		expectEACCES(err, text == "", "%s as %s reads it", path, reader.Name())
		st, err := reader.Stat(path)
		expectEACCES(err, leadsNowhere(st), "%s as %s follows it", path, reader.Name())
		fd, err := reader.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
		expectEACCES(err, err == nil && leadsNowhere(Get(reader.Fstat(fd))), "%s as %s opens it", path, reader.Name())
		if err == nil {
			Arrange(reader.Close(fd))
		}
	}
}

// expectEACCES claims that a call is refused, unless the kernel has lost the refusal
// on the way, and given away nothing.
func expectEACCES(err error, gaveNothing bool, format string, args ...any) {
	if err == nil && gaveNothing {
		Deviates("procns-refusal-lost", format+": it seems to succeed, with nothing to show for it", args...)
		return
	}
	Expect(err).To(MatchError(unix.EACCES), append([]any{format}, args...)...)
}

// only leaves the subject these capabilities.
func only(s *harness.Subject, caps ...int) *harness.Subject {
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return s
}

// rootOf returns root of a new user namespace, created by root, to whom the
// outer id is 0 inside and the one behind it 1.
func rootOf(outer int) *harness.Subject {
	return Spawn(harness.Cloned(nsutil.User), harness.Mapped(fmt.Sprintf("0 %d 2", outer)), harness.Named("root of a user namespace"))
}

var _ = Specs("The links of another process's /proc/PID/ns", Label("procns"), func() {
	It("need its uid and gid or CAP_SYS_PTRACE", Proves("procns-deref-needs-ptrace-read"), func() {
		target := Spawn(harness.As(alice, alice), harness.Named("target"))
		expectAllowed(Spawn(harness.As(alice, alice), harness.Named("same ids")), target)
		expectRefused(Spawn(harness.As(bob, bob), harness.Named("another user")), target)
		expectRefused(Spawn(harness.As(bob, alice), harness.Named("another user of the same group")), target)
		expectRefused(Spawn(harness.As(alice, bob), harness.Named("the same user in another group")), target)

		expectAllowed(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE")), unix.CAP_SYS_PTRACE), target)
		without := Spawn(harness.Named("root without CAP_SYS_PTRACE"))
		expectAllowed(without, target)
		Arrange(without.DropCapabilities(unix.CAP_SYS_PTRACE))
		expectRefused(without, target)
	})

	It("need the ids of the file system, not the real ones", Proves("procns-deref-needs-ptrace-read"), func() {
		target := Spawn(harness.As(alice, alice), harness.Named("target"))
		for _, row := range []struct {
			real, fs int
			expect   func(reader, target *harness.Subject)
		}{
			{alice, bob, expectRefused},
			{bob, alice, expectAllowed},
		} {
			reader := Spawn(harness.Named(fmt.Sprintf("uid %d with fsuid %d", row.real, row.fs)))
			Arrange(reader.Setgroups())
			Arrange(reader.Setresgid(row.real, row.real, row.fs))
			Arrange(reader.Setresuid(row.real, row.real, row.fs))
			Arrange(reader.Setfsgid(row.fs))
			Arrange(reader.Setfsuid(row.fs))
			row.expect(reader, target)
		}
	})

	It("need its ids to be one: real, effective and saved", Proves("procns-deref-needs-ptrace-read"), func() {
		for _, ids := range [][3]int{{bob, alice, alice}, {alice, alice, bob}, {alice, bob, alice}} {
			reader := Spawn(harness.As(alice, alice), harness.Named("same user"))
			target := Spawn(harness.Named(fmt.Sprintf("uids %v", ids)))
			Arrange(target.Setgroups())
			Arrange(target.Setresgid(alice, alice, alice))
			Arrange(target.Setresuid(ids[0], ids[1], ids[2]))
			Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
			expectRefused(reader, target)
			expectAllowed(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE")), unix.CAP_SYS_PTRACE), target)
		}
	})

	It("need CAP_SYS_PTRACE in its user namespace or above it, not in another", Proves("procns-deref-needs-ptrace-read"), func() {
		root := rootOf(alice)
		target := Get(root.Fork())
		Arrange(target.Setresgid(1, 1, 1))
		Arrange(target.Setresuid(1, 1, 1))
		Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
		expectAllowed(root, target)
		expectAllowed(only(Spawn(harness.Named("holder of CAP_SYS_PTRACE above")), unix.CAP_SYS_PTRACE), target)

		without := Get(root.Fork())
		expectAllowed(without, target)
		Arrange(without.DropCapabilities(unix.CAP_SYS_PTRACE))
		expectRefused(without, target)
		expectRefused(rootOf(alice+2), target)
		below := Get(root.Fork())
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		expectRefused(below, target)

		outside := Spawn(harness.As(alice+1, alice+1), harness.Named("target outside"))
		expectRefused(root, outside)
	})
})
