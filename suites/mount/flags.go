package mount

import (
	"errors"
	"os"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// nosymfollow is MS_NOSYMFOLLOW, which x/sys does not name.
const nosymfollow = 0x100

// flag is a flag of mounts, and what it keeps one from.
type flag struct {
	value   int
	word    string // in mountinfo
	prepare func(s *harness.Subject, dir string)
	try     func(s *harness.Subject, dir string) error
	errno   error
}

var errNotSet = errors.New("the program has not got its owner's uid")

// flags are all but those about times. What prepare makes on the file system is
// what try then tries on a mount of it.
var flags = []flag{
	{unix.MS_RDONLY, "ro", func(s *harness.Subject, dir string) { touch(s, dir+"/file") }, func(s *harness.Subject, dir string) error {
		return s.WriteFile(dir+"/file", "x", 0)
	}, unix.EROFS},
	{unix.MS_NOEXEC, "noexec", func(s *harness.Subject, dir string) { install(s, dir+"/program", 0o755) }, func(s *harness.Subject, dir string) error {
		return Get(s.Fork()).Exec(dir + "/program")
	}, unix.EACCES},
	{unix.MS_NODEV, "nodev", func(s *harness.Subject, dir string) {
		NeedInitial(nsutil.User)
		Arrange(s.Mknod(dir+"/null", unix.S_IFCHR|0o666, unix.Mkdev(1, 3)))
	}, func(s *harness.Subject, dir string) error {
		fd, err := s.Open(dir+"/null", unix.O_RDONLY|unix.O_CLOEXEC)
		if err == nil {
			Arrange(s.Close(fd))
		}
		return err
	}, unix.EACCES},
	{unix.MS_NOSUID, "nosuid", func(s *harness.Subject, dir string) {
		Spawn(harness.As(alice, alice)) // which takes uids of others
		install(s, dir+"/set-uid", 0o755)
		Arrange(s.Chown(dir+"/set-uid", bob, -1))
		Arrange(s.Chmod(dir+"/set-uid", 0o4755))
	}, func(s *harness.Subject, dir string) error {
		user := Get(s.Fork())
		Arrange(user.Setresuid(alice, alice, alice))
		if err := user.Exec(dir + "/set-uid"); err != nil {
			return err
		}
		awaitProgram(user, dir+"/set-uid")
		uid := Get(nsutil.StatusOf(user.PID())).UID
		Expect(uid.Real).To(BeEquivalentTo(alice))
		if uid.Effective != bob {
			Expect(uid.Effective).To(BeEquivalentTo(alice))
			return errNotSet
		}
		return nil
	}, errNotSet},
	{nosymfollow, "nosymfollow", func(s *harness.Subject, dir string) {
		NeedKernel("5.10")
		touch(s, dir+"/target")
		Arrange(s.Symlink("target", dir+"/link"))
		Arrange(s.Symlink(".", dir+"/here"))
	}, func(s *harness.Subject, dir string) error {
		Expect(s.Readlink(dir + "/link")).To(Equal("target"))
		_, err := s.Stat(dir + "/link")
		_, through := s.Stat(dir + "/here/target")
		Expect(through == err).To(BeTrue(), "%v, and through a link to a directory %v", err, through)
		return err
	}, unix.ELOOP},
}

// install writes an executable that waits.
func install(s *harness.Subject, path string, mode uint32) {
	Arrange(s.WriteFile(path, string(program.Of(program.Waiting)), unix.O_CREAT))
	Arrange(s.Chmod(path, mode))
}

// awaitProgram waits until execve(2) of a program has come to its end: the last
// that it changes is the command line.
func awaitProgram(s *harness.Subject, path string) {
	line := func() string { return string(Get(os.ReadFile(procFile(s, "cmdline")))) }
	eventually(line).Should(Equal(path + "\x00"))
}

// expect claims that a flag is set on the mount at point, or is not.
func (f flag) expect(set bool, s *harness.Subject, point, when string) {
	errno := error(nil)
	if set {
		errno = f.errno
	}
	if err := f.try(s, point); errno == nil {
		Expect(err).NotTo(HaveOccurred(), "%s, without %s", when, f.word)
	} else {
		Expect(err).To(MatchError(errno), "%s, with %s", when, f.word)
	}
	ofMount, _ := options(s, point)
	Expect(slices.Contains(ofMount, f.word)).To(Equal(set), "%s among %v, %s", f.word, ofMount, when)
}

// allBut returns all flags but one.
func allBut(one int) (all int) {
	for _, f := range flags {
		if f.value != one && f.value != nosymfollow {
			all |= f.value
		}
	}
	return all
}
