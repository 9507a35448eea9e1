package idmapped

import (
	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// keeping notes the mounts that processes see. What it returns claims that these
// are still as they were.
func keeping(all ...*harness.Subject) (claim func()) {
	before := make([][]*mountinfo.Info, len(all))
	for i, s := range all {
		before[i] = Get(mounts.Table(s))
	}
	return func() {
		for i, s := range all {
			Expect(mounts.Table(s)).To(Equal(before[i]), "what %s sees after refused calls", s.Name())
		}
	}
}

// refusals claims that all requests to change the mount at dir are refused, and
// change nothing, and that a proper one is not.
func refusals(s *harness.Subject, dir string, errno error, requests []unix.MountAttr) {
	claim := keeping(s)
	for _, request := range requests {
		Expect(here(s, dir, 0, request)).To(MatchError(errno), "%#x", request)
	}
	claim()
	Expect(here(s, dir, 0, set(unix.MOUNT_ATTR_NODEV))).To(Succeed())
}

// bitsBut returns those of 64 bits that are not among some.
func bitsBut(known uint64) (unknown []uint64) {
	for i := range 64 {
		if bit := uint64(1) << i; known&bit == 0 {
			unknown = append(unknown, bit)
		}
	}
	return unknown
}

var _ = Specs("mount_setattr", Label("idmap"), func() {
	change := set(unix.MOUNT_ATTR_NODEV)

	It("with unsupported bits in attr_set, attr_clr or propagation gives EINVAL", Proves("idmap-setattr-unknown-bits-einval"), func() {
		s, dir := point()
		var requests []unix.MountAttr
		for _, bit := range bitsBut(fresh.Attr_clr | unix.MOUNT_ATTR_IDMAP) {
			requests = append(requests, unix.MountAttr{Attr_set: bit}, unix.MountAttr{Attr_clr: bit},
				unix.MountAttr{Attr_set: bit | unix.MOUNT_ATTR_NODEV}, unix.MountAttr{Attr_clr: bit, Attr_set: unix.MOUNT_ATTR_NODEV})
		}
		for _, bit := range bitsBut(unix.MS_SHARED | unix.MS_PRIVATE | unix.MS_SLAVE | unix.MS_UNBINDABLE) {
			requests = append(requests, unix.MountAttr{Propagation: bit}, unix.MountAttr{Propagation: bit | unix.MS_SHARED},
				unix.MountAttr{Propagation: bit, Attr_set: unix.MOUNT_ATTR_NODEV})
		}
		refusals(s, dir, unix.EINVAL, requests)
	})

	It("with unsupported flags gives EINVAL", Proves("idmap-setattr-unknown-bits-einval"), func() {
		s, dir := point()
		known := uint64(unix.AT_EMPTY_PATH | unix.AT_RECURSIVE | unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT)
		claim := keeping(s)
		for _, bit := range bitsBut(known)[:32-4] {
			Expect(here(s, dir, int(bit), change)).To(MatchError(unix.EINVAL), "%#x", bit)
			Expect(here(s, dir, int(bit|unix.AT_RECURSIVE), change)).To(MatchError(unix.EINVAL), "%#x", bit)
		}
		claim()
		Expect(here(s, dir, int(known), change)).To(Succeed(), "all known ones")
		Expect(optionsAt(s, dir)).To(Equal("rw,nodev,relatime"))
	})

	It("with more than one propagation type gives EINVAL", Proves("idmap-setattr-two-propagations-einval"), func() {
		s, dir := point()
		types := []uint64{unix.MS_SHARED, unix.MS_PRIVATE, unix.MS_SLAVE, unix.MS_UNBINDABLE}
		var requests []unix.MountAttr
		for some := range 1 << len(types) {
			var all uint64
			count := 0
			for i, kind := range types {
				if some>>i&1 != 0 {
					all |= kind
					count++
				}
			}
			if count > 1 {
				requests = append(requests, unix.MountAttr{Propagation: all}, unix.MountAttr{Propagation: all, Attr_set: unix.MOUNT_ATTR_NODEV})
			}
		}
		refusals(s, dir, unix.EINVAL, requests)
	})

	It("with an access time setting without MOUNT_ATTR__ATIME in attr_clr gives EINVAL", Proves("idmap-setattr-atime-without-clearing-einval"), func() {
		s, dir := point()
		var requests []unix.MountAttr
		for setting := uint64(0x10); setting <= unix.MOUNT_ATTR__ATIME; setting += 0x10 {
			requests = append(requests, unix.MountAttr{Attr_set: setting}, unix.MountAttr{Attr_set: setting | unix.MOUNT_ATTR_NODEV},
				unix.MountAttr{Attr_set: setting, Attr_clr: unix.MOUNT_ATTR_NODIRATIME | unix.MOUNT_ATTR_NOSUID})
		}
		refusals(s, dir, unix.EINVAL, requests)
		for _, setting := range []uint64{unix.MOUNT_ATTR_NOATIME, unix.MOUNT_ATTR_STRICTATIME, unix.MOUNT_ATTR_RELATIME} {
			Expect(here(s, dir, 0, unix.MountAttr{Attr_set: setting, Attr_clr: unix.MOUNT_ATTR__ATIME})).To(Succeed(), "%#x", setting)
		}
	})

	It("with a part of MOUNT_ATTR__ATIME in attr_clr gives EINVAL", Proves("idmap-setattr-partial-atime-mask-einval"), func() {
		s, dir := point()
		var requests []unix.MountAttr
		for part := uint64(0x10); part < unix.MOUNT_ATTR__ATIME; part += 0x10 {
			for _, setting := range []uint64{0, unix.MOUNT_ATTR_NOATIME, unix.MOUNT_ATTR_STRICTATIME, unix.MOUNT_ATTR_NODEV, part & unix.MOUNT_ATTR__ATIME} {
				for _, more := range []uint64{0, unix.MOUNT_ATTR_NODIRATIME} {
					requests = append(requests, unix.MountAttr{Attr_set: setting, Attr_clr: part | more})
				}
			}
		}
		refusals(s, dir, unix.EINVAL, requests)
		Expect(here(s, dir, 0, unix.MountAttr{Attr_clr: unix.MOUNT_ATTR__ATIME})).To(Succeed(), "all of it")
	})

	It("with a larger structure gives E2BIG when its tail is not zero", Proves("idmap-setattr-unknown-tail-nonzero-e2big"), func() {
		s, dir := point()
		page := Get(s.Map(2 * 65536))
		raw := func(attribute byte, size, nonzero int) error {
			data := make([]byte, size)
			data[0] = attribute
			if nonzero >= 0 {
				data[nonzero] = 1
			}
			Arrange(s.Poke(page, data))
			_, err := s.Syscall("mount_setattr", unix.SYS_MOUNT_SETATTR, unix.AT_FDCWD, dir, 0, page, size)
			return err
		}
		for _, size := range []int{33, 40, 64, 128, 4096} {
			claim := keeping(s)
			for _, nonzero := range []int{32, (32 + size) / 2, size - 1} {
				Expect(raw(unix.MOUNT_ATTR_NODEV, size, nonzero)).To(MatchError(unix.E2BIG), "%d bytes, the %dth is not zero", size, nonzero)
			}
			claim()
			Expect(raw(unix.MOUNT_ATTR_NODEV, size, -1)).To(Succeed(), "%d bytes, the tail is zero", size)
			Expect(optionsAt(s, dir)).To(Equal("rw,nodev,relatime"))
			Arrange(here(s, dir, 0, fresh))
		}
	})
})
