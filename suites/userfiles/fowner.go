package userfiles

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// protectedHardlinks is the sysctl that lets users link only files of their own
// and what they may read and write. See proc_sys_fs(5).
const protectedHardlinks = "/proc/sys/fs/protected_hardlinks"

// actsAsOwner are what CAP_FOWNER, and nothing else, allows with others' files.
var actsAsOwner = []struct {
	what    string
	promise string
	use     func(s *harness.Subject, path string) error
}{
	{"chmod", "user-fowner-needs-only-uid-mapped", func(s *harness.Subject, path string) error { return s.Chmod(path, 0o640) }},
	{"setting the times", "user-fowner-needs-only-uid-mapped", func(s *harness.Subject, path string) error {
		times := [2]unix.Timespec{{Sec: 5}, {Sec: 6}}
		_, err := s.Syscall("utimensat", unix.SYS_UTIMENSAT, unix.AT_FDCWD, path, harness.Struct(&times), 0)
		return err
	}},
	{"setting an ACL", "user-fowner-needs-only-uid-mapped", func(s *harness.Subject, path string) error {
		return s.Setxattr(path, "system.posix_acl_access", minimalACL)
	}},
	{"open with O_NOATIME", "user-noatime-fowner-needs-mapped-uid", opening(unix.O_RDONLY | unix.O_NOATIME)},
	{"O_NOATIME set by fcntl", "user-noatime-fowner-needs-mapped-uid", func(s *harness.Subject, path string) error {
		fd, err := s.Open(path, unix.O_RDONLY)
		if err == nil {
			_, err = s.Fcntl(fd, unix.F_SETFL, unix.O_NOATIME)
		}
		return err
	}},
}

// minimalACL is rw-r--r-- as acl(5) has it in the attribute: version, then tag,
// permissions and id of the owner, the group and the others.
var minimalACL = []byte{2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 4, 0, 255, 255, 255, 255, 0x20, 0, 4, 0, 255, 255, 255, 255}

var _ = Specs("CAP_FOWNER", Label("user"), func() {
	for _, a := range actsAsOwner {
		It("allows "+a.what+" if the file's uid is mapped, whether or not its gid is", Proves(a.promise), func() {
			t := newStage()
			root := t.root(subordinate)
			able, unable := as(root, 7, 7, unix.CAP_FOWNER), as(root, 7, 7, allBut(unix.CAP_FOWNER)...)
			for _, m := range mappings {
				path := t.file(fmt.Sprint(m.uid, ":", m.gid), "content", m.uid, m.gid, 0o644)
				Expect(a.use(unable, path)).To(MatchError(unix.EPERM), "without the capability, %s", m.what)
				if m.theUID {
					Expect(a.use(able, path)).To(Succeed(), m.what)
				} else {
					Expect(a.use(able, path)).To(MatchError(unix.EPERM), m.what)
				}
				Expect(a.use(as(root, 2, 7), path)).To(Or(Succeed(), MatchError(unix.EPERM)))
			}
		})
	}

	It("allows hard links to protected files if their uid is mapped", Serial, Label("protected_hardlinks"), Proves("user-hardlink-fowner-needs-mapped-uid"), func() {
		t := newStage()
		protectHardlinks()
		root := t.root(subordinate)
		able, unable := as(root, 7, 7, unix.CAP_FOWNER), as(root, 7, 7, allBut(unix.CAP_FOWNER)...)
		for n, m := range mappings {
			path, link := t.file(fmt.Sprint("file", n), "", m.uid, m.gid, 0o600), t.path(fmt.Sprint("link", n))
			Expect(unable.Link(path, link)).To(MatchError(unix.EPERM), "without the capability, %s", m.what)
			if !m.theUID {
				Expect(able.Link(path, link)).To(MatchError(unix.EPERM), m.what)
				Expect(t.keeper.Stat(path)).To(HaveField("Nlink", BeEquivalentTo(1)), m.what)
				continue
			}
			Expect(able.Link(path, link)).To(Succeed(), m.what)
			Expect(t.keeper.Stat(path)).To(HaveField("Nlink", BeEquivalentTo(2)), m.what)
		}
	})
})

// protectHardlinks sets the sysctl for the rest of the spec.
func protectHardlinks() {
	before := Get(os.ReadFile(protectedHardlinks))
	if strings.TrimSpace(string(before)) == "1" {
		return
	}
	if err := os.WriteFile(protectedHardlinks, []byte("1"), 0); err != nil {
		SkipFor(reports.SkipSysctl, "fs.protected_hardlinks is %s here, and cannot be set: %v", strings.TrimSpace(string(before)), err)
	}
	DeferCleanup(func() { Arrange(os.WriteFile(protectedHardlinks, before, 0)) })
}
