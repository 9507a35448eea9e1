package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"golang.org/x/sys/unix"
)

// mountNS returns s's descriptor of member's mount namespace, which is not 0, and
// the id of that.
func mountNS(s, member *harness.Subject) (fd int, id uint64) {
	first := Get(s.OpenNS(member, nsutil.Mnt))
	fd = Get(s.Fcntl(first, unix.F_DUPFD_CLOEXEC, 10))
	Arrange(s.Close(first))
	return fd, Get(s.MntNSID(fd))
}

// crown mounts a tmpfs with a directory "sub", on which another one is mounted, on
// the root of the mount namespace of s, so that others find it first there, and
// returns their unique ids.
func crown(s *harness.Subject) (root, sub uint64) {
	fd := fresh(s, "file")
	inside := enter(s, fd)
	Arrange(inside.Mkdir("sub"))
	table := Get(mounts.Table(s))
	for _, top := range table {
		for _, m := range table {
			if top.ID == top.Parent && m != top && m.Parent == top.ID {
				Arrange(s.Umount(m.Mountpoint, unix.MNT_DETACH))
			}
		}
	}
	Arrange(attach(s, fd, "/", 0))
	Arrange(inside.Mount("none", "sub", "tmpfs", 0, ""))
	return Get(inside.UniqueMountID(".")), Get(inside.UniqueMountID("sub"))
}

// hidden is how statmount refuses who may not look into a mount namespace by its id.
func hidden() types.GomegaMatcher {
	if Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 7}) {
		return MatchError(unix.EPERM)
	}
	return Or(MatchError(unix.EPERM), MatchError(unix.ENOENT)) // which stable releases have mended, too
}

// elsewhere are how statmount and listmount are told a mount namespace.
var elsewhere = map[string]struct {
	promise string
	request func(fd int, id uint64) harness.MountRequest
}{
	"by its id":         {"mount-statmount-other-namespace-by-id", func(_ int, id uint64) harness.MountRequest { return harness.MountRequest{NS: id} }},
	"by its descriptor": {"mount-statmount-other-namespace-by-fd", func(fd int, _ uint64) harness.MountRequest { return harness.MountRequest{FD: uint32(fd)} }},
}

