package idmaps

import (
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// few, five and six are extents on either side of where the kernel begins to
// keep them in another way: some touch, and their order differs between the sides.
var (
	few = nsutil.IDMap{{Inside: 0, Outside: 1000, Length: 1}, {Inside: 1, Outside: 500, Length: 3}, {Inside: 70000, Outside: 503, Length: 100}}

	five = nsutil.IDMap{
		{Inside: 10, Outside: 3000, Length: 5}, {Inside: 0, Outside: 2000, Length: 10}, {Inside: 100, Outside: 100, Length: 1},
		{Inside: 15, Outside: 1, Length: 2}, {Inside: 4294967290, Outside: 50, Length: 5},
	}

	six = append(slices.Clone(five), nsutil.Extent{Inside: 3000000000, Outside: 4990, Length: 10})

	dozen = nsutil.IDMap{
		{Inside: 1100, Outside: 10, Length: 10}, {Inside: 1000, Outside: 50, Length: 10}, {Inside: 900, Outside: 70, Length: 3}, {Inside: 800, Outside: 80, Length: 1},
		{Inside: 0, Outside: 90, Length: 800}, {Inside: 803, Outside: 1000, Length: 2}, {Inside: 806, Outside: 2000, Length: 7}, {Inside: 2000, Outside: 2007, Length: 7},
		{Inside: 3000, Outside: 0, Length: 1}, {Inside: 5000, Outside: 4000, Length: 999}, {Inside: 2147483640, Outside: 3000, Length: 20}, {Inside: 4000000000, Outside: 5, Length: 4},
	}
)

// moved returns the extents with the ids outside counted from another number on.
func moved(m nsutil.IDMap, by uint32) nsutil.IDMap {
	m = slices.Clone(m)
	for i := range m {
		m[i].Outside += by
	}
	return m
}

// tables are uids with gids of another map, as many.
var tables = []struct{ uids, gids nsutil.IDMap }{
	{few, moved(few, 7)}, {five, moved(five, 3)[:5]}, {six, moved(six, 0)}, {dozen, reversed(dozen)},
}

// reversed returns the extents with the order of the ids outside turned round.
func reversed(m nsutil.IDMap) nsutil.IDMap {
	m = slices.Clone(m)
	for i := range m {
		m[i].Outside = room - m[i].Outside - m[i].Length
	}
	return m
}

var _ = Specs("The ids of a user namespace", Label("user", "idmaps"), func() {
	It("are those that its maps say, in calls and files, to the last one", Label(kinds.Overflow), Proves("user-ids-translated-for-caller", "user-files-owned-by-mapped-ids"), func() {
		w := newWorld()
		for _, row := range tables {
			target := fresh(w.root)
			Expect(write(w.root, target, "uid_map", text(row.uids))).To(Succeed())
			Expect(write(w.root, target, "gid_map", text(row.gids))).To(Succeed())
			w.expectTranslated(target, moved(row.uids, outer), moved(row.gids, outer))
		}
	})

	It("are those that the maps of all above say, with many extents, too", Label(kinds.Overflow), Proves("user-ids-translated-for-caller", "user-files-owned-by-mapped-ids"), func() {
		w := newWorld()
		middle := fresh(as(w.root, 0, room-1)) // ids that it maps
		Expect(write(w.root, middle, "uid_map", text(dozen))).To(Succeed())
		Expect(write(w.root, middle, "gid_map", text(reversed(dozen)))).To(Succeed())
		// In each case ids of a single extent of the middle's.
		uids := nsutil.IDMap{
			{Inside: 7, Outside: 5000, Length: 900}, {Inside: 0, Outside: 806, Length: 7}, {Inside: 3000, Outside: 1100, Length: 10},
			{Inside: 2000, Outside: 1005, Length: 5}, {Inside: 5000, Outside: 4000000000, Length: 4}, {Inside: 4000, Outside: 1, Length: 700}, {Inside: 1000, Outside: 0, Length: 1},
		}
		outside := slices.Clone(uids)
		for i, id := range []uint32{4000, 2000, 10, 55, 5, 91, 90} {
			outside[i].Outside = outer + id
		}
		outsideGIDs := slices.Clone(outside)
		for i := range outsideGIDs {
			for _, e := range dozen { // the extent of the middle's that it is in
				if id := uids[i].Outside; id >= e.Inside && id < e.Inside+e.Length {
					outsideGIDs[i].Outside = outer + room - e.Outside - e.Length + id - e.Inside
				}
			}
		}
		for _, n := range []int{3, 7} {
			target := Get(middle.Clone(unix.CLONE_NEWUSER))
			Expect(write(middle, target, "uid_map", text(uids[:n]))).To(Succeed())
			Expect(write(middle, target, "gid_map", text(uids[:n]))).To(Succeed())
			w.expectTranslated(target, outside[:n], outsideGIDs[:n])
			for _, e := range []int{0, n - 1} {
				expectIs(target, int(uids[e].Inside), int(uids[e].Inside), outside[e].Outside, outsideGIDs[e].Outside)
			}
		}
	})

	It("can be taken on, and are those of what one makes", Proves("user-files-owned-by-mapped-ids"), func() {
		w := newWorld()
		for _, row := range tables {
			target := fresh(w.root)
			Expect(write(w.root, target, "uid_map", text(row.uids))).To(Succeed())
			Expect(write(w.root, target, "gid_map", text(row.gids))).To(Succeed())
			for _, i := range []int{0, len(row.uids) / 2, len(row.uids) - 1} {
				uid, gid := row.uids[i], row.gids[i]
				expectIs(target, int(uid.Inside), int(gid.Inside), outer+uid.Outside, outer+gid.Outside)
				expectIs(target, int(uid.Inside+uid.Length-1), int(gid.Inside+gid.Length-1), outer+uid.Outside+uid.Length-1, outer+gid.Outside+gid.Length-1)
			}
		}
	})

	It("are those outside of every kind of file that one makes", Proves("user-files-owned-by-mapped-ids"), func() {
		w := newWorld()
		Arrange(w.outside.Unshare(unix.CLONE_NEWNS))
		Arrange(w.outside.MakePrivate())
		dir := T().TempDir()
		Arrange(w.outside.Mount("none", dir, "tmpfs", 0, "mode=777"))
		fd := Get(w.outside.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY))
		target := fresh(w.outside)
		Expect(write(w.outside, target, "uid_map", "0 60100 10\n10 60200 10")).To(Succeed())
		Expect(write(w.outside, target, "gid_map", "0 60300 10\n10 60400 10")).To(Succeed())
		Arrange(target.Fchdir(fd))
		for _, ids := range [][4]uint32{{0, 0, 60100, 60300}, {9, 19, 60109, 60409}, {10, 0, 60200, 60300}} {
			s := Get(target.Fork())
			Expect(s.Setresgid(int(ids[1]), int(ids[1]), int(ids[1]))).To(Succeed())
			Expect(s.Setresuid(int(ids[0]), int(ids[0]), int(ids[0]))).To(Succeed())
			for name, makes := range map[string]error{
				"file": s.WriteFile("file", "", unix.O_CREAT|unix.O_EXCL), "directory": s.Mkdir("directory"), "link": s.Symlink("file", "link"), "fifo": s.Mknod("fifo", unix.S_IFIFO|0o600, 0),
			} {
				Expect(makes).To(Succeed(), name)
				seen := Get(w.outside.Lstat(dir + "/" + name))
				Expect([]uint32{seen.Uid, seen.Gid}).To(Equal(ids[2:]), "%s outside", name)
				seen = Get(target.Lstat(name))
				Expect([]uint32{seen.Uid, seen.Gid}).To(Equal(ids[:2]), "%s inside", name)
			}
			for _, name := range []string{"file", "link", "fifo"} {
				Arrange(s.Unlink(name))
			}
			Arrange(s.Rmdir("directory"))
		}
	})
})
