package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("mount(2)", Label("mount"), func() {
	It("refuses types of file systems that there are not with ENODEV", Proves("mount-unknown-type-enodev"), func() {
		root, dir := mounts.Stage(harness.Named("root"))
		owner := Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped(onlyRoot), harness.Named("root of a user namespace"))
		for _, s := range []*harness.Subject{root, owner} {
			for _, fstype := range []string{"nsconform", "", "tmp", "tmpfss", "TMPFS", "tmpfs ", "tmpfs.nsconform"} {
				expectRefused(s, unix.ENODEV, func() error { return s.Mount("none", dir, fstype, 0, "") }, "%q by %s", fstype, s.Name())
			}
			Expect(s.Mount("none", dir, "tmpfs", 0, "")).To(Succeed())
			Expect(s.Umount(dir, 0)).To(Succeed())
		}
		expectRefused(root, unix.ENODEV, func() error { return root.Mount("none", dir, "nsconform", unix.MS_RDONLY|unix.MS_NOSUID, "mode=755") })
	})

	It("refuses to remount what is not a mount point with EINVAL", Proves("mount-remount-not-mount-point-einval"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		Arrange(s.Mkdir(dir + "/on/dir"))
		Arrange(s.Mkdir(dir + "/outside"))
		for _, flags := range []int{unix.MS_REMOUNT, unix.MS_REMOUNT | unix.MS_BIND} {
			for _, point := range []string{"/on/dir", "/on/file", "/outside"} {
				for _, change := range []int{0, unix.MS_RDONLY, unix.MS_NOSUID | unix.MS_NODEV} {
					expectRefused(s, unix.EINVAL, func() error { return s.Mount("none", dir+point, "", flags|change, "") }, "%s with %#x", point, flags|change)
				}
			}
			Expect(s.WriteFile(dir+"/on/file", "x", 0)).To(Succeed())
			for _, point := range []string{"/on/dir", "/on/file"} {
				Arrange(s.Bind(dir+point, dir+point))
				Expect(s.Mount("none", dir+point, "", flags|unix.MS_RDONLY, "")).To(Succeed(), "%s, which is one now", point)
				Expect(s.Mount("none", dir+point, "", flags, "")).To(Succeed())
				Arrange(s.Umount(dir+point, 0))
			}
		}
	})

	It("refuses to remount what belongs to another mount namespace with EINVAL", Proves("mount-remount-not-mount-point-einval"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		fd := Get(other.Open(dir, unix.O_PATH|unix.O_DIRECTORY))
		Arrange(other.Join(s, nsutil.Mnt))
		Arrange(other.Fchdir(fd))
		for _, flags := range []int{unix.MS_REMOUNT, unix.MS_REMOUNT | unix.MS_BIND} {
			expectRefused(s, unix.EINVAL, func() error { return other.Mount("none", ".", "", flags|unix.MS_RDONLY, "") })
		}
		touch(other, "still-writable")
	})
})

// writers are ways to have a file open for writing, which [writing] keeps so.
var writers = map[string]int{
	"O_WRONLY": unix.O_WRONLY, "O_RDWR": unix.O_RDWR, "O_WRONLY|O_APPEND": unix.O_WRONLY | unix.O_APPEND,
	"O_TMPFILE": unix.O_RDWR | unix.O_TMPFILE,
}

// writing has s open something on the mount at dir for writing.
func writing(s *harness.Subject, dir string, flags int) (fd int) {
	path := dir + "/file"
	if flags&unix.O_TMPFILE == unix.O_TMPFILE {
		path = dir
	}
	return Get(s.Open(path, flags|unix.O_CLOEXEC))
}

var _ = Specs("Remounting read-only", Label("mount"), func() {
	It("is refused with EBUSY while a file is open for writing", Proves("mount-remount-readonly-with-writers-ebusy"), func() {
		for _, of := range []string{"the file system", "the mount"} {
			readonly := unix.MS_REMOUNT | unix.MS_RDONLY
			if of == "the mount" {
				readonly |= unix.MS_BIND
			}
			s, dir := mounts.Stage()
			place(s, dir+"/on", "file")
			other := Get(s.Fork())
			reader := Get(s.Open(dir+"/on/file", unix.O_RDONLY|unix.O_CLOEXEC))
			Get(s.Open(dir+"/on/file", unix.O_PATH|unix.O_CLOEXEC))
			remount := func() error { return s.Mount("none", dir+"/on", "", readonly, "") }
			for how, flags := range writers {
				fd := writing(other, dir+"/on", flags)
				expectRefused(s, unix.EBUSY, remount, "%s with a file open with %s by another process", of, how)
				Expect(other.Write(fd, []byte("x"))).To(Equal(1))
				second := writing(s, dir+"/on", flags)
				Arrange(other.Close(fd))
				expectRefused(s, unix.EBUSY, remount, "%s with one of two left", of)
				touch(s, dir+"/on/new") // it is writable for all
				Arrange(s.Unlink(dir + "/on/new"))
				Arrange(s.Close(second))
				Expect(remount()).To(Succeed(), "%s with readers only", of)
				Expect(s.WriteFile(dir+"/on/file", "x", 0)).To(MatchError(unix.EROFS))
				Expect(s.Read(reader, 1)).NotTo(BeNil())
				Arrange(s.Mount("none", dir+"/on", "", readonly&^unix.MS_RDONLY, ""))
			}
		}
	})

	It("is refused to the file system for writers on any of its mounts, and to a mount for its own", Proves("mount-remount-readonly-with-writers-ebusy"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "file")
		Arrange(s.Mkdir(dir + "/copy"))
		Arrange(s.Bind(dir+"/on", dir+"/copy"))
		beside := mounts.Beside(s)
		for _, writer := range []struct {
			s  *harness.Subject
			at string
		}{{s, "/copy"}, {beside, "/on"}} {
			fd := writing(writer.s, dir+writer.at, unix.O_WRONLY)
			expectRefused(s, unix.EBUSY, func() error { return s.Mount("none", dir+"/on", "", unix.MS_REMOUNT|unix.MS_RDONLY, "") }, "the file system")
			expectRefused(writer.s, unix.EBUSY, func() error {
				return writer.s.Mount("none", dir+writer.at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
			}, "the mount itself")
			Expect(s.Mount("none", dir+"/on", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")).To(Succeed(), "another mount")
			Expect(s.WriteFile(dir+"/on/file", "x", 0)).To(MatchError(unix.EROFS))
			Expect(writer.s.Write(fd, []byte("x"))).To(Equal(1))
			Arrange(writer.s.Close(fd))
			Expect(s.Mount("none", dir+"/on", "", unix.MS_REMOUNT|unix.MS_RDONLY, "")).To(Succeed(), "without writers")
			Expect(beside.WriteFile(dir+"/on/file", "x", 0)).To(MatchError(unix.EROFS), "it is so on every mount")
			Arrange(s.Mount("none", dir+"/on", "", unix.MS_REMOUNT, ""))
		}
	})
})