var _ = Specs("statmount", Label("mount"), func() {
	It("tells the id of the mount namespace that NS_GET_MNTNS_ID tells", Proves("mount-statmount-namespace-id"), func() {
		s, dir := mounts.Stage()
		others := []*harness.Subject{s, mounts.Beside(s), mounts.Beside(mounts.Beside(s))}
		if len(kinds.Lacking()) == 0 {
			others = append(others, colony(s))
		}
		seen := map[uint64]bool{}
		for _, member := range others {
			_, id := mountNS(s, member)
			for _, caller := range []*harness.Subject{member, powerless(member), Get(member.Fork())} {
				told, err := ask(caller, Get(member.UniqueMountID(dir)))
				Expect(err).NotTo(HaveOccurred())
				Expect(told.Mask & harness.STATMOUNT_MNT_NS_ID).NotTo(BeZero())
				Expect(told.NS).To(Equal(id))
			}
			Expect(seen[id]).To(BeFalse(), "no two have the same")
			seen[id] = true
		}
	})

	for name, row := range elsewhere {
		It("looks into another mount namespace "+name, Proves(row.promise), func() {
			s, dir := mounts.Stage()
			mounts.Point(s, dir+"/ours")
			other := mounts.Beside(s)
			fd, id := mountNS(s, other)
			root, sub := crown(other)
			look := func(mount uint64) (harness.MountStatus, error) {
				request := row.request(fd, id)
				request.Mount, request.Param = mount, everything
				return s.Statmount(request, 0)
			}
			_, err := ask(s, root)
			Expect(err).To(MatchError(unix.ENOENT), "among the caller's own")
			for point, mount := range map[string]uint64{"/": root, "/sub": sub} {
				told, err := look(mount)
				Expect(err).NotTo(HaveOccurred(), point)
				Expect([]any{told.ID, told.NS, told.Point, told.Type, told.Root}).To(Equal([]any{mount, id, point, "tmpfs", "/"}), point)
				known := Get(ask(other, mount))
				told.Point, known.Point, told.Size, known.Size = "", "", 0, 0
				told.Mask, known.Mask = told.Mask&^harness.STATMOUNT_MNT_POINT, known.Mask&^harness.STATMOUNT_MNT_POINT
				Expect(told).To(Equal(known), "%s, as a member is told", point)
			}
			_, err = look(Get(s.UniqueMountID(dir + "/ours")))
			Expect(err).To(MatchError(unix.ENOENT), "a mount of the caller's own namespace")
			Arrange(s.Join(other, nsutil.Mnt))
			Expect(look(sub)).To(HaveField("ID", sub), "when it is the caller's own")
		})

		It("looks "+name+" into a mount namespace that a user namespace below owns", Proves(row.promise), func() {
			s, dir := mounts.Stage()
			below := colony(s)
			mounts.Point(below, dir+"/theirs")
			fd, id := mountNS(s, below)
			request := row.request(fd, id)
			request.Mount, request.Param = Get(below.UniqueMountID(dir+"/theirs")), everything
			Expect(s.Statmount(request, 0)).To(And(HaveField("ID", request.Mount), HaveField("NS", id)))
		})
	}

	It("looks by id into another mount namespace with CAP_SYS_ADMIN over it only", Proves("mount-statmount-other-namespace-by-id"), func() {
		s, dir := mounts.Stage()
		other, below, neighbour := mounts.Beside(s), colony(s), colony(s)
		for _, member := range []*harness.Subject{other, below} {
			_, id := mountNS(s, member)
			request := harness.MountRequest{Mount: Get(member.UniqueMountID(dir)), Param: everything, NS: id}
			refused := []*harness.Subject{stranger(s), neighbour, settler(s)}
			if member == other { // who has made below owns its user namespace
				refused = append(refused, without(s), powerless(s), below)
			}
			for _, caller := range refused {
				_, err := caller.Statmount(request, 0)
				Expect(err).To(hidden(), "%s into that of %s", caller.Name(), member.Name())
			}
			for _, caller := range []*harness.Subject{s, only(s), member, powerless(member)} {
				Expect(caller.Statmount(request, 0)).To(HaveField("ID", request.Mount), "%s into that of %s", caller.Name(), member.Name())
			}
		}
	})

	It("says ENOENT for the id of no mount namespace", Proves("mount-statmount-other-namespace-by-id"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		_, id := mountNS(s, other)
		request := harness.MountRequest{Mount: Get(s.UniqueMountID(dir)), Param: everything}
		for _, request.NS = range []uint64{id + 1<<40, 1<<64 - 1} {
			_, err := s.Statmount(request, 0)
			Expect(err).To(MatchError(unix.ENOENT))
		}
	})

	It("refuses a descriptor of anything but a mount namespace", Proves("mount-statmount-other-namespace-by-fd"), func() {
		s, dir := mounts.Stage()
		high := func(fd int, err error) uint32 {
			return uint32(Get(s.Fcntl(Get(fd, err), unix.F_DUPFD_CLOEXEC, 10)))
		}
		request := harness.MountRequest{Mount: Get(s.UniqueMountID(dir)), Param: everything}
		for what, row := range map[string]struct {
			fd    uint32
			errno error
		}{
			"none":                    {999, unix.EBADF},
			"a directory":             {high(s.Open(dir, unix.O_RDONLY)), unix.EINVAL},
			"a mount":                 {high(s.OpenTree(dir, unix.OPEN_TREE_CLOEXEC)), unix.EBADF},
			"another kind, UTS":       {high(s.OpenNS(s, nsutil.UTS)), unix.EINVAL},
			"another kind, network":   {high(s.OpenNS(s, nsutil.Net)), unix.EINVAL},
			"a process with that one": {high(s.PidfdOpen(s.PID())), unix.EINVAL},
		} {
			request.FD = row.fd
			_, err := s.Statmount(request, 0)
			Expect(err).To(MatchError(row.errno), what)
		}
		request.FD = high(s.OpenNS(s, nsutil.Mnt))
		Expect(s.Statmount(request, 0)).To(HaveField("ID", request.Mount), "its own mount namespace")
	})

	It("refuses an id and a descriptor of a mount namespace together", Proves("mount-statmount-id-and-fd-einval"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		fd, id := mountNS(s, other)
		own, ownID := mountNS(s, s)
		mount := Get(s.UniqueMountID(dir))
		for _, request := range []harness.MountRequest{{FD: uint32(fd), NS: id}, {FD: uint32(own), NS: ownID}, {FD: uint32(fd), NS: ownID}, {FD: uint32(own), NS: id}, {FD: 999, NS: ownID}} {
			request.Mount, request.Param = mount, everything
			_, err := s.Statmount(request, 0)
			Expect(err).To(MatchError(unix.EINVAL))
			_, err = s.Listmount(harness.MountRequest{FD: request.FD, NS: request.NS, Mount: harness.LSMT_ROOT}, 8, 0)
			Expect(err).To(MatchError(unix.EINVAL), "listmount")
		}
		Expect(s.Statmount(harness.MountRequest{Mount: mount, Param: everything, FD: uint32(own)}, 0)).To(HaveField("ID", mount), "by the one")
		Expect(s.Statmount(harness.MountRequest{Mount: mount, Param: everything, NS: ownID}, 0)).To(HaveField("ID", mount), "by the other")
	})
})
