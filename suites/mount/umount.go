package mount

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// invalid are flags that umount(2) does not know.
func invalid() (all []int) {
	for bit := 1 << 4; bit <= 1<<30; bit <<= 1 {
		all = append(all, bit)
	}
	return append(all, 1<<4|unix.MNT_DETACH, 1<<30|unix.MNT_FORCE, 1<<31, -1)
}

// fork returns a child of s that has done something.
func fork(s *harness.Subject, does func(child *harness.Subject)) *harness.Subject {
	child := Get(s.Fork())
	does(child)
	return child
}

var _ = Specs("umount(2)", Label("mount"), func() {
	It("takes what is topmost", Proves("mount-umount-takes-topmost"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "lowest")
		cover(s, dir+"/on", "middle")
		Arrange(s.Mkdir(dir + "/with-file"))
		touch(s, dir+"/with-file/bound")
		Arrange(s.Bind(dir+"/with-file", dir+"/on"))
		cover(s, dir+"/on", "top")
		Arrange(s.Symlink("on", dir+"/link"))
		Arrange(s.Chdir(dir))
		for _, step := range []struct {
			path string
			next string
		}{{dir + "/on", "bound"}, {"on/", "middle"}, {dir + "/link", "lowest"}} {
			before := ids(s)
			topmost := Get(mounts.At(s, dir+"/on")).ID
			Expect(s.Umount(step.path, 0)).To(Succeed())
			Expect(s.ReadDir(dir + "/on")).To(ConsistOf(step.next))
			Expect(append(ids(s), topmost)).To(ConsistOf(before), "one is gone, the topmost")
		}
		Expect(s.Umount(dir+"/on", unix.MNT_DETACH)).To(Succeed())
		Expect(s.ReadDir(dir + "/on")).To(BeEmpty())
		Expect(s.Umount(dir+"/on", 0)).To(MatchError(unix.EINVAL), "there is none left")
	})

	It("takes the topmost with MNT_DETACH and MNT_FORCE, too", Proves("mount-umount-takes-topmost"), func() {
		s, dir := mounts.Stage()
		for _, flags := range []int{unix.MNT_DETACH, unix.MNT_FORCE, unix.MNT_DETACH | unix.MNT_FORCE, unix.UMOUNT_NOFOLLOW} {
			if flags&unix.MNT_FORCE != 0 && !mayForce() {
				continue
			}
			cover(s, dir, "lower")
			cover(s, dir, "upper")
			Expect(s.Umount(dir, flags)).To(Succeed())
			Expect(s.ReadDir(dir)).To(ConsistOf("lower"), "with %#x", flags)
			Arrange(s.Umount(dir, 0))
		}
	})

	It("refuses what is no mount point with EINVAL", Proves("mount-umount-not-mount-point-einval"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		Arrange(s.Mkdir(dir + "/on/sub"))
		Arrange(s.Mkdir(dir + "/plain"))
		for _, flags := range []int{0, unix.MNT_DETACH, unix.MNT_EXPIRE, unix.UMOUNT_NOFOLLOW} {
			for _, path := range []string{"/on/sub", "/on/file", "/plain"} {
				expectRefused(s, unix.EINVAL, func() error { return s.Umount(dir+path, flags) }, "%s with %#x", path, flags)
			}
			expectRefused(s, unix.ENOENT, func() error { return s.Umount(dir+"/none", flags) }, "what is not there, with %#x", flags)
		}
		for _, path := range []string{"/on/sub", "/on/file"} {
			Arrange(s.Bind(dir+path, dir+path))
			Expect(s.Umount(dir+path, 0)).To(Succeed(), "it was one")
		}
	})

	It("refuses mounts of another mount namespace with EINVAL", Proves("mount-umount-not-mount-point-einval"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		other := mounts.Beside(s)
		witness := Get(other.Fork())
		fd := Get(other.Open(dir+"/on", unix.O_PATH|unix.O_DIRECTORY))
		Arrange(other.Join(s, nsutil.Mnt))
		path := fmt.Sprintf("/proc/self/fd/%d", fd)
		before := table(witness)
		for _, flags := range []int{0, unix.MNT_DETACH} {
			expectRefused(other, unix.EINVAL, func() error { return other.Umount(path, flags) }, "by descriptor")
			expectRefused(s, unix.EINVAL, func() error { return s.Umount(procFile(witness, "root")+dir+"/on", flags) }, "by its root")
		}
		Expect(table(witness)).To(Equal(before))
		Expect(witness.Umount(dir+"/on", unix.MNT_DETACH)).To(Succeed(), "where it belongs")
	})

	It("refuses flags that there are not with EINVAL", Proves("mount-umount-not-mount-point-einval"), func() {
		s, dir := mounts.Stage()
		for _, flags := range invalid() {
			expectRefused(s, unix.EINVAL, func() error { return s.Umount(dir, flags) }, "%#x", flags)
		}
		Expect(s.Umount(dir, 0)).To(Succeed())
	})

	It("refuses what is in use with EBUSY, until it is not any more", Proves("mount-umount-busy-ebusy"), func() {
		s, dir := inn()
		for how, use := range users {
			if use == nil {
				mounts.Tmpfs(s, dir+"/sub")
				expectRefused(s, unix.EBUSY, func() error { return s.Umount(dir, 0) }, how)
				Arrange(s.Umount(dir+"/sub", 0))
				continue
			}
			user := fork(s, func(child *harness.Subject) { use(child, dir) })
			for _, flags := range []int{0, unix.UMOUNT_NOFOLLOW, unix.MNT_EXPIRE, unix.MNT_FORCE} {
				if flags&unix.MNT_FORCE != 0 && !mayForce() {
					continue
				}
				expectRefused(s, unix.EBUSY, func() error { return s.Umount(dir, flags) }, "by %s, with %#x", how, flags)
			}
			Expect(s.ReadDir(dir)).To(ContainElement("sub"))
			Arrange(user.End())
		}
		Expect(s.Umount(dir, 0)).To(Succeed(), "nobody uses it any more")
	})

	It("allows what is in use on another mount of the file system, or in another mount namespace", Proves("mount-umount-busy-ebusy"), func() {
		s, dir := inn()
		Arrange(s.Mkdir(dir + "-copy"))
		Arrange(s.Bind(dir, dir+"-copy"))
		beside := mounts.Beside(s)
		fork(s, func(child *harness.Subject) { users["an open file"](child, dir+"-copy") })
		fork(beside, func(child *harness.Subject) { users["a working directory"](child, dir) })
		Expect(s.Umount(dir, 0)).To(Succeed())
		expectRefused(s, unix.EBUSY, func() error { return s.Umount(dir+"-copy", 0) })
		expectRefused(beside, unix.EBUSY, func() error { return beside.Umount(dir, 0) })
		Expect(beside.Umount(dir+"-copy", 0)).To(Succeed())
	})

	It("does not follow a link at the end with UMOUNT_NOFOLLOW", Proves("mount-umount-nofollow"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/real"))
		place(s, dir+"/real/on", "file")
		Arrange(s.Symlink("real/on", dir+"/link"))
		Arrange(s.Symlink("real", dir+"/way"))
		Arrange(s.Symlink("nowhere", dir+"/dangling"))
		for _, with := range []int{0, unix.MNT_DETACH, unix.MNT_EXPIRE} {
			expectRefused(s, unix.EINVAL, func() error { return s.Umount(dir+"/link", unix.UMOUNT_NOFOLLOW|with) }, "with %#x", with)
			expectRefused(s, unix.EINVAL, func() error { return s.Umount(dir+"/dangling", unix.UMOUNT_NOFOLLOW|with) }, "with %#x", with)
			expectRefused(s, unix.ENOENT, func() error { return s.Umount(dir+"/dangling", with) }, "it is followed without the flag, with %#x", with)
		}
		Expect(s.Umount(dir+"/way/on", unix.UMOUNT_NOFOLLOW)).To(Succeed(), "a link on the way is followed")
		Expect(s.ReadDir(dir + "/real/on")).To(BeEmpty())
		cover(s, dir+"/real/on", "file")
		Expect(s.Umount(dir+"/link", 0)).To(Succeed())
		Expect(s.ReadDir(dir + "/real/on")).To(BeEmpty())
	})
})
