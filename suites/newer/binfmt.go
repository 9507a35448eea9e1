package newer

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// interpreting returns root of a new user namespace with its own binfmt_misc
// mounted on the directory.
func interpreting(dir string) *harness.Subject {
	if known := Get(os.ReadFile("/proc/filesystems")); !strings.Contains(string(known), "\tbinfmt_misc\n") {
		NeedModule("binfmt_misc", "CONFIG_BINFMT_MISC")
	}
	s := landlord("root")
	Arrange(s.Unshare(unix.CLONE_NEWNS))
	Arrange(s.MakePrivate())
	Expect(s.Mount("none", dir, "binfmt_misc", 0, "")).To(Succeed())
	return s
}

// register has s register a format by a name, with an interpreter that does not
// exist: to execute such a file gives ENOENT where the format is known, and
// ENOEXEC elsewhere.
func register(s *harness.Subject, dir, name string) error {
	return s.WriteFile(dir+"/register", ":"+name+":M::nsconform::/nonexistent/interpreter:", 0)
}

var _ = Specs("binfmt_misc", Label("newer", "user", "binfmt_misc"), func() {
	It("can be mounted in a user namespace, and is that namespace's own", Proves("user-mount-binfmt-misc-per-userns"), func() {
		dir := T().TempDir()
		first, second := interpreting(dir), interpreting(dir)
		Expect(first.ReadDir(dir)).To(ConsistOf("register", "status"), "at first")
		Expect(register(first, dir, "first")).To(Succeed())
		Expect(first.ReadDir(dir)).To(ConsistOf("register", "status", "first"))
		Expect(second.ReadDir(dir)).To(ConsistOf("register", "status"), "in another user namespace")
		Expect(second.WriteFile(dir+"/status", "0", 0)).To(Succeed())
		Expect(second.ReadFile(dir + "/status")).To(Equal("disabled\n"))
		Expect(first.ReadFile(dir + "/status")).To(Equal("enabled\n"))

		again := T().TempDir()
		Expect(first.Mount("none", again, "binfmt_misc", 0, "")).To(Succeed())
		Expect(first.ReadDir(again)).To(ContainElement("first"), "mounted once more")
		outside := Spawn(harness.Named("outside"))
		Arrange(outside.Unshare(unix.CLONE_NEWNS))
		Arrange(outside.MakePrivate())
		Arrange(outside.Mount("none", dir, "binfmt_misc", 0, ""))
		Expect(outside.ReadDir(dir)).NotTo(ContainElement("first"), "outside")
	})

	It("has programs interpreted for members of the user namespace and those below it only", Proves("user-mount-binfmt-misc-per-userns"), func() {
		dir := T().TempDir()
		program := T().TempDir() + "/program"
		Arrange(os.WriteFile(program, []byte("nsconform"), 0o755))
		s, other := interpreting(dir), interpreting(dir)
		outside := Spawn(harness.Named("outside"))
		run := func(s *harness.Subject) error {
			return Get(s.Fork()).Exec(program)
		}
		for _, s := range []*harness.Subject{s, other, outside} {
			Expect(run(s)).To(MatchError(unix.ENOEXEC), "before")
		}
		Expect(register(s, dir, "program")).To(Succeed())
		below := Get(s.Fork())
		Arrange(below.Unshare(nsutil.User.Flag()))
		for _, file := range []string{"uid_map", "gid_map"} {
			Arrange(s.WriteFile(fmt.Sprintf("/proc/%d/%s", below.PID(), file), "0 0 1", 0))
		}
		deeper := Get(below.Fork())
		Arrange(deeper.Unshare(nsutil.User.Flag()))
		Expect(run(s)).To(MatchError(unix.ENOENT), "there is no such interpreter")
		Expect(run(below)).To(MatchError(unix.ENOENT), "below")
		Expect(run(deeper)).To(MatchError(unix.ENOENT), "two levels below")
		Expect(run(other)).To(MatchError(unix.ENOEXEC), "in another user namespace")
		Expect(run(outside)).To(MatchError(unix.ENOEXEC), "outside")
		Expect(s.WriteFile(dir+"/program", "-1", 0)).To(Succeed())
		for _, s := range []*harness.Subject{s, below, deeper} {
			Expect(run(s)).To(MatchError(unix.ENOEXEC), "when it is taken away")
		}
	})
})
