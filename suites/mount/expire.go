package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// uses are accesses to the mount at dir after which nobody uses it any more.
var uses = map[string]func(s *harness.Subject, dir string){
	"to open a file":    func(s *harness.Subject, dir string) { Arrange(s.Close(Get(s.Open(dir+"/file", unix.O_RDONLY)))) },
	"to look at a file": func(s *harness.Subject, dir string) { Get(s.Stat(dir + "/file")) },
	"to be in it":       func(s *harness.Subject, dir string) { Arrange(s.Chdir(dir)); Arrange(s.Chdir("/")) },
	"to write a file":   func(s *harness.Subject, dir string) { Arrange(s.WriteFile(dir+"/file", "x", 0)) },
}

var _ = Specs("umount(2) with MNT_EXPIRE", Label("mount"), func() {
	It("marks the mount, and takes it the second time", Proves("mount-umount-expire-twice"), func() {
		s, dir := mounts.Stage()
		for _, flags := range []int{unix.MNT_EXPIRE, unix.MNT_EXPIRE | unix.UMOUNT_NOFOLLOW} {
			place(s, dir+"/on", "file")
			place(s, dir+"/other", "other")
			Arrange(s.Bind(dir+"/on", dir+"/other"))
			expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/on", flags) }, "the first time")
			expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/other", flags) }, "another mount of the file system, the first time")
			mate := Get(s.Fork())
			Expect(mate.Umount(dir+"/on", flags)).To(Succeed(), "the second time, be it by another process")
			Expect(mounts.Below(s, dir)).To(ConsistOf("other", "other"))
			Expect(s.Umount(dir+"/other", flags)).To(Succeed())
			expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/other", flags) }, "what was below it, the first time")
			Expect(s.Umount(dir+"/other", 0)).To(Succeed(), "without the flag at once")
			Arrange(s.Rmdir(dir + "/on"))
			Arrange(s.Rmdir(dir + "/other"))
		}
	})

	It("begins anew when the mount has been used in between", Proves("mount-umount-expire-twice"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		user := Get(s.Fork())
		for what, use := range uses {
			expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/on", unix.MNT_EXPIRE) }, "before %s", what)
			use(user, dir+"/on")
			expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/on", unix.MNT_EXPIRE) }, "after %s", what)
			use(user, dir+"/on")
		}
		expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/on", unix.MNT_EXPIRE) })
		Expect(s.Umount(dir+"/on", unix.MNT_EXPIRE)).To(Succeed())
		Expect(mounts.Below(s, dir)).To(BeEmpty())
	})

	It("refuses what is in use with EBUSY, and does not mark it", Proves("mount-umount-expire-twice", "mount-umount-busy-ebusy"), func() {
		s, dir := inn()
		user := fork(s, func(child *harness.Subject) { users["a working directory"](child, dir) })
		for range 3 {
			expectRefused(s, unix.EBUSY, func() error { return s.Umount(dir, unix.MNT_EXPIRE) })
		}
		Arrange(user.End())
		expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir, unix.MNT_EXPIRE) }, "the first time")
		mounts.Tmpfs(s, dir+"/sub")
		expectRefused(s, unix.EBUSY, func() error { return s.Umount(dir, unix.MNT_EXPIRE) }, "with a mount below")
		Arrange(s.Umount(dir+"/sub", 0))
		expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir, unix.MNT_EXPIRE) }, "it has been used")
		Expect(s.Umount(dir, unix.MNT_EXPIRE)).To(Succeed())
	})

	It("and MNT_DETACH or MNT_FORCE gives EINVAL", Proves("mount-umount-expire-with-detach-or-force-einval"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		expectEinval := func(when string) {
			for _, with := range []int{unix.MNT_DETACH, unix.MNT_FORCE, unix.MNT_DETACH | unix.MNT_FORCE, unix.MNT_DETACH | unix.UMOUNT_NOFOLLOW} {
				if with&unix.MNT_FORCE != 0 && !mayForce() {
					continue
				}
				expectRefused(s, unix.EINVAL, func() error { return s.Umount(dir+"/on", unix.MNT_EXPIRE|with) }, "with %#x, %s", with, when)
			}
		}
		expectEinval("at first")
		expectRefused(s, unix.EAGAIN, func() error { return s.Umount(dir+"/on", unix.MNT_EXPIRE) }, "it has not been marked")
		expectEinval("when it is marked")
		Expect(s.Umount(dir+"/on", unix.MNT_EXPIRE)).To(Succeed())
		cover(s, dir+"/on", "file")
		Expect(s.Umount(dir+"/on", unix.MNT_DETACH)).To(Succeed())
	})
})
