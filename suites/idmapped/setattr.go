package idmapped

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// attributes are those of mount_setattr(2) that are single bits, but for
// MOUNT_ATTR_IDMAP, and how mountinfo shows them.
var attributes = []struct {
	bit    uint64
	option string
}{
	{unix.MOUNT_ATTR_RDONLY, "ro"}, {unix.MOUNT_ATTR_NOSUID, "nosuid"}, {unix.MOUNT_ATTR_NODEV, "nodev"},
	{unix.MOUNT_ATTR_NOEXEC, "noexec"}, {unix.MOUNT_ATTR_NODIRATIME, "nodiratime"}, {unix.MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow"},
}

// fresh makes the attributes of a mount those that it has by default.
var fresh = unix.MountAttr{Attr_clr: func() (all uint64) {
	for _, a := range attributes {
		all |= a.bit
	}
	return all | unix.MOUNT_ATTR__ATIME
}()}

// optionsAt returns the options of the topmost mount at a point: "rw,relatime".
func optionsAt(s *harness.Subject, point string) (string, error) {
	m, err := mounts.At(s, point)
	if err != nil {
		return "", err
	}
	return m.Options, nil
}

// point returns a process in a mount namespace of its own, and a mount of its that
// is attached, with a file and a directory in it.
func point() (s *harness.Subject, dir string) {
	s, dir = mounts.Stage(harness.Named("root"))
	Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
	Arrange(s.Mkdir(dir + "/directory"))
	return s, dir
}

// branch returns such a process, and where it has mounted file systems, each on
// the one before.
func branch() (s *harness.Subject, all []string) {
	s, dir := mounts.Stage(harness.Named("root"))
	for range 3 {
		all = append(all, dir)
		dir += "/sub"
		if len(all) < 3 {
			mounts.Point(s, dir)
		}
	}
	return s, all
}

// here changes the mount at a path.
func here(s *harness.Subject, path string, flags int, attr unix.MountAttr) error {
	return s.MountSetattr(unix.AT_FDCWD, path, flags, attr)
}

var _ = Specs("mount_setattr", Label("idmap"), func() {
	It("clears attr_clr before it sets attr_set, whatever was set before", Proves("idmap-attr-clr-before-attr-set"), func() {
		s, dir := point()
		for _, a := range attributes {
			if a.option == "nosymfollow" && !kernelHas("5.14") {
				continue
			}
			for _, before := range []unix.MountAttr{fresh, set(a.bit)} {
				Arrange(here(s, dir, 0, before))
				Expect(here(s, dir, 0, unix.MountAttr{Attr_set: a.bit, Attr_clr: a.bit})).To(Succeed(), a.option)
				Expect(strings.Split(Get(optionsAt(s, dir)), ",")).To(ContainElement(a.option), "%s set and cleared at once", a.option)
			}
			Expect(here(s, dir, 0, unix.MountAttr{Attr_clr: a.bit})).To(Succeed(), a.option)
			Expect(optionsAt(s, dir)).To(Equal("rw,relatime"), "%s cleared", a.option)
		}
		Arrange(here(s, dir, 0, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOEXEC | unix.MOUNT_ATTR_NODEV}))
		change := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_NOEXEC | unix.MOUNT_ATTR_NODEV, Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
		for range 2 {
			Expect(here(s, dir, 0, change)).To(Succeed())
			Expect(optionsAt(s, dir)).To(Equal("ro,nosuid,relatime"))
			Expect(s.WriteFile(dir+"/file", "text", 0)).To(MatchError(unix.EROFS))
		}
		change = unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV, Attr_clr: fresh.Attr_clr &^ unix.MOUNT_ATTR_NOSYMFOLLOW}
		Expect(here(s, dir, 0, change)).To(Succeed())
		Expect(optionsAt(s, dir)).To(Equal("ro,nodev,relatime"), "all but these cleared")
	})

	It("clears access time settings before it sets another", Proves("idmap-attr-clr-before-attr-set"), func() {
		s, dir := point()
		settings := map[uint64]string{
			unix.MOUNT_ATTR_RELATIME: "rw,relatime", unix.MOUNT_ATTR_NOATIME: "rw,noatime", unix.MOUNT_ATTR_STRICTATIME: "rw",
		}
		for from, before := range settings {
			for to, after := range settings {
				Arrange(here(s, dir, 0, unix.MountAttr{Attr_set: from, Attr_clr: unix.MOUNT_ATTR__ATIME}))
				Expect(optionsAt(s, dir)).To(Equal(before))
				Expect(here(s, dir, 0, unix.MountAttr{Attr_set: to, Attr_clr: unix.MOUNT_ATTR__ATIME})).To(Succeed())
				Expect(optionsAt(s, dir)).To(Equal(after), "after %s", before)
			}
		}
	})

	It("changes one mount, or with AT_RECURSIVE the whole tree", Proves("idmap-setattr-recursive-all-or-nothing"), func() {
		for _, flags := range []int{0, unix.AT_RECURSIVE} {
			for from := range 3 {
				s, tree := branch()
				Expect(here(s, tree[from], flags, set(unix.MOUNT_ATTR_RDONLY))).To(Succeed())
				for i, path := range tree {
					if i == from || i > from && flags != 0 {
						Expect(s.Mkdir(path+"/made")).To(MatchError(unix.EROFS), "mount %d, from %d on, flags %#x", i, from, flags)
						Expect(optionsAt(s, path)).To(Equal("ro,relatime"))
					} else {
						Expect(s.Mkdir(path+"/made")).To(Succeed(), "mount %d, from %d on, flags %#x", i, from, flags)
						Expect(optionsAt(s, path)).To(Equal("rw,relatime"))
					}
				}
			}
		}
	})

	It("with AT_RECURSIVE changes nothing when one mount cannot be", Proves("idmap-setattr-recursive-all-or-nothing"), func() {
		change := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV, Attr_clr: unix.MOUNT_ATTR__ATIME, Propagation: unix.MS_SHARED}
		for busy := range 3 {
			s, tree := branch()
			fd := Get(s.Open(tree[busy]+"/file", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC))
			before := Get(mounts.Table(s))
			Expect(here(s, tree[0], unix.AT_RECURSIVE, change)).To(MatchError(unix.EBUSY), "for mount %d", busy)
			Expect(mounts.Table(s)).To(Equal(before), "for mount %d", busy)
			for i, path := range tree {
				Expect(s.Mkdir(path+"/made")).To(Succeed(), "mount %d, for mount %d", i, busy)
			}
			Expect(s.Write(fd, []byte("text"))).To(Equal(4))
			Arrange(s.Close(fd))
			Expect(here(s, tree[0], unix.AT_RECURSIVE, change)).To(Succeed(), "not busy any more")
			for _, path := range tree {
				Expect(optionsAt(s, path)).To(Equal("ro,nodev,relatime"))
				Expect(mounts.PropagationAt(s, path)).To(HaveField("Shared", Not(BeZero())))
			}
		}
	})
})

