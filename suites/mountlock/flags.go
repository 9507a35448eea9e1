package mountlock

import (
	"errors"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// flag is a restriction of a mount.
type flag struct {
	name   string
	mount  int    // MS_*
	attr   uint64 // MOUNT_ATTR_*
	statfs int64  // ST_*
	// try does what the flag forbids with errno, unless it is nil.
	try   func(s *harness.Subject, point string) error
	errno error
}

var (
	readOnly = flag{"ro", unix.MS_RDONLY, unix.MOUNT_ATTR_RDONLY, unix.ST_RDONLY, func(s *harness.Subject, point string) error {
		return s.WriteFile(point+"/file", "", 0)
	}, unix.EROFS}
	noSuid = flag{"nosuid", unix.MS_NOSUID, unix.MOUNT_ATTR_NOSUID, unix.ST_NOSUID, nil, nil}
	noDev  = flag{"nodev", unix.MS_NODEV, unix.MOUNT_ATTR_NODEV, unix.ST_NODEV, func(s *harness.Subject, point string) error {
		return s.WriteFile(point+"/null", "", 0)
	}, unix.EACCES}
	noExec = flag{"noexec", unix.MS_NOEXEC, unix.MOUNT_ATTR_NOEXEC, unix.ST_NOEXEC, func(s *harness.Subject, point string) error {
		_, err := s.Syscall("faccessat", unix.SYS_FACCESSAT, unix.AT_FDCWD, point+"/file", unix.X_OK)
		return err
	}, unix.EACCES}
	noSymFollow = flag{"nosymfollow", unix.MS_NOSYMFOLLOW, unix.MOUNT_ATTR_NOSYMFOLLOW, 0x2000, func(s *harness.Subject, point string) error {
		_, err := s.Stat(point + "/link")
		return err
	}, unix.ELOOP}
)

// attributes returns what statfs(2) tells of the mount at a point, the ST_* flags.
func attributes(s *harness.Subject, point string) (int64, error) {
	var of unix.Statfs_t
	_, err := s.Syscall("statfs", unix.SYS_STATFS, point, harness.Struct(&of))
	return of.Flags, err
}

// or returns what picks this flag and another one from those that statfs(2) tells.
func (f flag) or(other flag) func(int64) int64 {
	return func(is int64) int64 { return is & (f.statfs | other.statfs) }
}

// expect claims that the mount at a point has the flag, or has not.
func (f flag) expect(s *harness.Subject, point string, set bool) {
	is, err := attributes(s, point)
	Expect(err).NotTo(HaveOccurred())
	Expect(is&f.statfs != 0).To(Equal(set), "%s of %s for %s", f.name, point, s.Name())
	if f.try == nil {
		return
	}
	switch err := f.try(s, point); {
	case errors.Is(err, unix.ENOENT) && f.name == noDev.name: // who mounted that may make no device
	case set:
		Expect(err).To(MatchError(f.errno), "what %s forbids at %s, by %s", f.name, point, s.Name())
	default:
		Expect(err).NotTo(HaveOccurred(), "what %s forbids at %s, by %s", f.name, point, s.Name())
	}
}

// remount has s set the flags of the mount at a point, without changing those for
// access times.
func remount(s *harness.Subject, point string, flags int) error {
	return s.Mount("none", point, "", unix.MS_REMOUNT|unix.MS_BIND|flags, "")
}

// setattr has s change attributes of the mount at a point.
func setattr(s *harness.Subject, point string, flags int, set, clear uint64) error {
	return s.MountSetattr(unix.AT_FDCWD, point, flags, unix.MountAttr{Attr_set: set, Attr_clr: clear})
}

// flagged has s mount a file system with the flags on a new directory. In it are
// a file that may be executed, a link to it and, where s may make one, a device.
func flagged(s *harness.Subject, dir string, flags int) {
	mounts.Point(s, dir)
	Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
	Arrange(s.Chmod(dir+"/file", 0o755))
	Arrange(s.Symlink("file", dir+"/link"))
	if err := s.Mknod(dir+"/null", unix.S_IFCHR|0o666, unix.Mkdev(1, 3)); !errors.Is(err, unix.EPERM) {
		Arrange(err)
	}
	Arrange(remount(s, dir, flags))
}

// heir is a process with a mount that it has inherited from a more privileged
// namespace.
type heir struct {
	*harness.Subject
	point string
	tree  string // the mount on which that is, when both have come together
}

// estate is a mount with certain flags in a mount namespace, and those who have it
// from there.
type estate struct {
	above *harness.Subject
	dir   string
	point string
	heirs []heir
}

// bequeath has less privileged namespaces inherit a mount with the flags in every
// way.
func bequeath(flags int) (e estate) {
	above, dir := mounts.Stage(harness.Named("above"))
	e.above, e.dir, e.point = above, dir, dir+"/single"
	flagged(above, e.point, flags)
	mounts.Point(above, dir+"/tree")
	flagged(above, dir+"/tree/part", flags)
	mounts.Point(above, dir+"/stack")
	Arrange(above.Bind(e.point, dir+"/stack"))
	mounts.Point(above, dir+"/shared")
	propagation(above, dir+"/shared", unix.MS_SHARED)
	for _, name := range []string{"/bound", "/copy", "/shared/single", "/shared/tree"} {
		Arrange(above.Mkdir(dir + name))
	}
	below := lesser(above)
	Arrange(below.Bind(e.point, dir+"/bound"))
	Arrange(below.Mount(dir+"/tree", dir+"/copy", "", unix.MS_BIND|unix.MS_REC, ""))
	Arrange(above.Bind(e.point, dir+"/shared/single"))
	Arrange(above.Mount(dir+"/tree", dir+"/shared/tree", "", unix.MS_BIND|unix.MS_REC, ""))
	further := lesser(below)
	e.heirs = []heir{
		{below, e.point, ""}, {below, dir + "/stack", ""}, {below, dir + "/bound", ""}, {below, dir + "/shared/single", ""},
		{below, dir + "/tree/part", dir + "/tree"}, {below, dir + "/copy/part", dir + "/copy"},
		{below, dir + "/shared/tree/part", dir + "/shared/tree"},
		{further, e.point, ""}, {further, dir + "/bound", ""}, {further, dir + "/shared/tree/part", dir + "/shared/tree"},
	}
	return e
}
