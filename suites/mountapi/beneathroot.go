package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("move_mount with MOVE_MOUNT_BENEATH", Label("mount"), func() {
	It("is refused under the caller's root until Linux 7.1, and puts a mount there since", Proves("mount-move-mount-beneath-root"), func() {
		s, dir := mounts.Stage()
		topped(s, dir+"/point")
		caged := Get(s.Fork())
		Arrange(caged.Chroot(dir + "/point"))
		Arrange(caged.Chdir("/"))
		for _, path := range []string{"/", "."} {
			fd := fresh(caged, "between")
			insert := func() error { return attach(caged, fd, path, beneath) }
			if until71() {
				expectRefused(insert, unix.EINVAL, []*harness.Subject{s, caged}, path)
				Expect(attach(s, fresh(s, "between"), dir+"/point", beneath)).To(Succeed(), "by who has another root")
			} else {
				Expect(insert()).To(Succeed(), path)
			}
			Expect(caged.ReadDir("/")).To(ConsistOf("top"), "what is on top stays visible")
		}
		expectStack(s, dir+"/point", "top", "between", "between", "hidden")
	})

	It("is refused under the root of the mount namespace until Linux 7.1, and puts a mount there since", Proves("mount-move-mount-beneath-root"), func() {
		s, _ := mounts.Stage()
		ns := Get(s.Open("/proc/self/ns/mnt", unix.O_RDONLY))
		fd := fresh(s, "between")
		insert := func() error { return attach(s, fd, "/", beneath) }
		if until71() {
			expectRefused(insert, unix.EINVAL, []*harness.Subject{s})
			return
		}
		seen := Get(s.ReadDir("/"))
		visitor := Get(s.Fork())
		Expect(insert()).To(Succeed())
		Expect(visitor.Setns(ns, unix.CLONE_NEWNS)).To(Succeed())
		Expect(visitor.ReadDir("/")).To(ConsistOf(seen), "to who joins the namespace")
		Expect(s.Umount("/", unix.MNT_DETACH)).To(Succeed())
		Expect(visitor.Setns(ns, unix.CLONE_NEWNS)).To(Succeed())
		Expect(visitor.ReadDir("/")).To(ConsistOf("between"), "without what was on top")
	})

	It("is refused under a locked mount until Linux 7.1, and takes over its lock since", Proves("mount-move-mount-beneath-locked"), func() {
		s, dir := mounts.Stage()
		topped(s, dir+"/point")
		root := colony(s)
		topped(root, dir+"/own")
		Expect(root.Umount(dir+"/point", 0)).To(MatchError(unix.EINVAL), "it is locked")
		fd := fresh(root, "between")
		if until71() {
			expectRefused(func() error { return attach(root, fd, dir+"/point", beneath) }, unix.EINVAL, []*harness.Subject{root, s})
			Expect(root.Umount(dir+"/point", unix.MNT_DETACH)).To(MatchError(unix.EINVAL), "it is locked still")
			Expect(attach(root, fd, dir+"/own", beneath)).To(Succeed(), "under a mount of its own")
			expectStack(root, dir+"/own", "top", "between", "hidden")
			return
		}
		Expect(attach(root, fd, dir+"/point", beneath)).To(Succeed())
		Expect(root.ReadDir(dir + "/point")).To(ConsistOf("top"))
		expectStack(root, dir+"/point", "top", "between")
		for _, flags := range []int{0, unix.MNT_DETACH} {
			Expect(root.Umount(dir+"/point", flags)).To(MatchError(unix.EINVAL), "what was hidden stays so")
		}
		Expect(s.ReadDir(dir+"/point")).To(ConsistOf("top"), "above")
		Expect(attach(root, fresh(root, "between"), dir+"/own", beneath)).To(Succeed(), "under a mount of its own")
		expectStack(root, dir+"/own", "top", "between", "hidden")
	})
})
