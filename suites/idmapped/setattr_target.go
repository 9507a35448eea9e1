package idmapped

import (
	"fmt"
	"math"

	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("mount_setattr", Label("idmap"), func() {
	change := set(unix.MOUNT_ATTR_NODEV)

	It("with a relative path and a bad dirfd gives EBADF", Proves("idmap-setattr-bad-dirfd-ebadf"), func() {
		s, dir := point()
		closed := Get(s.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC))
		Arrange(s.Close(closed))
		for _, dirfd := range []int{closed, -1, 100000, math.MaxInt32, math.MinInt32} {
			claim := keeping(s)
			for _, path := range []string{".", "sub", "../sub"} {
				Expect(s.MountSetattr(dirfd, path, 0, change)).To(MatchError(unix.EBADF), "dirfd %d, %s", dirfd, path)
			}
			Expect(s.MountSetattr(dirfd, "", unix.AT_EMPTY_PATH, change)).To(MatchError(unix.EBADF), "dirfd %d", dirfd)
			claim()
			Expect(s.MountSetattr(dirfd, dir, 0, change)).To(Succeed(), "the path is absolute")
			Arrange(here(s, dir, 0, fresh))
		}
		fd := Get(s.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(s.MountSetattr(fd, ".", 0, change)).To(Succeed())
		Expect(optionsAt(s, dir)).To(Equal("rw,nodev,relatime"))
		Arrange(s.Chdir(dir))
		Expect(s.MountSetattr(unix.AT_FDCWD, ".", 0, fresh)).To(Succeed())
		Expect(optionsAt(s, dir)).To(Equal("rw,relatime"))
	})

	It("to make a mount read-only gives EBUSY while a file on it is open for writing", Proves("idmap-setattr-readonly-with-writers-ebusy"), func() {
		s, dir := point()
		other := dir + "/other"
		Arrange(s.Mkdir(other))
		Arrange(s.Bind(dir, other))
		readonly := set(unix.MOUNT_ATTR_RDONLY)
		for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR, unix.O_WRONLY | unix.O_APPEND, unix.O_TMPFILE | unix.O_RDWR} {
			path := dir + "/file"
			if flags&unix.O_TMPFILE == unix.O_TMPFILE {
				path = dir
			}
			fd := Get(s.Open(path, flags|unix.O_CLOEXEC))
			claim := keeping(s)
			Expect(here(s, dir, 0, readonly)).To(MatchError(unix.EBUSY), "flags %#x", flags)
			claim()
			Expect(s.Write(fd, []byte("text"))).To(Equal(4))
			Expect(s.Mkdir(dir + "/made")).To(Succeed())
			Arrange(s.Rmdir(dir + "/made"))
			Expect(here(s, other, 0, readonly)).To(Succeed(), "another mount")
			Arrange(here(s, other, 0, fresh))

			heir := Get(s.Fork())
			Arrange(s.Close(fd))
			Expect(here(s, dir, 0, readonly)).To(MatchError(unix.EBUSY), "flags %#x, inherited by a child", flags)
			claim()
			Arrange(heir.End())
			Expect(here(s, dir, 0, readonly)).To(Succeed(), "closed")
			Expect(s.Mkdir(dir + "/made")).To(MatchError(unix.EROFS))
			Arrange(here(s, dir, 0, fresh))
		}
		Get(s.Open(dir+"/file", unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(here(s, dir, 0, readonly)).To(Succeed(), "open for reading only")
	})

	It("on what is no mount point gives EINVAL", Proves("idmap-setattr-not-mount-point-einval"), func() {
		s, dir := point()
		Arrange(s.Symlink("directory", dir+"/link"))
		claim := keeping(s)
		for _, path := range []string{"/file", "/directory", "/directory/..//directory", "/link"} {
			for _, flags := range []int{0, unix.AT_RECURSIVE, unix.AT_SYMLINK_NOFOLLOW} {
				for _, request := range []unix.MountAttr{change, set(unix.MOUNT_ATTR_RDONLY), {Propagation: unix.MS_SHARED}, fresh} {
					Expect(here(s, dir+path, flags, request)).To(MatchError(unix.EINVAL), "%s, flags %#x", path, flags)
				}
			}
			fd := Get(s.Open(dir+path, unix.O_PATH|unix.O_CLOEXEC))
			Expect(setattr(s, fd, change)).To(MatchError(unix.EINVAL), "a descriptor of %s", path)
		}
		claim()
		Expect(here(s, dir+"/directory/..", 0, change)).To(Succeed(), "its root")
		for _, path := range []string{"/file", "/directory"} {
			Arrange(s.Bind(dir+path, dir+path))
			Expect(here(s, dir+path, 0, change)).To(Succeed(), "%s as a mount point", path)
			Expect(optionsAt(s, dir+path)).To(Equal("rw,nodev,relatime"))
		}
	})

	It("of another mount namespace than the caller's gives EINVAL", Proves("idmap-foreign-namespace-einval"), func() {
		s, dir := point()
		beside, child := mounts.Beside(s), Get(s.Fork())
		parents := Get(beside.Open(fmt.Sprintf("/proc/%d/root%s", s.PID(), dir), unix.O_PATH|unix.O_CLOEXEC))
		Arrange(s.Mkdir(dir + "/sub"))
		mounts.Tmpfs(s, dir+"/sub")
		inherited := Get(s.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC))
		left := Get(s.Fork())
		Arrange(left.Unshare(unix.CLONE_NEWNS))
		claim := keeping(s, beside)
		for _, request := range []unix.MountAttr{change, set(unix.MOUNT_ATTR_RDONLY), fresh, {Propagation: unix.MS_SHARED}} {
			for name, call := range map[string]func() error{
				"by a descriptor": func() error { return setattr(beside, parents, request) },
				"by a path": func() error {
					return here(beside, fmt.Sprintf("/proc/%d/root%s", s.PID(), dir), 0, request)
				},
				"that is not in one's own at all": func() error {
					return here(beside, fmt.Sprintf("/proc/%d/root%s/sub", s.PID(), dir), 0, request)
				},
				"by an inherited descriptor": func() error { return setattr(left, inherited, request) },
				"recursively":                func() error { return beside.MountSetattr(parents, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, request) },
				"in the other direction": func() error {
					return here(s, fmt.Sprintf("/proc/%d/root%s", beside.PID(), dir), 0, request)
				},
			} {
				Expect(call()).To(MatchError(unix.EINVAL), name)
			}
		}
		claim()
		Expect(setattr(child, Get(child.Open(dir, unix.O_PATH|unix.O_CLOEXEC)), change)).To(Succeed(), "in the same")
		Expect(optionsAt(s, dir)).To(Equal("rw,nodev,relatime"))
		Expect(optionsAt(beside, dir)).To(Equal("rw,relatime"))
		Expect(here(beside, dir, 0, change)).To(Succeed(), "one's own")
	})
})
