package user

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// romfs returns the image of an empty romfs, a block long. See
// Documentation/filesystems/romfs.rst.
func romfs() []byte {
	image := make([]byte, 1024)
	copy(image, "-rom1fs-")
	copy(image[16:], "nsconform")
	be := binary.BigEndian
	const root, size = 32, 96
	be.PutUint32(image[8:], size)
	be.PutUint32(image[root:], 0x49) // the last one, a directory that can be searched
	be.PutUint32(image[root+4:], root)
	copy(image[root+16:], ".")
	for _, part := range []struct{ from, to, sum int }{{root, root + 32, root + 12}, {0, size, 12}} {
		var sum uint32
		for i := part.from; i < part.to; i += 4 {
			sum += be.Uint32(image[i:])
		}
		be.PutUint32(image[part.sum:], -sum)
	}
	return image
}

// loop returns a loop device with the image, which goes with the last who uses it.
func loop(s *harness.Subject, image []byte) string {
	control, err := s.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
		NeedModule("loop", "CONFIG_BLK_DEV_LOOP")
	}
	path := fmt.Sprintf("/dev/loop%d", Get(s.Ioctl(Get(control, err), unix.LOOP_CTL_GET_FREE, 0)))
	file := int(Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "image", 0)))
	Get(s.Write(file, image))
	device := Get(s.Open(path, unix.O_RDWR))
	config := unix.LoopConfig{Fd: uint32(file), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR | unix.LO_FLAGS_READ_ONLY}}
	Get(s.Ioctl(device, unix.LOOP_CONFIGURE, harness.Struct(&config)))
	return path
}

// blockTypes returns the types of file systems on block devices that the kernel has now.
func blockTypes() (all []string) {
	for line := range strings.Lines(string(Get(os.ReadFile("/proc/filesystems")))) {
		if !strings.HasPrefix(line, "nodev") {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

var _ = Specs("A file system on a block device", Label("user"), func() {
	It("is for CAP_SYS_ADMIN in the initial user namespace", Label("disk", "romfs"), Proves("user-mount-block-device-needs-initial-cap"), func() {
		NeedUnprivileged()
		NeedInitial(nsutil.User)
		if !strings.Contains(string(Get(os.ReadFile("/proc/filesystems"))), "\tromfs\n") {
			NeedModule("romfs", "CONFIG_ROMFS_FS")
		}
		st := newStage()
		device := loop(st.Subject, romfs())
		number := Get(st.Stat(device)).Rdev
		everybodys := st.fuse + "-loop"
		Arrange(st.Mknod(everybodys, unix.S_IFBLK, number))
		Arrange(st.Chmod(everybodys, 0o666))
		s, dir := st.mounter(unix.CLONE_NEWNS), T().TempDir()
		refused := func(s *harness.Subject, who string) {
			Expect(s.Open(everybodys, unix.O_RDWR)).Error().NotTo(HaveOccurred(), "%s gets at the device", who)
			before := Get(s.Stat(dir))
			for _, path := range []string{everybodys, device} {
				Expect(s.Mount(path, dir, "romfs", unix.MS_RDONLY, "")).To(MatchError(unix.EPERM), who)
			}
			Expect(create(s, "romfs", everybodys)).To(MatchError(unix.EPERM), who)
			Expect(Get(s.Stat(dir)).Dev).To(Equal(before.Dev), who)
		}
		refused(s, "root of the owner of the mount namespace")
		refused(as(s, 5, 5, 5, allBut(-1)...), "somebody with all capabilities there")
		refused(as(st.Subject, bob, bob, bob, allBut(unix.CAP_SYS_ADMIN)...), "who has all capabilities but CAP_SYS_ADMIN in the initial one")
		for _, d := range doors {
			inside := settle(d.entered(st.Subject), st.Subject, "0 0 1")
			Arrange(inside.Unshare(unix.CLONE_NEWNS))
			refused(inside, "root, by "+string(d))
		}

		Expect(st.Mount(device, dir, "romfs", unix.MS_RDONLY, "")).To(Succeed(), "by root of the initial one")
		Expect(Get(st.Stat(dir)).Dev).To(Equal(number))
		Expect(s.Stat(dir)).To(HaveField("Dev", Not(Equal(number))))
		late := st.mounter(unix.CLONE_NEWNS)
		Expect(Get(late.Stat(dir)).Dev).To(Equal(number), "one who comes later sees it")
		Expect(late.Mount("none", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")).To(MatchError(unix.EPERM), "but cannot configure it")
		Expect(st.Umount(dir, 0)).To(Succeed())
		only := as(st.Subject, bob, bob, bob, unix.CAP_SYS_ADMIN)
		Expect(only.Mount(everybodys, dir, "romfs", unix.MS_RDONLY, "")).To(Succeed(), "with nothing but CAP_SYS_ADMIN in the initial one")
	})

	It("of no type that the kernel has can be mounted by root of a user namespace", Proves("user-mount-block-device-needs-initial-cap"), func() {
		NeedUnprivileged()
		s, dir := newStage().mounter(unix.CLONE_NEWNS), T().TempDir()
		for _, fstype := range blockTypes() {
			for _, source := range []string{"/dev/nonexistent", "/dev/null", dir} {
				Expect(s.Mount(source, dir, fstype, unix.MS_RDONLY, "")).To(MatchError(unix.EPERM), fstype)
				Expect(create(s, fstype, source)).To(MatchError(unix.EPERM), fstype)
			}
		}
	})
})

// create makes a file system from a source by fsopen(2).
func create(s *harness.Subject, fstype, source string) error {
	fd, err := s.Fsopen(fstype)
	if err != nil {
		return err
	}
	defer s.Close(fd)
	Arrange(s.FsconfigString(fd, "source", source))
	return s.FsconfigCreate(fd)
}
