package mountapi

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const maps = harness.STATMOUNT_MNT_UIDMAP | harness.STATMOUNT_MNT_GIDMAP

// mapped has s mount a tmpfs with the ids of a user namespace that has these maps.
func mapped(s *harness.Subject, point, uids, gids string) {
	kinds.Need(nsutil.User)
	ids := settler(s)
	Arrange(ids.MapIDs(uids, gids))
	fd := Get(s.Fsmount(created(s), unix.FSMOUNT_CLOEXEC))
	Arrange(s.MountSetattr(fd, "", unix.AT_EMPTY_PATH, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(Get(s.OpenNS(ids, nsutil.User)))}))
	Arrange(s.Mkdir(point))
	Arrange(attach(s, fd, point, 0))
}

// expectMaps claims that s is told these maps of the mount with the id.
func expectMaps(s *harness.Subject, mount uint64, uids, gids []string) {
	told, err := s.Statmount(harness.MountRequest{Mount: mount, Param: everything | maps}, 0)
	Expect(err).NotTo(HaveOccurred())
	Expect(told.Mask&maps).To(BeEquivalentTo(maps), "it has maps, be none to be seen")
	Expect(told.UIDMap).To(Equal(uids), "uids")
	Expect(told.GIDMap).To(Equal(gids), "gids")
}

var _ = Specs("statmount", Label("mount"), func() {
	It("tells the id maps of a mount", Proves("mount-statmount-id-maps-in-callers-userns"), func() {
		s, dir := mounts.Stage()
		mapped(s, dir+"/one", "0 60001 1", "0 60003 1")
		mapped(s, dir+"/several", "0 60001 2\n7 60010 1\n9 60005 3", "5 60003 1\n0 60007 2")
		expectMaps(s, Get(s.UniqueMountID(dir+"/one")), []string{"0 60001 1"}, []string{"0 60003 1"})
		expectMaps(s, Get(s.UniqueMountID(dir+"/several")), []string{"0 60001 2", "7 60010 1", "9 60005 3"}, []string{"5 60003 1", "0 60007 2"})
		for _, flags := range []int{one, whole} {
			fd := Get(s.OpenTree(dir+"/one", flags))
			Arrange(s.Mkdir(dir + fmt.Sprint("/copy", fd)))
			Arrange(attach(s, fd, dir+fmt.Sprint("/copy", fd), 0))
			expectMaps(s, Get(s.UniqueMountID(dir+fmt.Sprint("/copy", fd))), []string{"0 60001 1"}, []string{"0 60003 1"})
		}

		mounts.Point(s, dir+"/plain")
		told, err := s.Statmount(harness.MountRequest{Mount: Get(s.UniqueMountID(dir + "/plain")), Param: everything | maps}, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(told.Mask&maps).To(BeZero(), "of a mount without")
		Expect(append(told.UIDMap, told.GIDMap...)).To(BeEmpty())
		for what, bit := range map[string]uint64{"uids": harness.STATMOUNT_MNT_UIDMAP, "gids": harness.STATMOUNT_MNT_GIDMAP} {
			told, err := s.Statmount(harness.MountRequest{Mount: Get(s.UniqueMountID(dir + "/several")), Param: bit}, 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(told.Mask).To(Equal(bit), "%s alone", what)
		}
	})

	It("tells the id maps as the caller's user namespace has the ids, and none that it has not", Proves("mount-statmount-id-maps-in-callers-userns"), func() {
		s, dir := mounts.Stage()
		mapped(s, dir+"/point", "0 60001 2\n7 60010 1", "0 60001 2\n7 60020 1")
		mount := Get(s.UniqueMountID(dir + "/point"))
		for what, row := range map[string]struct {
			uids, gids       string
			toldUID, toldGID []string
		}{
			"all":             {"100 60001 50", "200 60001 50", []string{"0 100 2", "7 109 1"}, []string{"0 200 2", "7 219 1"}},
			"the first alone": {"0 60001 2", "0 60001 2", []string{"0 0 2"}, []string{"0 0 2"}},
			"uids alone":      {"5 60010 1", "0 60050 1", []string{"7 5 1"}, nil},
			"gids alone":      {"0 60050 1", "5 60020 1", nil, []string{"7 5 1"}},
			"half of one":     {"0 60001 1", "0 60002 1", nil, nil},
			"none":            {"0 60050 1", "0 60050 1", nil, nil},
		} {
			By(what)
			reader := settler(s)
			Arrange(reader.MapIDs(row.uids, row.gids))
			expectMaps(reader, mount, row.toldUID, row.toldGID)
		}
		expectMaps(s, mount, []string{"0 60001 2", "7 60010 1"}, []string{"0 60001 2", "7 60020 1"})
		unmapped := settler(s)
		expectMaps(unmapped, mount, nil, nil)
	})
})
