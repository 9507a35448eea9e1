package procns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// rootPath returns a path by which others see what s sees at path.
func rootPath(s *harness.Subject, path string) string {
	return fmt.Sprintf("/proc/%d/root%s", s.PID(), path)
}

// settled returns s with a mount of its own on dir that nobody else has, in a new
// mount namespace that nothing spreads to, and a file there that says who it is.
func settled(s *harness.Subject, dir string) *harness.Subject {
	Arrange(s.MakePrivate())
	Arrange(s.Mount("tmpfs", dir, "tmpfs", 0, ""))
	Arrange(s.WriteFile(dir+"/whose", s.Name(), unix.O_CREAT))
	return s
}

// expectRoot claims that the reader's view of the process's root shows the same
// directory as the process's own root, and in it the file with the text.
func expectRoot(reader, process *harness.Subject, path, text string) {
	Expect(reader.ReadFile(rootPath(process, path))).To(Equal(text), "%s of %s as %s sees it", path, process.Name(), reader.Name())
	for _, dir := range []string{"/", "/proc", "/proc/1"} {
		own, err := process.Stat(dir)
		seen, seenErr := reader.Stat(rootPath(process, dir))
		if err != nil {
			Expect(seenErr).To(MatchError(err), "%s of %s", dir, process.Name())
			continue
		}
		Expect([]uint64{seen.Dev, seen.Ino}).To(Equal([]uint64{own.Dev, own.Ino}), "%s of %s", dir, process.Name())
	}
}

var _ = Specs("/proc/PID/root", Label("procpid", "mnt"), func() {
	It("shows the mounts that are private to the process's mount namespace", Proves("procroot-shows-targets-mounts"), func() {
		dir := T().TempDir()
		outside := Spawn(harness.Named("outside"))
		first := settled(Spawn(harness.Cloned(nsutil.Mnt), harness.Named("first")), dir)
		second := settled(Spawn(harness.Cloned(nsutil.Mnt), harness.Named("second")), dir)
		unprivileged := Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped("0 0 1"), harness.Named("in a user namespace"))
		third := settled(unprivileged, dir)
		for _, process := range []*harness.Subject{first, second, third} {
			for _, reader := range []*harness.Subject{outside, second, process} {
				expectRoot(reader, process, dir+"/whose", process.Name())
			}
			expectRoot(outside, Get(process.Fork()), dir+"/whose", process.Name())
			Expect(outside.Stat(dir+"/whose")).Error().To(MatchError(unix.ENOENT), "outside there is no such mount")
			Expect(outside.Stat(rootPath(outside, dir+"/whose"))).Error().To(MatchError(unix.ENOENT))

			Expect(outside.WriteFile(rootPath(process, dir+"/from outside"), "from outside", unix.O_CREAT)).To(Succeed())
			Expect(process.ReadFile(dir+"/from outside")).To(Equal("from outside"), "it is the process's own mount")
			Arrange(process.Umount(dir, 0))
			Expect(outside.Stat(rootPath(process, dir+"/whose"))).Error().To(MatchError(unix.ENOENT), "when it is unmounted")
		}
	})

	It("shows the mounts of the namespace that the process has joined or made, and no longer the ones before", Proves("procroot-shows-targets-mounts"), func() {
		dir := T().TempDir()
		outside := Spawn(harness.Named("outside"))
		first := settled(Spawn(harness.Cloned(nsutil.Mnt), harness.Named("first")), dir)
		second := settled(Spawn(harness.Cloned(nsutil.Mnt), harness.Named("second")), dir)
		mover := Get(first.Fork())
		expectRoot(outside, mover, dir+"/whose", "first")
		Arrange(mover.Join(second, nsutil.Mnt))
		expectRoot(outside, mover, dir+"/whose", "second")
		Arrange(mover.Unshare(unix.CLONE_NEWNS))
		Arrange(mover.Umount(dir, 0))
		Expect(outside.Stat(rootPath(mover, dir+"/whose"))).Error().To(MatchError(unix.ENOENT))
		expectRoot(outside, second, dir+"/whose", "second")
	})

	It("is the process's own root directory, not that of its mount namespace or of whoever follows it", Proves("procroot-shows-targets-mounts"), func() {
		dir := T().TempDir()
		outside := Spawn(harness.Named("outside"))
		home := settled(Spawn(harness.Cloned(nsutil.Mnt), harness.Named("home")), dir)
		Arrange(home.Mkdir(dir + "/jail"))
		Arrange(home.WriteFile(dir+"/jail/whose", "the jail's", unix.O_CREAT))
		jailed := Get(home.Fork())
		Expect(jailed.Stat("/whose")).Error().To(MatchError(unix.ENOENT))
		Arrange(jailed.Chroot(dir + "/jail"))
		for _, reader := range []*harness.Subject{outside, home} {
			expectRoot(reader, jailed, "/whose", "the jail's")
			expectRoot(reader, Get(jailed.Fork()), "/whose", "the jail's")
			expectRoot(reader, home, dir+"/whose", "home")
			Expect(reader.Stat(rootPath(home, "/whose"))).Error().To(MatchError(unix.ENOENT))
		}
		Expect(home.Readlink(rootPath(jailed, ""))).To(Equal(dir + "/jail"))
		Expect(home.Readlink(rootPath(home, ""))).To(Equal("/"))
	})
})
