package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// locked are the flags that become locked, and the requirement that says so.
var locked = []struct {
	flag
	id string
}{
	{readOnly, "mount-locked-readonly-eperm"},
	{noSuid, "mount-locked-nosuid-eperm"},
	{noExec, "mount-locked-noexec-eperm"},
	{noDev, "mount-locked-nodev-but-not-nosymfollow"},
}

var _ = Specs("An inherited flag", Label("mount"), func() {
	for _, f := range locked {
		other := noExec
		if f.name == other.name {
			other = noSuid
		}

		It(f.name+" cannot be cleared by a remount", Proves(f.id), func() {
			e := bequeath(f.mount)
			for _, s := range e.heirs {
				Expect(remount(s.Subject, s.point, 0)).To(MatchError(unix.EPERM), "%s at %s", s.Name(), s.point)
				Expect(remount(s.Subject, s.point, other.mount)).To(MatchError(unix.EPERM), "%s at %s, for another", s.Name(), s.point)
				Expect(attributes(s.Subject, s.point)).To(WithTransform(f.or(other), Equal(f.statfs)))
				Expect(remount(s.Subject, s.point, f.mount)).To(Succeed(), "%s at %s, leaving all as it is", s.Name(), s.point)
				f.expect(s.Subject, s.point, true)
			}
			s := e.heirs[0]
			flagged(s.Subject, e.dir+"/own", f.mount)
			Expect(remount(s.Subject, e.dir+"/own", 0)).To(Succeed(), "of its own mount")
			f.expect(s.Subject, e.dir+"/own", false)
			Expect(remount(e.above, e.point, 0)).To(Succeed(), "above")
			f.expect(e.above, e.point, false)
			f.expect(s.Subject, s.point, true)
		})

		It(f.name+" cannot be cleared by mount_setattr", Proves(f.id), func() {
			NeedKernel("5.12")
			e := bequeath(f.mount)
			for _, s := range e.heirs {
				Expect(setattr(s.Subject, s.point, 0, 0, f.attr)).To(MatchError(unix.EPERM), "%s at %s", s.Name(), s.point)
				Expect(setattr(s.Subject, s.point, 0, other.attr, f.attr)).To(MatchError(unix.EPERM), "%s at %s, for another", s.Name(), s.point)
				if s.tree != "" {
					Expect(setattr(s.Subject, s.tree, unix.AT_RECURSIVE, other.attr, f.attr)).To(MatchError(unix.EPERM), "%s below %s", s.Name(), s.tree)
					Expect(attributes(s.Subject, s.tree)).To(WithTransform(f.or(other), BeZero()))
				}
				Expect(attributes(s.Subject, s.point)).To(WithTransform(f.or(other), Equal(f.statfs)))
				Expect(setattr(s.Subject, s.point, 0, f.attr, f.attr)).To(Succeed(), "%s at %s, setting it again", s.Name(), s.point)
				f.expect(s.Subject, s.point, true)
			}
			s := e.heirs[0]
			flagged(s.Subject, e.dir+"/own", f.mount)
			Expect(setattr(s.Subject, e.dir+"/own", 0, 0, f.attr)).To(Succeed(), "of its own mount")
			f.expect(s.Subject, e.dir+"/own", false)
			Expect(setattr(e.above, e.dir+"/tree", unix.AT_RECURSIVE, 0, f.attr)).To(Succeed(), "above")
			f.expect(e.above, e.dir+"/tree/part", false)
		})

		It(f.name+" cannot be cleared on a copy that is mounted nowhere", Proves(f.id), func() {
			NeedKernel("5.12")
			e := bequeath(f.mount)
			for _, s := range e.heirs {
				fd := Get(s.OpenTree(s.point, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC))
				change := unix.MountAttr{Attr_clr: f.attr}
				Expect(s.MountSetattr(fd, "", unix.AT_EMPTY_PATH, change)).To(MatchError(unix.EPERM), "%s at %s", s.Name(), s.point)
				Arrange(s.Close(fd))
			}
			fd := Get(e.above.OpenTree(e.point, unix.OPEN_TREE_CLONE))
			Expect(e.above.MountSetattr(fd, "", unix.AT_EMPTY_PATH, unix.MountAttr{Attr_clr: f.attr})).To(Succeed(), "above")
		})

		It(f.name+" cannot be cleared by open_tree_attr", Proves(f.id), func() {
			NeedKernel("6.15")
			e := bequeath(f.mount)
			change := unix.MountAttr{Attr_clr: f.attr}
			for _, s := range e.heirs {
				_, err := s.OpenTreeAttr(unix.AT_FDCWD, s.point, unix.OPEN_TREE_CLONE, change)
				Expect(err).To(MatchError(unix.EPERM), "%s at %s", s.Name(), s.point)
				if s.tree != "" {
					_, err := s.OpenTreeAttr(unix.AT_FDCWD, s.tree, unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE, change)
					Expect(err).To(MatchError(unix.EPERM), "%s below %s", s.Name(), s.tree)
				}
			}
			Expect(e.above.OpenTreeAttr(unix.AT_FDCWD, e.point, unix.OPEN_TREE_CLONE, change)).To(BeNumerically(">=", 0), "above")
		})

		It(f.name+" cannot be cleared by who may remount the file system", Proves(f.id), func() {
			above, dir := landlord()
			flagged(above, dir+"/single", f.mount)
			visitor := Spawn(harness.Named("from above"))
			Arrange(visitor.Join(above, nsutil.Mnt))
			copied := Get(visitor.Clone(newMounts))
			for _, flags := range []int{unix.MS_REMOUNT, unix.MS_REMOUNT | other.mount} {
				Expect(copied.Mount("none", dir+"/single", "tmpfs", flags, "")).To(MatchError(unix.EPERM))
				f.expect(copied, dir+"/single", true)
			}
			Expect(copied.Mount("none", dir+"/single", "tmpfs", unix.MS_REMOUNT|f.mount|other.mount, "")).To(Succeed(), "with it")
			f.expect(copied, dir+"/single", true)
			if f.name != readOnly.name { // which this has set for the file system as well
				Expect(visitor.Mount("none", dir+"/single", "tmpfs", unix.MS_REMOUNT, "")).To(Succeed(), "in the namespace that was copied")
				f.expect(visitor, dir+"/single", false)
			}
		})
	}
})
