package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// access is a setting of a mount for access times.
type access struct {
	name   string
	mount  int    // MS_*
	attr   uint64 // MOUNT_ATTR_*
	statfs int64  // ST_*
}

// accesses are all of them.
var accesses = []access{
	{"relatime", unix.MS_RELATIME, unix.MOUNT_ATTR_RELATIME, unix.ST_RELATIME},
	{"noatime", unix.MS_NOATIME, unix.MOUNT_ATTR_NOATIME, unix.ST_NOATIME},
	{"strictatime", unix.MS_STRICTATIME, unix.MOUNT_ATTR_STRICTATIME, 0},
	{"relatime with nodiratime", unix.MS_RELATIME | unix.MS_NODIRATIME,
		unix.MOUNT_ATTR_RELATIME | unix.MOUNT_ATTR_NODIRATIME, unix.ST_RELATIME | unix.ST_NODIRATIME},
	{"noatime with nodiratime", unix.MS_NOATIME | unix.MS_NODIRATIME,
		unix.MOUNT_ATTR_NOATIME | unix.MOUNT_ATTR_NODIRATIME, unix.ST_NOATIME | unix.ST_NODIRATIME},
	{"strictatime with nodiratime", unix.MS_STRICTATIME | unix.MS_NODIRATIME,
		unix.MOUNT_ATTR_STRICTATIME | unix.MOUNT_ATTR_NODIRATIME, unix.ST_NODIRATIME},
}

// expect claims that the mount at a point has the setting.
func (a access) expect(s *harness.Subject, point string) {
	const all = unix.ST_RELATIME | unix.ST_NOATIME | unix.ST_NODIRATIME
	is, err := attributes(s, point)
	Expect(err).NotTo(HaveOccurred())
	Expect(is&all).To(Equal(a.statfs), "%s at %s has %s", s.Name(), point, a.name)
}

// expectKept claims that set, which has s change the setting, leaves it as it is.
func (a access) expectKept(s *harness.Subject, point string, set func(to access) error) {
	for _, to := range accesses {
		if to != a {
			Expect(set(to)).To(MatchError(unix.EPERM), "%s at %s, to %s", s.Name(), point, to.name)
		}
	}
	a.expect(s, point)
	Expect(set(a)).To(Succeed(), "%s at %s, to what it is", s.Name(), point)
	a.expect(s, point)
}

// expectChanging claims that set, which has s change the setting, changes it.
func expectChanging(s *harness.Subject, point string, set func(to access) error) {
	for _, to := range accesses {
		Expect(set(to)).To(Succeed(), "%s at %s, to %s", s.Name(), point, to.name)
		to.expect(s, point)
	}
}

var _ = Specs("The inherited setting for access times", Label("mount"), func() {
	for _, is := range accesses {
		It("cannot be changed by a remount when it is "+is.name, Proves("mount-locked-atime-eperm"), func() {
			e := bequeath(is.mount)
			by := func(s *harness.Subject, point string) func(to access) error {
				return func(to access) error { return remount(s, point, to.mount) }
			}
			for _, h := range e.heirs {
				is.expectKept(h.Subject, h.point, by(h.Subject, h.point))
			}
			below, own := e.heirs[0].Subject, e.dir+"/own"
			Expect(remount(below, e.point, 0)).To(Succeed(), "without naming any")
			mounts.Point(below, own)
			expectChanging(below, own, by(below, own))
			expectChanging(e.above, e.point, by(e.above, e.point))
			is.expect(below, e.point)
		})

		It("cannot be changed by mount_setattr when it is "+is.name, Proves("mount-locked-atime-eperm"), func() {
			NeedKernel("5.12")
			e := bequeath(is.mount)
			by := func(s *harness.Subject, point string, flags int) func(to access) error {
				return func(to access) error {
					return setattr(s, point, flags, to.attr, unix.MOUNT_ATTR__ATIME|unix.MOUNT_ATTR_NODIRATIME)
				}
			}
			for _, h := range e.heirs {
				is.expectKept(h.Subject, h.point, by(h.Subject, h.point, 0))
			}
			below, own := e.heirs[0].Subject, e.dir+"/own"
			mounts.Point(below, own)
			expectChanging(below, own, by(below, own, 0))
			expectChanging(e.above, e.dir+"/tree", by(e.above, e.dir+"/tree", unix.AT_RECURSIVE))
			is.expect(below, e.dir+"/tree/part")
		})
	}
})
