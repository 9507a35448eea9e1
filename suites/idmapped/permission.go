package idmapped

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// stranger owns nothing on this machine, and nothing in these specs.
const stranger = 60001

// inside returns a child of s that has joined the user namespace, and is its root.
func inside(s, owner *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Join(owner, nsutil.User))
	becomeRoot(child)
	return child
}

// ownersOnly are calls that only the owner of a file may make.
var ownersOnly = map[string]func(s *harness.Subject, path string) error{
	"chmod": func(s *harness.Subject, path string) error { return s.Chmod(path, 0o644) },
	"utimensat": func(s *harness.Subject, path string) error {
		_, err := s.Syscall("utimensat", unix.SYS_UTIMENSAT, unix.AT_FDCWD, path, harness.Struct(&[2]unix.Timespec{{Sec: 1}, {Sec: 1}}), 0)
		return err
	},
	"open with O_NOATIME": func(s *harness.Subject, path string) error { return open(s, path, unix.O_RDONLY|unix.O_NOATIME) },
	"rename in a sticky directory": func(s *harness.Subject, path string) error {
		if err := s.Rename(path, path+"-renamed"); err != nil {
			return err
		}
		return s.Rename(path+"-renamed", path)
	},
}

// run has s execute a program at the path, and returns the effective ids and the
// permitted capabilities it then has.
func run(s *harness.Subject, path string) (ids owner, permitted uint64) {
	Expect(s.Exec(path)).To(Succeed())
	proc := fmt.Sprintf("/proc/%d/", s.PID())
	// The last that execve(2) changes is the command line.
	for deadline := time.Now().Add(max(5*time.Second, Limits.Call)); string(Get(os.ReadFile(proc+"cmdline"))) != path+"\x00"; {
		if time.Now().After(deadline) {
			Arrange(fmt.Errorf("execute %s: it does not run", path))
		}
	}
	for line := range strings.Lines(string(Get(os.ReadFile(proc + "status")))) {
		switch name, text, _ := strings.Cut(line, ":"); name {
		case "Uid":
			Get(fmt.Sscan(text, new(int), &ids.uid))
		case "Gid":
			Get(fmt.Sscan(text, new(int), &ids.gid))
		case "CapPrm":
			Get(fmt.Sscanf(text, "%x", &permitted))
		}
	}
	return ids, permitted
}

// executable has s write a program that waits, with mode 0755.
func executable(s *harness.Subject, path string) {
	fd := Get(s.Open(path, unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC))
	Get(s.Write(fd, program.Of(program.Waiting)))
	Arrange(s.Close(fd))
	Arrange(s.Chmod(path, 0o755))
}

