package userfiles

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ids are what the calls that ask a process for its own ids return.
type ids struct {
	UID, EUID, GID, EGID int
	UIDs, GIDs           [3]uint32
	Groups               []uint32
}

func idsOf(s *harness.Subject) (i ids, err error) {
	ask := func(name string, nr uintptr, args ...any) (result uintptr) {
		if err == nil {
			result, err = s.Syscall(name, nr, args...)
		}
		return result
	}
	three := func(name string, nr uintptr) (all [3]uint32) {
		words := [3][4]byte{}
		ask(name, nr, harness.Out(words[0][:]), harness.Out(words[1][:]), harness.Out(words[2][:]))
		for n, word := range words {
			all[n] = native.Uint32(word[:])
		}
		return all
	}
	i.UID, i.EUID = int(ask("getuid", unix.SYS_GETUID)), int(ask("geteuid", unix.SYS_GETEUID))
	i.GID, i.EGID = int(ask("getgid", unix.SYS_GETGID)), int(ask("getegid", unix.SYS_GETEGID))
	i.UIDs, i.GIDs = three("getresuid", unix.SYS_GETRESUID), three("getresgid", unix.SYS_GETRESGID)
	list := [64]byte{}
	n := ask("getgroups", unix.SYS_GETGROUPS, len(list)/4, harness.Out(list[:]))
	for g := range int(n) {
		i.Groups = append(i.Groups, native.Uint32(list[4*g:]))
	}
	return i, err
}

// same are the ids of a process all of whose ids are these.
func same(uid, gid int, groups ...uint32) ids {
	u, g := uint32(uid), uint32(gid)
	return ids{uid, uid, gid, gid, [3]uint32{u, u, u}, [3]uint32{g, g, g}, groups}
}

// unmappedWays are how a process whose ids are not mapped comes into a user namespace.
var unmappedWays = map[string]func(s *harness.Subject) *harness.Subject{
	"clone": func(s *harness.Subject) *harness.Subject { return Get(s.Clone(unix.CLONE_NEWUSER)) },
	"clone3": func(s *harness.Subject) *harness.Subject {
		return Get(s.Clone3(harness.CloneArgs{Flags: unix.CLONE_NEWUSER}))
	},
	"unshare": func(s *harness.Subject) *harness.Subject { Arrange(s.Unshare(unix.CLONE_NEWUSER)); return s },
	"setns": func(s *harness.Subject) *harness.Subject {
		all := Get(s.Capget())
		owner := Get(s.Fork())
		Arrange(owner.Unshare(unix.CLONE_NEWUSER))
		Arrange(s.Capset(all))
		Arrange(s.Join(owner, nsutil.User))
		return s
	},
}

