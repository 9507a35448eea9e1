package mount

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
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
	GinkgoHelper()
	Arrange(s.WriteFile(path, string(program.Of(program.Waiting)), unix.O_CREAT))
	Arrange(s.Chmod(path, mode))
}

// awaitProgram waits until execve(2) of a program has come to its end: the last
// that it changes is the command line.
func awaitProgram(s *harness.Subject, path string) {
	GinkgoHelper()
	line := func() string { return string(Get(os.ReadFile(procFile(s, "cmdline")))) }
	eventually(line).Should(Equal(path + "\x00"))
}

// expect claims that a flag is set on the mount at point, or is not.
func (f flag) expect(set bool, s *harness.Subject, point, when string) {
	GinkgoHelper()
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

// remount has s remount what is mounted at a point.
func remount(s *harness.Subject, point string, flags int) error {
	return s.Mount("none", point, "", unix.MS_REMOUNT|flags, "")
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

var _ = Specs("Remounting one mount, with MS_BIND,", Label("mount"), func() {
	for _, f := range flags {
		It(fmt.Sprintf("sets %s there only, and clears it when it is not given again", f.word), Proves("mount-remount-bind-this-mount-only", "mount-remount-bind-clears-unlisted"), func() {
			s, dir := mounts.Stage()
			Arrange(s.Chmod(dir, 0o755))
			place(s, dir+"/one", "file-of-one")
			f.prepare(s, dir+"/one")
			Arrange(s.Mkdir(dir + "/two"))
			Arrange(s.Bind(dir+"/one", dir+"/two"))
			beside := mounts.Beside(s)
			one, two := dir+"/one", dir+"/two"
			_, before := options(s, one)
			f.expect(false, s, two, "before")

			Expect(remount(s, two, unix.MS_BIND|f.value)).To(Succeed())
			f.expect(true, s, two, "where it is set")
			f.expect(false, s, one, "on another mount")
			f.expect(false, beside, two, "in another mount namespace")
			_, after := options(s, two)
			Expect(after).To(Equal(before), "the options of the super block")

			Expect(remount(s, two, unix.MS_BIND)).To(Succeed())
			f.expect(false, s, two, "when no flags are given")
			Expect(remount(s, two, unix.MS_BIND|f.value|allBut(f.value))).To(Succeed())
			Expect(remount(s, two, unix.MS_BIND|allBut(f.value))).To(Succeed())
			ofMount, _ := options(s, two)
			for _, other := range flags {
				Expect(slices.Contains(ofMount, other.word)).To(Equal(allBut(f.value)&other.value != 0), "%s among %v", other.word, ofMount)
			}
			Expect(remount(s, two, unix.MS_BIND|f.value)).To(Succeed())
			f.expect(true, s, two, "where it is set again, alone")
			Expect(remount(s, one, unix.MS_BIND)).To(Succeed())
			f.expect(true, s, two, "when the other mount's flags are cleared")
		})
	}

	It("changes neither source nor data, nor flags of the super block", Proves("mount-remount-bind-this-mount-only"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/one"))
		Arrange(s.Mount("source", dir+"/one", "tmpfs", 0, "size=64k,mode=755"))
		_, before := options(s, dir+"/one")
		Expect(s.Mount("other", dir+"/one", "other", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_SYNCHRONOUS|unix.MS_DIRSYNC|unix.MS_LAZYTIME, "size=128k")).To(Succeed())
		Expect(mounts.At(s, dir+"/one")).To(And(HaveField("Source", "source"), HaveField("FSType", "tmpfs")))
		_, after := options(s, dir+"/one")
		Expect(after).To(Equal(before))
	})
})

var _ = Specs("Remounting the file system", Label("mount"), func() {
	It("read-only has it so on all mounts, where MS_BIND has it on one", Proves("mount-remount-bind-this-mount-only"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/one", "file")
		Arrange(s.Mkdir(dir + "/two"))
		Arrange(s.Bind(dir+"/one", dir+"/two"))
		Expect(remount(s, dir+"/two", unix.MS_RDONLY)).To(Succeed())
		for point, word := range map[string]string{"/one": "rw", "/two": "ro"} {
			Expect(s.WriteFile(dir+point+"/file", "x", 0)).To(MatchError(unix.EROFS), "at %s", point)
			ofMount, ofSuper := options(s, dir+point)
			Expect(ofMount).To(ContainElement(word), "at %s", point)
			Expect(ofSuper).To(ContainElement("ro"), "at %s", point)
		}
		Expect(remount(s, dir+"/two", unix.MS_BIND)).To(Succeed())
		Expect(s.WriteFile(dir+"/two/file", "x", 0)).To(MatchError(unix.EROFS), "the file system is")
		Expect(remount(s, dir+"/two", 0)).To(Succeed())
		Expect(s.WriteFile(dir+"/two/file", "x", 0)).To(Succeed())
		Expect(s.WriteFile(dir+"/one/file", "x", 0)).To(Succeed())
	})
})
