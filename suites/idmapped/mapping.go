package idmapped

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// becomeRoot gives a process with all capabilities the ids of root.
func becomeRoot(s *harness.Subject) {
	Arrange(s.Setresgid(0, 0, 0))
	Arrange(s.Setresuid(0, 0, 0))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// below returns a process in a user namespace below that of owner, whom it makes
// root, and who maps it.
func below(owner *harness.Subject, uids, gids string) *harness.Subject {
	becomeRoot(owner)
	child := Get(owner.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	Arrange(owner.WriteFile(fmt.Sprintf("/proc/%d/uid_map", child.PID()), uids, 0))
	Arrange(owner.WriteFile(fmt.Sprintf("/proc/%d/gid_map", child.PID()), gids, 0))
	return child
}

var _ = Specs("MOUNT_ATTR_IDMAP", labels(), func() {
	// tryMapping claims that the descriptor stands for a mapping of 1 and 2.
	tryMapping := func(s *harness.Subject, plain string, userns, uid, gid int, as string) {
		mount := detached(s, plain, 0)
		Expect(setattr(s, mount, by(userns))).To(Succeed(), as)
		expectOwner(s, at(mount, "file"), uid, gid, as)
		Arrange(s.Close(mount))
	}

	It("takes the mapping of the user namespace, however its descriptor was come by", Proves("idmap-takes-mapping-of-userns-fd"), func() {
		s, plain := stage()
		file(s, plain+"/file", 1, 2)
		userns, owner := mapping(s, uids, gids)
		tryMapping(s, plain, userns, uid0+1, gid0+2, "opened in procfs")

		bound := plain + "-userns"
		Arrange(s.WriteFile(bound, "", unix.O_CREAT))
		Arrange(s.Bind(fmt.Sprintf("/proc/%d/ns/user", owner.PID()), bound))
		tryMapping(s, plain, Get(s.Open(bound, unix.O_RDONLY|unix.O_CLOEXEC)), uid0+1, gid0+2, "of a bind mount")

		Arrange(owner.Unshare(unix.CLONE_NEWUTS))
		uts := Get(s.OpenNS(owner, nsutil.UTS))
		tryMapping(s, plain, Get(s.NSUserns(uts)), uid0+1, gid0+2, "by NS_GET_USERNS")

		child := below(owner, "0 1 1", "0 1 1")
		tryMapping(s, plain, Get(s.NSParent(Get(s.OpenNS(child, nsutil.User)))), uid0+1, gid0+2, "by NS_GET_PARENT")
	})

	It("takes the mapping of that user namespace, whatever the caller's and others' are", Proves("idmap-takes-mapping-of-userns-fd"), func() {
		s, plain := stage()
		file(s, plain+"/file", 1, 2)
		first, _ := mapping(s, uids, gids)
		second, _ := mapping(s, "1 100050 1", "2 200060 1")
		crossed, _ := mapping(s, "2 100070 1\n1 100080 1", "1 200070 1\n2 200080 1")
		identity, _ := mapping(s, "0 0 10", "0 0 10")
		tryMapping(s, plain, first, uid0+1, gid0+2, "the first")
		tryMapping(s, plain, second, 100050, 200060, "the second")
		tryMapping(s, plain, crossed, 100080, 200080, "one in the other order")
		tryMapping(s, plain, identity, 1, 2, "the identity")
	})

	It("takes the mapping of a nested user namespace down to the file system's", Proves("idmap-takes-mapping-of-userns-fd"), func() {
		s, plain := stage()
		file(s, plain+"/file", 1, 2)
		_, owner := mapping(s, uids, gids)
		child := below(owner, "0 500 10", "0 600 10")
		grandchild := below(child, "1 5 1", "2 6 1")
		tryMapping(s, plain, Get(s.OpenNS(child, nsutil.User)), uid0+501, gid0+602, "two levels below")
		tryMapping(s, plain, Get(s.OpenNS(grandchild, nsutil.User)), uid0+505, gid0+606, "three levels below")
	})

	first := Proves("idmap-takes-mapping-of-userns-fd", "idmap-stat-shows-mapped-ids", "idmap-creation-stores-inverse")
	It("has ids translated by the mount's mapping first, and then by the caller's", first, func() {
		s, plain := stage()
		Arrange(s.Chmod(plain, 0o777))
		file(s, plain+"/file", 1, 2)
		userns, owner := mapping(s, uids, gids)
		_, other := mapping(s, "10 100000 100", "20 200000 100")
		mapped := plain + "-mapped"
		idmap(s, plain, mapped, userns)
		for _, row := range []struct {
			caller   *harness.Subject
			uid, gid int
		}{{inside(s, owner), 1, 2}, {inside(s, below(owner, "0 0 1\n40 1 1", "0 0 1\n50 2 1")), 40, 50}} {
			expectOwner(row.caller, mapped+"/file", row.uid, row.gid)
		}
		visitor := Get(s.Fork())
		Arrange(visitor.Join(other, nsutil.User))
		Arrange(visitor.Setresgid(27, 27, 27))
		Arrange(visitor.Setresuid(18, 18, 18))
		expectOwner(visitor, mapped+"/file", 11, 22)
		Expect(visitor.WriteFile(mapped+"/made", "", unix.O_CREAT)).To(Succeed())
		expectOwner(visitor, mapped+"/made", 18, 27)
		expectOwner(s, mapped+"/made", uid0+8, gid0+7)
		expectOwner(s, plain+"/made", 8, 7)
	})

	It("is for one mount, and with AT_RECURSIVE for all below it, too", Proves("idmap-takes-mapping-of-userns-fd"), func() {
		s, plain := stage()
		file(s, plain+"/file", 1, 2)
		Arrange(s.Mkdir(plain + "/sub"))
		Arrange(s.Bind(plain, plain+"/sub"))
		userns, _ := mapping(s, uids, gids)
		for _, flags := range []int{0, unix.AT_RECURSIVE} {
			mount := detached(s, plain, unix.AT_RECURSIVE)
			Expect(s.MountSetattr(mount, "", unix.AT_EMPTY_PATH|flags, by(userns))).To(Succeed())
			expectOwner(s, at(mount, "file"), uid0+1, gid0+2)
			if flags == 0 {
				expectOwner(s, at(mount, "sub/file"), 1, 2, "below, not recursively")
			} else {
				expectOwner(s, at(mount, "sub/file"), uid0+1, gid0+2, "below, recursively")
			}
		}
	})
})