var _ = Specs("A process whose ids are not mapped", Label("user"), func() {
	// dressed has ids and groups of its own, and the capabilities of the suite.
	dressed := func() *harness.Subject {
		s := Spawn(harness.Named("unmapped"))
		all := Get(s.Capget())
		Arrange(s.Setgroups(100003, 100012))
		Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
		Arrange(s.Setresgid(100001, 100001, 100001))
		Arrange(s.Setresuid(100002, 100002, 100002))
		Arrange(s.Capset(all))
		Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
		return s
	}

	for way, enter := range unmappedWays {
		It("is told the overflow ids for its own after "+way, Label(kinds.Overflow), Proves("user-overflow-ids-of-unmapped-process"), func() {
			kinds.Need(nsutil.User)
			s := dressed()
			overflowUID, overflowGID := kinds.OverflowIDs(s)
			Expect(idsOf(s)).To(Equal(same(100002, 100001, 100003, 100012)), "before")
			s = enter(s)
			none := same(int(overflowUID), int(overflowGID), overflowGID, overflowGID)
			Expect(idsOf(s)).To(Equal(none), "without a map")
			Arrange(s.MapIDs("0 100003 7\n8 100001 1", "0 100004 8\n8 100000 1"))
			Expect(idsOf(s)).To(Equal(none), "with a map of others")
			child, err := s.Fork()
			Expect(err).NotTo(HaveOccurred())
			Expect(idsOf(child)).To(Equal(none), "a child")
		})
	}

	It("is told those that are mapped, and overflow ids for the others", Label(kinds.Overflow), Proves("user-overflow-ids-of-unmapped-process"), func() {
		kinds.Need(nsutil.User)
		uid, gid := kinds.OverflowIDs(Spawn())
		for _, row := range []struct {
			uids, gids string
			want       ids
		}{
			{"7 100002 1", "7 100005 1", same(7, int(gid), gid, gid)},
			{"7 100005 1", "7 100001 1", same(int(uid), 7, gid, gid)},
			{"7 100005 1", "0 100003 1\n9 100012 1", same(int(uid), int(gid), 0, 9)},
			{"0 100000 20", "40 100000 20", same(2, 41, 43, 52)},
		} {
			s := dressed()
			Arrange(s.Unshare(unix.CLONE_NEWUSER))
			Arrange(s.MapIDs(row.uids, row.gids))
			Expect(idsOf(s)).To(Equal(row.want), "with %q and %q", row.uids, row.gids)
		}
	})

	It("is told the overflow ids that the machine is set to", Serial, Label(kinds.Overflow), Proves("user-overflow-ids-of-unmapped-process"), func() {
		NeedInitial(nsutil.User)
		s := dressed()
		uid, gid := kinds.OverflowIDs(s)
		Arrange(s.Unshare(unix.CLONE_NEWUSER))
		Expect(idsOf(s)).To(Equal(same(int(uid), int(gid), gid, gid)))
		DeferCleanup(func() { setOverflow(uid, gid) })
		setOverflow(60123, 60124)
		Expect(idsOf(s)).To(Equal(same(60123, 60124, 60124, 60124)))
	})
})

// setOverflow sets the overflow ids of the machine.
func setOverflow(uid, gid uint32) {
	for file, id := range map[string]uint32{"overflowuid": uid, "overflowgid": gid} {
		Arrange(os.WriteFile("/proc/sys/kernel/"+file, fmt.Append(nil, id), 0))
	}
}

var _ = Specs("A file whose ids are not mapped", Label("user"), func() {
	It("shows overflow ids to stat, each for itself", Label(kinds.Overflow), Proves("user-overflow-ids-of-files"), func() {
		t := newStage()
		root := t.root("0 100000 5\n5 100020 5")
		uid, gid := kinds.OverflowIDs(root)
		for n, row := range []struct {
			uid, gid  int
			showsUID  uint32
			showsGID  uint32
			situation string
		}{
			{100004, 100024, 4, 9, "the last of either extent"},
			{100020, 100000, 5, 0, "the first of either extent"},
			{100005, 100000, uid, 0, "a uid behind an extent"},
			{100000, 100005, 0, gid, "a gid behind an extent"},
			{100019, 100025, uid, gid, "ids before and behind an extent"},
			{0, 0, uid, gid, "root of the machine"},
		} {
			path := t.file(fmt.Sprint(n), "", row.uid, row.gid, 0o644)
			Expect(owner(root.Stat(path))).To(Equal([2]uint32{row.showsUID, row.showsGID}), row.situation)
			Expect(owner(root.Fstat(Get(root.Open(path, unix.O_RDONLY))))).To(Equal([2]uint32{row.showsUID, row.showsGID}), "%s, by fstat", row.situation)
			var x unix.Statx_t
			_, err := root.Syscall("statx", unix.SYS_STATX, unix.AT_FDCWD, path, 0, harness.Hex(unix.STATX_BASIC_STATS), harness.Struct(&x))
			Expect(err).NotTo(HaveOccurred())
			Expect([2]uint32{x.Uid, x.Gid}).To(Equal([2]uint32{row.showsUID, row.showsGID}), "%s, by statx", row.situation)
			Expect(owner(t.keeper.Stat(path))).To(Equal([2]uint32{uint32(row.uid), uint32(row.gid)}), "%s, outside", row.situation)
		}
		Expect(owner(t.unmapped().Stat(t.path("0")))).To(Equal([2]uint32{uid, gid}))
	})
})

// owner returns the ids in what a stat call returns.
func owner(st unix.Stat_t, err error) ([2]uint32, error) { return [2]uint32{st.Uid, st.Gid}, err }
