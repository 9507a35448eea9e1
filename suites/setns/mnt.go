package setns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// changeDirectories makes dir the working directory of s, and then, if root is
// set, its root.
func changeDirectories(s *harness.Subject, dir string, root bool) {
	Arrange(s.Chdir(dir))
	if root {
		Arrange(s.Chroot(dir))
	}
}

// mntWays are the ways to join a mount namespace.
var mntWays = []struct {
	what   string
	nstype int
	open   func(s, target *harness.Subject) int
}{
	{"its file", unix.CLONE_NEWNS, func(s, target *harness.Subject) int { return Get(s.OpenNS(target, nsutil.Mnt)) }},
	{"a pidfd", unix.CLONE_NEWNS, func(s, target *harness.Subject) int { return Get(s.PidfdOpen(target.PID())) }},
	{"a pidfd together with the UTS namespace", unix.CLONE_NEWNS | unix.CLONE_NEWUTS, func(s, target *harness.Subject) int { return Get(s.PidfdOpen(target.PID())) }},
}

var _ = Specs("setns to a mount namespace", Label("setns", "mnt"), func() {
	for _, by := range mntWays {
		It("sets root and working directory to the root there, by "+by.what, Proves("setns-mnt-resets-root-and-cwd"), func() {
			if by.nstype&unix.CLONE_NEWUTS != 0 {
				kinds.Need(nsutil.UTS)
			}
			dir := T().TempDir()
			target := Spawn(harness.Cloned(nsutil.Mnt), harness.Named("target"))
			Arrange(target.MakePrivate())
			Arrange(target.Mount("there", dir, "tmpfs", 0, ""))
			changeDirectories(target, dir, true) // the root of the process is not that of the namespace
			here := Get(nsutil.IDOf("/"))

			for _, chrooted := range []bool{false, true} {
				s := Spawn(harness.Named("caller"))
				fd := by.open(s, target)
				changeDirectories(s, dir, chrooted)
				Expect(place(s, "cwd")).NotTo(Equal(here))
				Expect(place(s, "root") == here).To(Equal(!chrooted))

				Expect(s.Setns(fd, by.nstype)).To(Succeed())
				Expect(s.Getcwd()).To(Equal("/"))
				Expect(place(s, "cwd")).To(Equal(here), "its working directory")
				Expect(place(s, "root")).To(Equal(here), "its root")
				Expect(identity(s.Stat(dir))).To(Equal(place(target, "root")), "what it finds at the path of a mount")
				Expect(identity(s.Stat(".."))).To(Equal(here), "what is above the working directory")
			}
		})
	}

	It("sets them also when the caller is in it already", Proves("setns-mnt-resets-root-and-cwd"), func() {
		kinds.Need(nsutil.UTS)
		here := Get(nsutil.IDOf("/"))
		for _, by := range mntWays {
			s := Spawn(harness.Named("caller"))
			fd := by.open(s, s)
			changeDirectories(s, T().TempDir(), true)
			Expect(place(s, "root")).NotTo(Equal(here))
			Expect(s.Setns(fd, by.nstype)).To(Succeed(), "by %s", by.what)
			Expect(s.Getcwd()).To(Equal("/"), "by %s", by.what)
			Expect(place(s, "cwd")).To(Equal(here), "its working directory, by %s", by.what)
			Expect(place(s, "root")).To(Equal(here), "its root, by %s", by.what)
		}
	})

	It("arrives at what is mounted on the root there", Proves("setns-mnt-resets-root-and-cwd"), func() {
		target := Spawn(harness.Cloned(nsutil.Mnt), harness.Named("target"))
		Arrange(target.MakePrivate())
		Arrange(target.Mount("there", "/", "tmpfs", 0, ""))
		top := Get(identity(target.Stat("/..")))
		Expect(top).NotTo(Equal(place(target, "root")), "the target stays below")
		s := Spawn(harness.Named("caller"))
		Expect(s.Setns(Get(s.OpenNS(target, nsutil.Mnt)), unix.CLONE_NEWNS)).To(Succeed())
		Expect(place(s, "root")).To(Equal(top))
		Expect(place(s, "cwd")).To(Equal(top))
		Expect(s.ReadDir("/")).To(BeEmpty())
	})

	It("leaves root and working directory alone when it is refused", Proves("setns-failure-changes-nothing", "setns-mnt-resets-root-and-cwd"), func() {
		dir := T().TempDir()
		target := Spawn(harness.Cloned(nsutil.Mnt, nsutil.UTS), harness.Named("target"))
		s := Spawn(harness.Named("caller"))
		fd, pidfd := Get(s.OpenNS(target, nsutil.Mnt)), Get(s.PidfdOpen(target.PID()))
		changeDirectories(s, dir, true)
		without(s, unix.CAP_SYS_CHROOT)
		expectRefused(s, fd, unix.CLONE_NEWNS, unix.EPERM)
		expectRefused(s, pidfd, unix.CLONE_NEWNS|unix.CLONE_NEWUTS, unix.EPERM)
		expectJoined(s, pidfd, unix.CLONE_NEWUTS, target, nsutil.UTS)
	})
})

func identity(st unix.Stat_t, err error) (nsutil.ID, error) {
	return nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}, err
}
