package mountapi

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// room is for more mounts than a machine is likely to have.
const room = 4000

// under returns what listmount lists to s of the mounts under one.
func under(s *harness.Subject, mount uint64) ([]uint64, error) {
	return s.Listmount(harness.MountRequest{Mount: mount}, room, 0)
}

// ladder has s mount several below the directory, and returns their unique ids by
// their names.
func ladder(s *harness.Subject, dir string) map[string]uint64 {
	ids := map[string]uint64{"": Get(s.UniqueMountID(dir))}
	for _, name := range []string{"/a", "/a/a", "/b", "/a/b", "/a/a/a", "/b/a", "/a/a/a/a"} {
		mounts.Point(s, dir+name)
		ids[name] = Get(s.UniqueMountID(dir + name))
	}
	return ids
}

// expectUnder claims which mounts of the ladder listmount lists under one of them,
// in the order of their ids.
func expectUnder(s *harness.Subject, ids map[string]uint64, name string, below ...string) {
	expected := []uint64{}
	for _, name := range below {
		expected = append(expected, ids[name])
	}
	slices.Sort(expected)
	Expect(under(s, ids[name])).To(Equal(expected), "under %q", name)
}

var _ = Specs("listmount", Label("mount"), func() {
	It("lists the mounts under a mount, at any depth, in the order of their ids", Proves("mount-listmount-lists-children"), func() {
		s, dir := mounts.Stage()
		ids := ladder(s, dir)
		expectUnder(s, ids, "", "/a", "/a/a", "/b", "/a/b", "/a/a/a", "/b/a", "/a/a/a/a")
		expectUnder(s, ids, "/a", "/a/a", "/a/b", "/a/a/a", "/a/a/a/a")
		expectUnder(s, ids, "/a/a", "/a/a/a", "/a/a/a/a")
		expectUnder(s, ids, "/b", "/b/a")
		expectUnder(s, ids, "/a/a/a/a")

		By("mounting, moving and unmounting")
		mounts.Tmpfs(s, dir+"/b/a")
		ids["/b/a on top"] = Get(s.UniqueMountID(dir + "/b/a"))
		expectUnder(s, ids, "/b", "/b/a", "/b/a on top")
		expectUnder(s, ids, "/b/a", "/b/a on top")
		Arrange(s.Mkdir(dir + "/b/b"))
		Arrange(shift(s, dir+"/a/a/a", dir+"/b/b", 0))
		expectUnder(s, ids, "/a", "/a/a", "/a/b")
		expectUnder(s, ids, "/b", "/b/a", "/b/a on top", "/a/a/a", "/a/a/a/a")
		Arrange(s.Umount(dir+"/b/b", unix.MNT_DETACH))
		expectUnder(s, ids, "/b", "/b/a", "/b/a on top")
		other := mounts.Beside(s)
		mounts.Point(other, dir+"/b/c")
		expectUnder(s, ids, "/b", "/b/a", "/b/a on top")
	})

	It("with LSMT_ROOT lists all mounts that mountinfo shows, be it that of the root itself", Proves("mount-listmount-lists-children"), func() {
		s, dir := mounts.Stage()
		ladder(s, dir)
		Arrange(s.Mkdir(dir + "/plain"))
		ladder(s, dir+"/plain")
		able, others := cage(s, dir+"/a")
		inside, further := cage(s, dir+"/plain")
		for _, caller := range append(append(others, able, s, powerless(s), inside), further...) {
			shown, told := []int{}, []int{}
			for _, m := range Get(mounts.Table(caller)) {
				shown = append(shown, m.ID)
			}
			all, err := under(caller, harness.LSMT_ROOT)
			Expect(err).NotTo(HaveOccurred(), caller.Name())
			Expect(slices.IsSorted(all)).To(BeTrue())
			for _, id := range all {
				told = append(told, int(Get(ask(caller, id)).OldID))
			}
			Expect(told).To(ConsistOf(shown), caller.Name())
		}
	})

	It("lists to anybody mounts under his root, and others only to who has CAP_SYS_ADMIN", Proves("mount-listmount-unprivileged-on-reachable"), func() {
		s, dir := mounts.Stage()
		ids := ladder(s, dir)
		able, others := cage(s, dir+"/a")
		for _, caller := range append(others, able, powerless(s), settler(s)) {
			expectUnder(caller, ids, "/a", "/a/a", "/a/b", "/a/a/a", "/a/a/a/a")
			expectUnder(caller, ids, "/a/a", "/a/a/a", "/a/a/a/a")
		}
		for _, name := range []string{"", "/b", "/b/a"} {
			for _, caller := range others {
				_, err := under(caller, ids[name])
				Expect(err).To(MatchError(unix.EPERM), "under %q by %s", name, caller.Name())
			}
		}
		for _, caller := range []*harness.Subject{able, only(able), s, powerless(s), settler(s)} {
			expectUnder(caller, ids, "", "/a", "/a/a", "/b", "/a/b", "/a/a/a", "/b/a", "/a/a/a/a")
			expectUnder(caller, ids, "/b", "/b/a")
		}
	})

	for name, row := range map[string]struct {
		promise string
		flags   int
	}{"on": {"mount-listmount-resumes-after-id", 0}, "back": {"mount-listmount-reverse", harness.LISTMOUNT_REVERSE}} {
		It("goes "+name+" after the id that it is given", Proves(row.promise), func() {
			s, dir := mounts.Stage()
			ids := ladder(s, dir)
			list := func(after uint64, room int) []uint64 {
				all, err := s.Listmount(harness.MountRequest{Mount: ids[""], Param: after}, room, row.flags)
				Expect(err).NotTo(HaveOccurred())
				return all
			}
			all := Get(under(s, ids[""]))
			if row.flags != 0 {
				slices.Reverse(all)
			}
			Expect(list(0, room)).To(Equal(all))
			for size := 1; size <= len(all)+1; size++ {
				pages := []uint64{}
				for after, page := uint64(0), list(0, size); len(page) > 0 && len(pages) <= len(all); page = list(after, size) {
					Expect(len(page)).To(BeNumerically("<=", size))
					pages = append(pages, page...)
					after = page[len(page)-1]
				}
				Expect(pages).To(Equal(all), "%d at a time", size)
			}
			for i, id := range all {
				Expect(list(id, room)).To(Equal(all[i+1:]), "after the mount with number %d", i)
			}

			i := slices.Index(all, ids["/a/b"])
			Arrange(s.Umount(dir+"/a/b", 0))
			Expect(list(ids["/a/b"], room)).To(Equal(all[i+1:]), "after a mount that has been unmounted since")
			inner, err := s.Listmount(harness.MountRequest{Mount: ids["/a/a"], Param: ids["/b"]}, room, row.flags)
			Expect(err).NotTo(HaveOccurred())
			Expect(inner).To(ConsistOf(map[int][]uint64{0: {ids["/a/a/a"], ids["/a/a/a/a"]}, harness.LISTMOUNT_REVERSE: {}}[row.flags]), "after a mount that is elsewhere")
		})
	}

	It("says ENOENT for a mount that is not in the mount namespace", Proves("mount-listmount-unknown-id-enoent"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		ids := ladder(s, dir)
		mounts.Point(other, dir+"/theirs")
		theirs := Get(other.UniqueMountID(dir + "/theirs"))
		Arrange(s.Umount(dir+"/b/a", 0))
		for what, id := range map[string]uint64{"that is unmounted": ids["/b/a"], "of another namespace": theirs, "that will never be": 1<<64 - 2} {
			for _, caller := range []*harness.Subject{s, powerless(s)} {
				_, err := under(caller, id)
				Expect(err).To(MatchError(unix.ENOENT), "a mount %s", what)
			}
		}
		Expect(under(other, theirs)).To(BeEmpty())
	})

	for name, row := range elsewhere {
		It("lists the mounts of another mount namespace "+name, Proves("mount-listmount-other-namespace"), func() {
			if row.promise == "mount-statmount-other-namespace-by-fd" {
				NeedKernel("6.18")
			}
			s, _ := mounts.Stage()
			other := mounts.Beside(s)
			fd, id := mountNS(s, other)
			root, sub := crown(other)
			list := func(mount uint64) ([]uint64, error) {
				request := row.request(fd, id)
				request.Mount = mount
				return s.Listmount(request, room, 0)
			}
			Expect(list(root)).To(Equal([]uint64{sub}))
			Expect(list(sub)).To(BeEmpty())
			Expect(list(harness.LSMT_ROOT)).To(ContainElements(root, sub))
			Expect(under(s, harness.LSMT_ROOT)).NotTo(ContainElements(root, sub))
			_, err := list(Get(s.UniqueMountID("/")))
			Expect(err).To(MatchError(unix.ENOENT), "a mount of the caller's own")
		})
	}

	It("lists the mounts of another mount namespace by its id with CAP_SYS_ADMIN over it only", Proves("mount-listmount-other-namespace"), func() {
		s, dir := mounts.Stage()
		other, below, neighbour := mounts.Beside(s), colony(s), colony(s)
		for base, member := range map[string]*harness.Subject{dir + "/beside": other, dir + "/below": below} {
			_, id := mountNS(s, member)
			mounts.Point(member, base)
			ids := ladder(member, base)
			request := harness.MountRequest{Mount: ids["/b"], NS: id}
			refused := []*harness.Subject{stranger(s), neighbour, settler(s)}
			if member == other { // who has made below owns its user namespace
				refused = append(refused, without(s), powerless(s), below)
			}
			for _, caller := range refused {
				for _, request.Mount = range []uint64{ids["/b"], harness.LSMT_ROOT} {
					_, err := caller.Listmount(request, room, 0)
					Expect(err).To(MatchError(unix.ENOENT), "%s that of %s", caller.Name(), member.Name())
				}
			}
			request.Mount = ids["/b"]
			for _, caller := range []*harness.Subject{s, only(s), member, powerless(member)} {
				Expect(caller.Listmount(request, room, 0)).To(Equal([]uint64{ids["/b/a"]}), "%s that of %s", caller.Name(), member.Name())
			}
		}
		_, err := s.Listmount(harness.MountRequest{Mount: harness.LSMT_ROOT, NS: 1<<64 - 1}, room, 0)
		Expect(err).To(MatchError(unix.ENOENT), "of no namespace")
	})
})