var _ = Specs("mount_setattr", Label("idmap"), func() {
	It("with AT_RECURSIVE clears nothing when one mount has it locked", Proves("idmap-setattr-recursive-all-or-nothing"), func() {
		kinds.Need(nsutil.User)
		nodev := set(unix.MOUNT_ATTR_NODEV)
		clearing := unix.MountAttr{Attr_clr: nodev.Attr_set}
		for locked := range 3 {
			s, tree := branch()
			Arrange(here(s, tree[locked], 0, nodev))
			child := Get(s.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNS)) // locks it
			Arrange(here(child, tree[0], unix.AT_RECURSIVE, nodev))
			claim := keeping(child)
			Expect(here(child, tree[0], unix.AT_RECURSIVE, clearing)).To(MatchError(unix.EPERM), "for mount %d", locked)
			claim()
			for i, path := range tree {
				if i != locked {
					Expect(here(child, path, 0, clearing)).To(Succeed(), "mount %d, for mount %d", i, locked)
				}
			}
			Expect(here(s, tree[0], unix.AT_RECURSIVE, clearing)).To(Succeed(), "where it is not locked")
		}
	})
})

var _ = Specs("mount_setattr", labels(), func() {
	It("with AT_RECURSIVE idmaps nothing when one mount cannot be", Proves("idmap-setattr-recursive-all-or-nothing"), func() {
		s, plain := stage()
		userns, _ := mapping(s, uids, gids)
		file(s, plain+"/file", 1, 2)
		Arrange(s.Mkdir(plain + "/a"))
		Arrange(s.Mkdir(plain + "/b"))
		Arrange(s.Mkdir(plain + "/c"))
		Arrange(s.Bind(plain, plain+"/a"))
		Arrange(s.Mount("none", plain+"/b", "ramfs", 0, ""))
		Arrange(s.Bind(plain, plain+"/c"))
		mount := detached(s, plain, unix.AT_RECURSIVE)
		Expect(s.MountSetattr(mount, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, by(userns))).To(MatchError(unix.EINVAL), "a ramfs is among them")
		for _, path := range []string{"file", "a/file", "c/file"} {
			expectOwner(s, at(mount, path), 1, 2)
		}
		Arrange(s.Umount(plain+"/b", 0))
		mount = detached(s, plain, unix.AT_RECURSIVE)
		Expect(s.MountSetattr(mount, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, by(userns))).To(Succeed())
		for _, path := range []string{"file", "a/file", "c/file"} {
			expectOwner(s, at(mount, path), uid0+1, gid0+2)
		}
	})
})