var _ = Specs("Through an idmapped mount", labels(), func() {
	It("who may read and write goes by the translated owner and group", Proves("idmap-permissions-by-mapped-ids"), func() {
		s, plain, mapped := stageMapped()
		file(s, plain+"/users", 1, 2)
		file(s, plain+"/groups", 1, 2)
		Arrange(s.Chmod(plain+"/users", 0o600))
		Arrange(s.Chmod(plain+"/groups", 0o060))
		for _, row := range []struct {
			uid, gid                  int
			file                      string
			throughMapped, throughOne error
		}{
			{uid0 + 1, stranger, "/users", nil, unix.EACCES},
			{1, stranger, "/users", unix.EACCES, nil},
			{uid0 + 2, gid0 + 2, "/users", unix.EACCES, unix.EACCES},
			{gid0 + 1, stranger, "/users", unix.EACCES, unix.EACCES},
			{stranger, gid0 + 2, "/groups", nil, unix.EACCES},
			{stranger, 2, "/groups", unix.EACCES, nil},
			{uid0 + 1, gid0 + 2, "/groups", unix.EACCES, unix.EACCES}, // the owner's bits go first
			{1, 2, "/groups", unix.EACCES, unix.EACCES},
		} {
			caller := as(s, row.uid, row.gid)
			supplementary := withIDs(s, row.uid, stranger)
			Arrange(supplementary.Setgroups(row.gid))
			Arrange(supplementary.Capset(harness.Capabilities{}))
			for _, caller := range []*harness.Subject{caller, supplementary} {
				for path, errno := range map[string]error{mapped: row.throughMapped, plain: row.throughOne} {
					expectResult(open(caller, path+row.file, unix.O_RDWR), errno, "uid %d, gid %d: %s%s", row.uid, row.gid, path, row.file)
				}
			}
		}
	})

	It("the translated owner may do what only owners may", Proves("idmap-permissions-by-mapped-ids"), func() {
		s, plain, mapped := stageMapped()
		Arrange(s.Chmod(plain, 0o1777))
		file(s, plain+"/file", 1, 2)
		Arrange(s.Chmod(plain+"/file", 0o666))
		stored, translated := as(s, 1, 2), as(s, uid0+1, gid0+2)
		for name, call := range ownersOnly {
			Expect(call(translated, mapped+"/file")).To(Succeed(), "%s by the translated owner", name)
			Expect(call(stored, mapped+"/file")).To(MatchError(unix.EPERM), "%s by the stored owner", name)
			Expect(call(stored, plain+"/file")).To(Succeed(), "%s by the stored owner, through the other mount", name)
			Expect(call(translated, plain+"/file")).To(MatchError(unix.EPERM), "%s by the translated owner, through the other mount", name)
		}
	})

	It("root of the user namespace has its privileges over files that have ids there, and no others", Proves("idmap-permissions-by-mapped-ids"), func() {
		s, plain := stage()
		mapped := plain + "-mapped"
		userns, owner := mapping(s, uids, gids)
		file(s, plain+"/in", 1, 2)
		file(s, plain+"/uid-out", 1000, 2)
		file(s, plain+"/gid-out", 1, 1000)
		idmap(s, plain, mapped, userns)
		root := inside(s, owner)
		expectOwner(root, mapped+"/in", 1, 2, "seen by root of the user namespace")
		Expect(root.WriteFile(mapped+"/in", "by root", 0)).To(Succeed())
		Expect(root.Chown(mapped+"/in", 3, 4)).To(Succeed())
		expectOwner(s, plain+"/in", 3, 4)
		Expect(root.Chmod(mapped+"/in", 0o600)).To(Succeed())

		Expect(root.WriteFile(plain+"/in", "by root", 0)).To(MatchError(unix.EACCES), "through the other mount")
		Expect(root.Chmod(plain+"/in", 0o644)).To(MatchError(unix.EPERM), "through the other mount")
		for _, name := range []string{"/uid-out", "/gid-out"} {
			Expect(root.Chown(mapped+name, 0, 0)).To(MatchError(unix.EPERM), name)
			Expect(root.WriteFile(mapped+name, "by root", 0)).To(MatchError(unix.EACCES), name)
			Expect(s.WriteFile(mapped+name, "by the suite's root", 0)).To(MatchError(unix.EACCES), name)
			Expect(s.WriteFile(plain+name, "by the suite's root", 0)).To(Succeed(), name)
		}
	})

	It("set-user-ID and set-group-ID programs run with the translated ids", Proves("idmap-set-id-programs-translated"), func() {
		s, plain, mapped := stageMapped()
		for _, row := range []struct {
			uid, gid, mode    int
			inMapped, inOther owner
		}{
			{3, 4, unix.S_ISUID, owner{uid0 + 3, stranger}, owner{3, stranger}},
			{3, 4, unix.S_ISGID, owner{stranger, gid0 + 4}, owner{stranger, 4}},
			{0, 0, unix.S_ISUID | unix.S_ISGID, owner{uid0, gid0}, owner{0, 0}},
			{2000, 2000, unix.S_ISUID | unix.S_ISGID, owner{stranger, stranger}, owner{2000, 2000}}, // no mapping
		} {
			name := fmt.Sprintf("/%d-%o", row.uid, row.mode)
			executable(s, plain+name)
			Arrange(s.Chown(plain+name, row.uid, row.gid))
			Arrange(s.Chmod(plain+name, uint32(row.mode)|0o755))
			ids, _ := run(as(s, stranger, stranger), mapped+name)
			Expect(ids).To(Equal(row.inMapped), "through the idmapped mount: %d:%d, %o", row.uid, row.gid, row.mode)
			ids, _ = run(as(s, stranger, stranger), plain+name)
			Expect(ids).To(Equal(row.inOther), "through the other: %d:%d, %o", row.uid, row.gid, row.mode)
		}
	})
})
