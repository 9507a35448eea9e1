package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectOwner claims that the user namespace of s owns its mount namespace, and
// that none below it does.
func expectOwner(s *harness.Subject, dir string) {
	owner, err := s.NSUserns(Get(s.OpenNS(s, nsutil.Mnt)))
	Expect(err).NotTo(HaveOccurred())
	Expect(s.NSOf(owner)).To(Equal(Get(s.NS(nsutil.User))))

	Expect(s.Mount("none", dir, "tmpfs", 0, "")).To(Succeed())
	stranger := Get(s.Clone(unix.CLONE_NEWUSER))
	Expect(stranger.Umount(dir, 0)).To(MatchError(unix.EPERM), "from a user namespace below that of %s", s.Name())
	Expect(s.Umount(dir, 0)).To(Succeed())
}

var _ = Specs("A copy of a mount namespace", Label("mount"), func() {
	for _, way := range byOther() {
		It("is less privileged when another user namespace owns it, made by "+way.text, Proves("mount-copy-under-other-owner-less-privileged"), func() {
			above, dir := landlord()
			Arrange(above.Mkdir(dir + "/place"))
			cover(above, dir+"/point")
			below := way.copy(above)
			expectOwner(below, dir+"/place")
			Expect(below.NS(nsutil.User)).NotTo(Equal(Get(above.NS(nsutil.User))))
			expectLocked(below, dir+"/point")
			Expect(seen(below, dir+"/point")).To(Equal("cover"))

			By("looking at the one that was copied")
			expectOwner(above, dir+"/place")
			Expect(above.Umount(dir+"/point", 0)).To(Succeed())
			Expect(seen(above, dir+"/point")).To(Equal("covered"))
			Expect(seen(below, dir+"/point")).To(Equal("cover"))
		})
	}

	for _, way := range bySame() {
		It("is not less privileged when the same user namespace owns it, made by "+way.text,
			Proves("mount-copy-under-other-owner-less-privileged"), func() {
				above, dir := landlord()
				Arrange(above.Mkdir(dir + "/place"))
				cover(above, dir+"/point")
				beside := way.copy(above)
				expectOwner(beside, dir+"/place")
				Expect(beside.Umount(dir+"/point", 0)).To(Succeed())
				Expect(seen(beside, dir+"/point")).To(Equal("covered"))
				Expect(seen(above, dir+"/point")).To(Equal("cover"))
			})

		It("of a less privileged one is as privileged as that when the same user namespace owns it, made by "+way.text,
			Proves("mount-copy-under-other-owner-less-privileged", "mount-locked-single-unmount-einval"), func() {
				above, dir := mounts.Stage(harness.Named("above"))
				cover(above, dir+"/inherited")
				below := lesser(above)
				cover(below, dir+"/own")
				beside := way.copy(below)
				expectLocked(beside, dir+"/inherited")
				Expect(beside.Umount(dir+"/own", 0)).To(Succeed())
				Expect(seen(beside, dir+"/own")).To(Equal("covered"))
			})
	}

	It("is less privileged when another user namespace owns it, made by open_tree with OPEN_TREE_NAMESPACE",
		Proves("mount-copy-under-other-owner-less-privileged", "mount-less-privileged-shared-becomes-slave", "mount-locked-readonly-eperm"), func() {
			NeedKernel("7.0")
			above, dir := mounts.Stage(harness.Named("above"))
			propagation(above, dir, unix.MS_SHARED)
			Arrange(above.Mkdir(dir + "/place"))
			cover(above, dir+"/point")
			flagged(above, dir+"/single", unix.MS_RDONLY)
			other := mapRoot(above, Get(above.Clone(unix.CLONE_NEWUSER)))
			for _, s := range []*harness.Subject{other, Get(above.Fork())} {
				fd, err := s.OpenTree(dir, harness.OPEN_TREE_NAMESPACE|unix.AT_RECURSIVE)
				Expect(err).NotTo(HaveOccurred())
				Expect(s.Setns(fd, unix.CLONE_NEWNS)).To(Succeed())
				if s != other {
					Expect(s.Umount("/point", 0)).To(Succeed(), "by the same owner")
					Expect(remount(s, "/single", 0)).To(Succeed(), "by the same owner")
					continue
				}
				expectLocked(s, "/point")
				Expect(seen(s, "/point")).To(Equal("cover"))
				Expect(remount(s, "/single", 0)).To(MatchError(unix.EPERM))
				Expect(s.Mount("none", "/place", "tmpfs", 0, "")).To(Succeed())
				Expect(s.WriteFile("/place/mark", "", unix.O_CREAT)).To(Succeed())
				Expect(above.ReadDir(dir + "/place")).To(BeEmpty())
			}
		})
})
