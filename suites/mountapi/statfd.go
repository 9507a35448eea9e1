package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// askFd returns what statmount tells s of the mount that its descriptor is on.
func askFd(s *harness.Subject, fd int) (harness.MountStatus, error) {
	return s.Statmount(harness.MountRequest{FD: uint32(fd), Param: everything}, harness.STATMOUNT_BY_FD)
}

var _ = Specs("statmount with STATMOUNT_BY_FD", Label("mount"), func() {
	It("tells of the mount that a descriptor is on what it tells by its id", Proves("mount-statmount-by-fd"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		for _, point := range []string{dir + "/tree", dir + "/tree/sub"} {
			known := Get(ask(s, Get(s.UniqueMountID(point))))
			for _, open := range []func() (int, error){
				func() (int, error) { return s.Open(point, unix.O_RDONLY|unix.O_DIRECTORY) },
				func() (int, error) { return s.Open(point, unix.O_PATH) },
				func() (int, error) { return s.Open(point+"/file", unix.O_RDWR) },
				func() (int, error) { return s.OpenTree(point, unix.OPEN_TREE_CLOEXEC) },
			} {
				fd := Get(open())
				for _, caller := range []*harness.Subject{s, powerless(s), stranger(s)} {
					Expect(askFd(caller, fd)).To(Equal(known), "%s by %s", point, caller.Name())
				}
			}
		}
	})

	It("tells of mounts that are not under the caller's root, without the point", Proves("mount-statmount-by-fd"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		mounts.Point(s, dir+"/beside")
		fd := Get(s.Open(dir+"/beside", unix.O_PATH))
		known := Get(ask(s, Get(s.UniqueMountID(dir+"/beside"))))
		able, others := cage(s, dir+"/tree")
		for _, caller := range append(others, able) {
			told, err := askFd(caller, fd)
			Expect(err).NotTo(HaveOccurred(), caller.Name())
			Expect(told.Point).To(BeEmpty())
			Expect([]uint64{told.ID, told.Parent, told.NS}).To(Equal([]uint64{known.ID, known.Parent, known.NS}))
		}
	})

	It("tells of mounts of another mount namespace, and its id", Proves("mount-statmount-by-fd"), func() {
		s, dir := mounts.Stage()
		for point, other := range map[string]*harness.Subject{dir + "/beside": mounts.Beside(s), dir + "/below": colony(s)} {
			mounts.Point(other, point)
			_, id := mountNS(s, other)
			a, b, err := s.Socketpair(unix.SOCK_STREAM)
			Arrange(err)
			sender := Get(s.Fork())
			Arrange(sender.Join(other, nsutil.Mnt))
			Arrange(sender.SendFd(a, Get(sender.Open(point, unix.O_PATH))))
			told, err := askFd(s, Get(s.ReceiveFd(b)))
			Expect(err).NotTo(HaveOccurred())
			Expect([]uint64{told.ID, told.NS}).To(Equal([]uint64{Get(other.UniqueMountID(point)), id}))
		}
	})

	It("tells of a mount that has been unmounted all but its point and its mount namespace", Proves("mount-statmount-by-fd"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		fd := Get(s.Open(dir+"/tree", unix.O_PATH))
		before := Get(askFd(s, fd))
		Expect([]any{before.Point, before.NS}).NotTo(ContainElement(BeZero()), "while it is mounted")
		Arrange(s.Umount(dir+"/tree", unix.MNT_DETACH))
		after, err := askFd(s, fd)
		Expect(err).NotTo(HaveOccurred())
		const gone = harness.STATMOUNT_MNT_POINT | harness.STATMOUNT_MNT_NS_ID
		Expect(after.Mask).To(Equal(before.Mask &^ gone))
		Expect([]any{after.Point, after.NS}).To(HaveEach(BeZero()))
		Expect([]uint64{after.ID, after.Parent, after.Attributes}).To(Equal([]uint64{before.ID, before.ID, before.Attributes}), "it is its own parent")
		Expect([]string{after.Root, after.Type, after.Source, after.Options}).To(Equal([]string{before.Root, before.Type, before.Source, before.Options}))
		_, err = ask(s, before.ID)
		Expect(err).To(MatchError(unix.ENOENT), "by its id")
	})

	It("takes no ids besides, and no descriptor of nothing", Proves("mount-statmount-by-fd"), func() {
		s, dir := mounts.Stage()
		fd := uint32(Get(s.Open(dir, unix.O_PATH)))
		mount := Get(s.UniqueMountID(dir))
		_, ns := mountNS(s, s)
		for what, row := range map[string]struct {
			request harness.MountRequest
			errno   error
		}{
			"a mount's id":           {harness.MountRequest{FD: fd, Mount: mount}, unix.EINVAL},
			"a mount namespace's id": {harness.MountRequest{FD: fd, NS: ns}, unix.EINVAL},
			"both":                   {harness.MountRequest{FD: fd, Mount: mount, NS: ns}, unix.EINVAL},
			"no descriptor":          {harness.MountRequest{FD: 999}, unix.EBADF},
		} {
			row.request.Param = everything
			_, err := s.Statmount(row.request, harness.STATMOUNT_BY_FD)
			Expect(err).To(MatchError(row.errno), what)
		}
		Expect(askFd(s, int(fd))).To(HaveField("ID", mount))
	})
})
