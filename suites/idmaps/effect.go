package idmaps

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// none leaves an id of a call as it is.
const none = -1

func chown(s *harness.Subject, fd, uid, gid int) error {
	_, err := s.Syscall("fchown", unix.SYS_FCHOWN, fd, uid, gid)
	return err
}

// ownersOf returns the uid and the gid of the file of a descriptor, as s sees them.
func ownersOf(s *harness.Subject, fd int) [2]uint32 {
	st, err := s.Fstat(fd)
	Expect(err).NotTo(HaveOccurred())
	return [2]uint32{st.Uid, st.Gid}
}

// expectTranslated claims, of the first and last ids of all extents of s, that
// those inside are those outside, in the suite's user namespace, and that those
// beside the extents are none. A file with the ids shows it, in both directions.
// There are as many extents of uids as of gids.
func (w world) expectTranslated(s *harness.Subject, uids, gids nsutil.IDMap) {
	Expect(uids).To(HaveLen(len(gids)))
	for i, u := range uids {
		g := gids[i]
		for _, at := range [][2]uint32{{0, 0}, {u.Length - 1, g.Length - 1}} {
			inside, outside := [2]uint32{u.Inside + at[0], g.Inside + at[1]}, [2]uint32{u.Outside + at[0], g.Outside + at[1]}
			Expect(chown(w.outside, w.file, int(outside[0]), int(outside[1]))).To(Succeed())
			Expect(ownersOf(s, w.file)).To(Equal(inside), "uid and gid inside for %v outside", outside)
			Arrange(chown(w.outside, w.file, int(uids[0].Outside), int(gids[0].Outside)))
			Expect(chown(s, w.file, int(inside[0]), int(inside[1]))).To(Succeed(), "to %v inside", inside)
			Expect(ownersOf(w.outside, w.file)).To(Equal(outside), "uid and gid outside for %v inside", inside)
		}
	}
	w.expectNoneBeside(s, uids, gids)
}

// expectNoneBeside claims that the ids just before and after the extents are not mapped.
func (w world) expectNoneBeside(s *harness.Subject, uids, gids nsutil.IDMap) {
	overflowUID, overflowGID := kinds.OverflowIDs(s)
	owners := [2]uint32{uids[0].Outside, gids[0].Outside}
	Arrange(chown(w.outside, w.file, int(owners[0]), int(owners[1])))
	for _, id := range beside(uids, insideOf) {
		Expect(chown(s, w.file, id, none)).To(MatchError(unix.EINVAL), "to uid %d inside", id)
	}
	for _, id := range beside(gids, insideOf) {
		Expect(chown(s, w.file, none, id)).To(MatchError(unix.EINVAL), "to gid %d inside", id)
	}
	Expect(ownersOf(w.outside, w.file)).To(Equal(owners), "after what was refused")
	for _, id := range append(beside(uids, outsideOf), int(uids[0].Outside-outer)) { // the world's own number, too
		Arrange(chown(w.outside, w.file, id, int(owners[1])))
		Expect(ownersOf(s, w.file)).To(Equal([2]uint32{overflowUID, gids[0].Inside}), "inside for uid %d outside", id)
	}
	Arrange(chown(w.outside, w.file, int(owners[0]), none))
	for _, id := range append(beside(gids, outsideOf), int(gids[0].Outside-outer)) {
		Arrange(chown(w.outside, w.file, none, id))
		Expect(ownersOf(s, w.file)).To(Equal([2]uint32{uids[0].Inside, overflowGID}), "inside for gid %d outside", id)
	}
}

func insideOf(e nsutil.Extent) uint32  { return e.Inside }
func outsideOf(e nsutil.Extent) uint32 { return e.Outside }

// beside returns the ids just before and after the extents, on the side that
// first tells, that are in none.
func beside(m nsutil.IDMap, first func(nsutil.Extent) uint32) []int {
	var all []int
	for _, e := range m {
		for _, id := range []int{int(first(e)) - 1, int(first(e)) + int(e.Length)} {
			within := func(e nsutil.Extent) bool { return id >= int(first(e)) && id < int(first(e))+int(e.Length) }
			if id >= 0 && id < nsutil.UnmappedID && !slices.ContainsFunc(m, within) {
				all = append(all, id)
			}
		}
	}
	return all
}

// expectIs claims that s, who has CAP_SETUID and CAP_SETGID in its user
// namespace, can take on ids of it, which outside are these: its own, and those
// of a file that it makes.
func expectIs(s *harness.Subject, uid, gid int, outsideUID, outsideGID uint32) {
	s = Get(s.Fork())
	Expect(s.Setresgid(gid, gid, gid)).To(Succeed())
	Expect(s.Setresuid(uid, uid, uid)).To(Succeed())
	Expect(s.Getuid()).To(Equal(uid))
	expectIDsOutside(s, same(outsideUID), same(outsideGID))
	var st unix.Stat_t
	Arrange(unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", s.PID(), memfd(s)), &st))
	Expect([]uint32{st.Uid, st.Gid}).To(Equal([]uint32{outsideUID, outsideGID}), "uid and gid outside of a file made inside by %d, %d", uid, gid)
}

// same returns credentials that are all one id.
func same(id uint32) nsutil.CredIDs {
	return nsutil.CredIDs{Real: id, Effective: id, Saved: id, FS: id}
}

// expectIDsOutside claims that the suite sees s with these ids.
func expectIDsOutside(s *harness.Subject, uids, gids nsutil.CredIDs) {
	status, err := nsutil.StatusOf(s.PID())
	Expect(err).NotTo(HaveOccurred())
	Expect([]nsutil.CredIDs{status.UID, status.GID}).To(Equal([]nsutil.CredIDs{uids, gids}), "uids and gids of %s outside", s.Name())
}
