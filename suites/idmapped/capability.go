package idmapped

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("MOUNT_ATTR_IDMAP", labels(), func() {
	It("without CAP_SYS_ADMIN in the file system's user namespace gives EPERM", Proves("idmap-without-cap-in-file-systems-userns-eperm"), func() {
		s, plain, mount, userns := stageDetached()
		_, owner := mapping(s, uids, gids)
		root := inside(s, owner)
		Arrange(root.Unshare(unix.CLONE_NEWNS))
		own := Get(root.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC))
		child := below(root, "0 1 10", "0 1 10")
		nested := Get(root.OpenNS(child, nsutil.User))
		for name, fd := range map[string]int{"its own": own, "one below": nested, "one beside": userns} {
			copied := detached(root, plain, 0)
			Expect(setattr(root, copied, by(fd))).To(MatchError(unix.EPERM), name)
			st := Get(root.Stat(at(copied, "file")))
			Expect(st.Uid).NotTo(BeEquivalentTo(1), name)
			Expect(setattr(root, copied, set(unix.MOUNT_ATTR_NODEV))).To(Succeed(), "another attribute")
		}
		without, only := Get(s.Fork()), Get(s.Fork())
		Arrange(without.DropCapabilities(unix.CAP_SYS_ADMIN))
		Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}))
		Expect(setattr(without, mount, by(userns))).To(MatchError(unix.EPERM), "without the capability")
		expectOwner(s, at(mount, "file"), 1, 2)
		Expect(setattr(only, mount, by(userns))).To(Succeed(), "with no other capability")
		expectOwner(s, at(mount, "file"), uid0+1, gid0+2)
	})
})

// tmpfsIn returns root of owner's user namespace, with a mount namespace of its
// own, a tmpfs that it has mounted with a file of 1 and 2, and a copy of that.
func tmpfsIn(s, owner *harness.Subject) (root *harness.Subject, dir string, mount int) {
	root = inside(s, owner)
	Arrange(root.Unshare(unix.CLONE_NEWNS))
	Arrange(root.MakePrivate())
	dir = T().TempDir()
	mounts.Tmpfs(root, dir)
	file(root, dir+"/file", 1, 2)
	return root, dir, detached(root, dir, 0)
}

var _ = Specs("A tmpfs that root of a user namespace has mounted", Label("idmap"), func() {
	It("can be idmapped with a user namespace below", Proves("idmap-of-userns-mounted-tmpfs"), func() {
		s := Spawn(harness.Named("root"))
		_, owner := mapping(s, uids, gids)
		root, dir, mount := tmpfsIn(s, owner)
		child := below(root, "0 10 10", "0 20 10")
		nested := Get(root.OpenNS(child, nsutil.User))
		Expect(setattr(root, mount, by(nested))).To(Succeed())
		expectOwner(root, at(mount, "file"), 11, 22)
		Expect(root.Chown(at(mount, "file"), 13, 24)).To(Succeed())
		expectOwner(root, dir+"/file", 3, 4)
		Expect(root.Chown(at(mount, "file"), 3, 4)).To(MatchError(unix.EOVERFLOW))
		Expect(withIDs(root, 15, 26).WriteFile(at(mount, "made"), "", unix.O_CREAT)).To(Succeed())
		expectOwner(root, dir+"/made", 5, 6)

		inChild := Get(root.Fork())
		Arrange(inChild.Join(child, nsutil.User))
		expectOwner(inChild, at(mount, "file"), 3, 4, "as the one below sees it")
	})

	both := Proves("idmap-of-userns-mounted-tmpfs", "idmap-without-cap-in-file-systems-userns-eperm")
	It("cannot be idmapped with that user namespace itself, one above or one beside", both, func() {
		s := Spawn(harness.Named("root"))
		userns, owner := mapping(s, uids, gids)
		beside, _ := mapping(s, "0 100000 10", "0 200000 10")
		above := Get(s.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC))
		root := inside(s, owner)
		Arrange(root.Unshare(unix.CLONE_NEWNS))
		Arrange(root.MakePrivate())
		dir := T().TempDir()
		mounts.Tmpfs(root, dir)
		file(root, dir+"/file", 1, 2)
		mount := detached(root, dir, 0)
		for name, row := range map[string]struct {
			fd    int
			errno error
		}{"itself": {userns, unix.EINVAL}, "one beside": {beside, unix.EPERM}, "one above": {above, unix.EPERM}} {
			expectRefused(root, mount, by(row.fd), row.errno, 1, 2, name)
		}
		child := below(root, "0 10 10", "0 20 10")
		Expect(setattr(root, mount, by(Get(root.OpenNS(child, nsutil.User))))).To(Succeed(), "one below")
	})

	It("cannot be idmapped by root of a user namespace below", Proves("idmap-without-cap-in-file-systems-userns-eperm"), func() {
		NeedKernel("6.3")
		s := Spawn(harness.Named("root"))
		_, owner := mapping(s, uids, gids)
		root, dir, mount := tmpfsIn(s, owner)
		child := below(root, "0 10 10", "0 20 10")
		fd := Get(root.OpenNS(child, nsutil.User))
		Arrange(child.Setresgid(0, 0, 0))
		Arrange(child.Setresuid(0, 0, 0))
		Arrange(child.Unshare(unix.CLONE_NEWNS))
		copied := detached(child, dir, 0)
		own := Get(child.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(setattr(child, copied, by(own))).To(MatchError(unix.EPERM))
		Expect(setattr(child, copied, set(unix.MOUNT_ATTR_NODEV))).To(Succeed(), "another attribute")
		Expect(setattr(root, mount, by(fd))).To(Succeed(), "by root of the user namespace")
	})
})
