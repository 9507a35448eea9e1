package disk

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// The labels of specs that mount file systems on block devices: they need modules.
const (
	Label = "disk"      // for loop devices
	All   = "all-disks" // for other file systems than ext4
)

// options are the kernel's options of the file systems.
var options = map[string]string{
	"ext4": "CONFIG_EXT4_FS", "xfs": "CONFIG_XFS_FS", "btrfs": "CONFIG_BTRFS_FS", "vfat": "CONFIG_VFAT_FS",
	"ntfs3": "CONFIG_NTFS3_FS", "erofs": "CONFIG_EROFS_FS", "squashfs": "CONFIG_SQUASHFS",
}

// Mount has s mount a fresh file system of the type, on a block device, on an
// existing directory. It skips the spec where there can be none.
func Mount(s *harness.Subject, target, fstype string, flags int, data string) {
	Need(fstype)
	device, close := Attach(s, fstype)
	spec.Arrange(s.Mount(device, target, fstype, flags, data))
	close()
}

// Need skips the spec where file systems of the type cannot be mounted.
func Need(fstype string) {
	spec.NeedInitial(nsutil.User)
	spec.NeedCapability("CAP_SYS_ADMIN")
	spec.NeedKconfig(options[fstype])
	if known := spec.Get(os.ReadFile("/proc/filesystems")); !strings.Contains(string(known), "\t"+fstype+"\n") {
		spec.NeedModule(fstype, options[fstype])
	}
}

// Attach has s make a loop device of a fresh image of the file system. It goes
// away when nobody uses it: close ends the use by s itself. It skips the spec
// where there are no loop devices.
func Attach(s *harness.Subject, fstype string) (device string, close func()) {
	f := spec.Get(image(fstype))
	defer f.Close()
	backing := spec.Get(s.Open(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()), unix.O_RDWR|unix.O_CLOEXEC))
	defer s.Close(backing)
	control := open(s, "/dev/loop-control")
	defer s.Close(control)
	for {
		device = fmt.Sprintf("/dev/loop%d", spec.Get(s.Ioctl(control, unix.LOOP_CTL_GET_FREE, 0)))
		fd := open(s, device)
		config := unix.LoopConfig{Fd: uint32(backing), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
		_, err := s.Ioctl(fd, unix.LOOP_CONFIGURE, harness.Struct(&config))
		if err == nil {
			return device, func() { s.Close(fd) }
		}
		s.Close(fd)
		if !errors.Is(err, unix.EBUSY) { // another process was faster
			spec.Arrange(fmt.Errorf("configure %s: %w", device, err))
		}
	}
}

// open has s open a device file, and skips the spec where it may not.
func open(s *harness.Subject, path string) int {
	spec.NeedModule("loop", "CONFIG_BLK_DEV_LOOP")
	fd, err := s.Open(path, unix.O_RDWR|unix.O_CLOEXEC)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		spec.SkipFor(reports.SkipResource, "%s cannot be opened here: %v", path, err)
	case err != nil:
		spec.Arrange(err)
	}
	return fd
}
