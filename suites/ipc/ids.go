package ipc

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// owners are the owner's and the creator's ids of a System V object.
type owners struct{ uid, gid, cuid, cgid uint32 }

var _ = Specs("IPC_STAT", Label("ipc"), func() {
	for _, x := range sysvs {
		It("tells the ids of the owner and the creator of "+x.what+" as its caller's user namespace maps them", Label(kinds.Overflow), Proves("ipc-stat-ids-mapped-to-caller"), func() {
			NeedKconfig("CONFIG_IPC_NS")
			root := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped(subordinate), harness.Named("inside"))
			above := Spawn(harness.Joined(root, nsutil.IPC), harness.Named("above"))
			creator := Get(root.Fork())
			Arrange(creator.Setresgid(6, 6, 6))
			Arrange(creator.Setresuid(5, 5, 5))
			id := Get(x.open(creator, freeKey(), create))
			Expect(x.set(creator, id, unix.SysvIpcPerm{Uid: 7, Gid: 8, Mode: 0o666})).To(Succeed())

			beside := func(name, uids, gids string) *harness.Subject {
				s := Spawn(harness.Joined(root, nsutil.IPC), harness.Named(name))
				Arrange(s.Unshare(unix.CLONE_NEWUSER))
				if uids != "" {
					Arrange(s.MapIDs(uids, gids))
				}
				return s
			}
			below := Get(root.Fork())
			Arrange(below.Unshare(unix.CLONE_NEWUSER))
			Arrange(root.WriteFile(fmt.Sprintf("/proc/%d/uid_map", below.PID()), "40 5 10", 0))
			Arrange(root.WriteFile(fmt.Sprintf("/proc/%d/gid_map", below.PID()), "50 5 10", 0))
			uid, gid := kinds.OverflowIDs(root)
			for _, c := range []struct {
				viewer *harness.Subject
				ids    owners
			}{
				{root, owners{7, 8, 5, 6}},
				{above, owners{100007, 100008, 100005, 100006}},
				{below, owners{42, 53, 40, 51}},
				{beside("beside, another map", "20 100005 10", "30 100005 10"), owners{22, 33, 20, 31}},
				{beside("beside, the owner mapped", "0 100007 1", "9 100008 1"), owners{0, 9, uid, gid}},
				{beside("beside, the creator mapped", "3 100005 1", "0 100006 1"), owners{uid, gid, 3, 0}},
				{beside("beside, others mapped", "0 0 1", "0 0 1"), owners{uid, gid, uid, gid}},
				{beside("beside, nothing mapped", "", ""), owners{uid, gid, uid, gid}},
			} {
				perm, err := x.stat(c.viewer, unix.IPC_STAT, id)
				Expect(err).NotTo(HaveOccurred(), "IPC_STAT from %s", c.viewer.Name())
				Expect(owners{perm.Uid, perm.Gid, perm.Cuid, perm.Cgid}).To(Equal(c.ids), "IPC_STAT from %s", c.viewer.Name())
				// The only object of its namespace is the first.
				for _, command := range []int{x.byIndex, x.anyByIndex} {
					perm, err = x.stat(c.viewer, command, 0)
					Expect(err).NotTo(HaveOccurred(), "the STAT call by index from %s", c.viewer.Name())
					Expect(owners{perm.Uid, perm.Gid, perm.Cuid, perm.Cgid}).To(Equal(c.ids), "the STAT call by index from %s", c.viewer.Name())
				}
			}
		})
	}
})
