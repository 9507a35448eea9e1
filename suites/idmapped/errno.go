package idmapped

import (
	"fmt"
	"math"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// stageDetached is stage with a file of 1 and 2, a copy of the mount that is not
// attached, and a user namespace with the common mapping.
func stageDetached() (s *harness.Subject, plain string, mount, userns int) {
	s, plain = stage()
	file(s, plain+"/file", 1, 2)
	userns, _ = mapping(s, uids, gids)
	return s, plain, detached(s, plain, 0), userns
}

// expectRefused claims that a mount cannot be changed so, and stays as it is:
// ids 1 and 2 are what they were.
func expectRefused(s *harness.Subject, mount int, request unix.MountAttr, errno error, uid, gid int, as ...any) {
	Expect(setattr(s, mount, request)).To(MatchError(errno), as...)
	expectOwner(s, at(mount, "file"), uid, gid, as...)
}

// expectMapped claims that a mount can be idmapped, and then is.
func expectMapped(s *harness.Subject, mount, userns int, as ...any) {
	Expect(setattr(s, mount, by(userns))).To(Succeed(), as...)
	expectOwner(s, at(mount, "file"), uid0+1, gid0+2, as...)
}

var _ = Specs("MOUNT_ATTR_IDMAP", labels(), func() {
	It("with a userns_fd that is not open gives EBADF", Proves("idmap-bad-userns-fd-ebadf"), func() {
		s, _, mount, userns := stageDetached()
		closed := Get(s.Fcntl(userns, unix.F_DUPFD_CLOEXEC, 50))
		Arrange(s.Close(closed))
		for _, fd := range []int{closed, 100000, math.MaxInt32 - 1, math.MaxInt32} {
			expectRefused(s, mount, by(fd), unix.EBADF, 1, 2, "userns_fd %d", fd)
		}
		expectMapped(s, mount, userns)
	})

	It("with a userns_fd above INT_MAX gives EINVAL", Proves("idmap-userns-fd-too-large-einval"), func() {
		s, _, mount, userns := stageDetached()
		for _, fd := range []uint64{math.MaxInt32 + 1, math.MaxUint32, 1 << 32, math.MaxInt64, math.MaxUint64} {
			for _, low := range []uint64{0, uint64(userns)} {
				request := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: fd | low}
				expectRefused(s, mount, request, unix.EINVAL, 1, 2, "userns_fd %#x", fd|low)
			}
		}
		expectMapped(s, mount, userns)
	})

	It("with a userns_fd that is no user namespace gives EINVAL", Proves("idmap-userns-fd-of-other-type-einval"), func() {
		s, plain, mount, userns := stageDetached()
		_, owner := mapping(s, uids, gids)
		others := map[string]int{
			"a file":          Get(s.Open(plain+"/file", unix.O_RDONLY|unix.O_CLOEXEC)),
			"a directory":     Get(s.Open(plain, unix.O_RDONLY|unix.O_CLOEXEC)),
			"uid_map":         Get(s.Open(fmt.Sprintf("/proc/%d/uid_map", owner.PID()), unix.O_RDONLY|unix.O_CLOEXEC)),
			"a procfs folder": Get(s.Open(fmt.Sprintf("/proc/%d/ns", owner.PID()), unix.O_RDONLY|unix.O_CLOEXEC)),
			"a socket":        Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)),
			"a pidfd":         Get(s.PidfdOpen(owner.PID())),
		}
		for _, kind := range kinds.Built() {
			if kind != nsutil.User {
				others[string(kind)+" namespace"] = Get(s.OpenNS(owner, kind))
			}
		}
		for name, fd := range others {
			expectRefused(s, mount, by(fd), unix.EINVAL, 1, 2, name)
		}
		expectMapped(s, mount, userns)
	})

	It("in attr_clr gives EINVAL", Proves("idmap-setattr-clearing-idmap-einval"), func() {
		s, plain, mount, userns := stageDetached()
		other, _ := mapping(s, "0 100500 10", "0 200500 10")
		clear := []unix.MountAttr{
			{Attr_clr: unix.MOUNT_ATTR_IDMAP}, {Attr_clr: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(userns)},
			{Attr_clr: unix.MOUNT_ATTR_IDMAP, Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(userns)},
			{Attr_clr: unix.MOUNT_ATTR_IDMAP, Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(other)},
			{Attr_clr: unix.MOUNT_ATTR_IDMAP | unix.MOUNT_ATTR_NODEV}, {Attr_clr: unix.MOUNT_ATTR_IDMAP, Attr_set: unix.MOUNT_ATTR_NODEV},
		}
		for _, request := range clear {
			expectRefused(s, mount, request, unix.EINVAL, 1, 2, "%+v, not idmapped", request)
		}
		expectMapped(s, mount, userns)
		for _, request := range clear {
			expectRefused(s, mount, request, unix.EINVAL, uid0+1, gid0+2, "%+v, idmapped", request)
		}
		mapped := plain + "-mapped"
		attach(s, mount, mapped)
		claim := keeping(s)
		for _, request := range clear {
			Expect(here(s, mapped, 0, request)).To(MatchError(unix.EINVAL), "%+v, attached", request)
			expectOwner(s, mapped+"/file", uid0+1, gid0+2, "%+v, attached", request)
		}
		claim()
	})

	It("with the initial user namespace gives EPERM", Proves("idmap-with-initial-userns-eperm"), func() {
		NeedInitial(nsutil.User)
		s, plain, mount, userns := stageDetached()
		uts := Get(s.Open("/proc/self/ns/uts", unix.O_RDONLY|unix.O_CLOEXEC))
		bound := plain + "-userns"
		Arrange(s.WriteFile(bound, "", unix.O_CREAT))
		Arrange(s.Bind("/proc/self/ns/user", bound))
		for name, fd := range map[string]int{
			"opened in procfs": Get(s.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC)),
			"by NS_GET_USERNS": Get(s.NSUserns(uts)),
			"by NS_GET_PARENT": Get(s.NSParent(userns)),
			"of a bind mount":  Get(s.Open(bound, unix.O_RDONLY|unix.O_CLOEXEC)),
		} {
			expectRefused(s, mount, by(fd), unix.EPERM, 1, 2, name)
			request := by(fd)
			request.Attr_set |= unix.MOUNT_ATTR_RDONLY
			expectRefused(s, mount, request, unix.EPERM, 1, 2, name)
			Expect(s.Chmod(at(mount, "file"), 0o600)).To(Succeed(), "it has not become read-only")
		}
		expectMapped(s, mount, userns)
		identity, _ := mapping(s, "0 0 4294967295", "0 0 4294967295")
		mount = detached(s, plain, 0)
		Expect(setattr(s, mount, by(identity))).To(Succeed(), "one with the same mapping")
	})

	It("on a mount that is idmapped already gives EPERM", Proves("idmap-twice-eperm"), func() {
		s, plain, mount, userns := stageDetached()
		other, _ := mapping(s, "0 100500 10", "0 200500 10")
		expectMapped(s, mount, userns)
		for _, fd := range []int{userns, other} {
			expectRefused(s, mount, by(fd), unix.EPERM, uid0+1, gid0+2)
		}
		Expect(setattr(s, mount, set(unix.MOUNT_ATTR_NODEV))).To(Succeed(), "another attribute")
		attach(s, mount, plain+"-mapped")
		copied := detached(s, plain+"-mapped", 0)
		for _, fd := range []int{userns, other} {
			expectRefused(s, copied, by(fd), unix.EPERM, uid0+1, gid0+2, "a copy")
		}
		Expect(setattr(s, detached(s, plain, 0), by(other))).To(Succeed(), "a copy of the mount that is not")
	})

	It("on a mount that is attached gives EINVAL", Proves("idmap-attached-mount-einval"), func() {
		s, plain, mount, userns := stageDetached()
		attached := plain + "-attached"
		Arrange(s.Mkdir(attached))
		Arrange(s.MoveMount(mount, attached))
		bound := plain + "-bound"
		Arrange(s.Mkdir(bound))
		Arrange(s.Bind(plain, bound))
		for name, path := range map[string]string{"mounted": plain, "moved there": attached, "bound": bound} {
			for _, flags := range []int{0, unix.AT_RECURSIVE} {
				Expect(here(s, path, flags, by(userns))).To(MatchError(unix.EINVAL), "%s, flags %#x", name, flags)
				expectOwner(s, path+"/file", 1, 2, name)
			}
			reference := Get(s.OpenTree(path, unix.OPEN_TREE_CLOEXEC))
			expectRefused(s, reference, by(userns), unix.EINVAL, 1, 2, "%s, by a descriptor", name)
		}
		expectRefused(s, mount, by(userns), unix.EINVAL, 1, 2, "by the descriptor it was moved with")
		expectMapped(s, detached(s, attached, 0), userns, "a copy that is not attached")
	})

	It("on a mount with files open for writing gives EBUSY", Proves("idmap-with-writers-ebusy"), func() {
		s, plain, mount, userns := stageDetached()
		fd := func(flags int) int { return Get(s.Open(at(mount, "file"), flags|unix.O_CLOEXEC)) }
		for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR} {
			writer := fd(flags)
			expectRefused(s, mount, by(userns), unix.EBUSY, 1, 2, "flags %#x", flags)
			Expect(s.Write(writer, []byte("text"))).To(Equal(4))
			Expect(s.Chown(at(mount, "file"), 1, 2)).To(Succeed(), "it can still be changed")
			Arrange(s.Close(writer))
		}
		fd(unix.O_RDONLY)
		elsewhere := Get(s.Open(plain+"/file", unix.O_RDWR|unix.O_CLOEXEC))
		expectMapped(s, mount, userns, "with files open for reading, or through another mount")
		Expect(s.Write(elsewhere, []byte("text"))).To(Equal(4))
	})

	It("on a file system without support for it gives EINVAL", Proves("idmap-unsupported-file-system-einval"), func() {
		s, plain, mount, userns := stageDetached()
		dir := plain + "-unsupported"
		Arrange(s.Mkdir(dir))
		tried := 0
		for _, fstype := range []string{"ramfs", "proc", "sysfs", "devpts", "mqueue", "cgroup2"} {
			if fstype != "ramfs" && Nested() || s.Mount("none", dir, fstype, 0, "") != nil {
				continue
			}
			tried++
			mount := detached(s, dir, 0)
			Expect(setattr(s, mount, by(userns))).To(MatchError(unix.EINVAL), fstype)
			Expect(setattr(s, mount, set(unix.MOUNT_ATTR_NODEV))).To(Succeed(), "another attribute, %s", fstype)
			st := Get(s.Stat(at(mount, ".")))
			Expect(owner{int(st.Uid), int(st.Gid)}).To(Equal(owner{0, 0}), fstype)
			Arrange(s.Umount(dir, 0))
		}
		Expect(tried).To(BeNumerically(">", 0))
		expectMapped(s, mount, userns)
	})
})
