package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A locked mount", Label("mount"), func() {
	It("cannot be moved away from what it covers", Proves("mount-locked-not-separated-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		Arrange(above.Mkdir(dir + "/elsewhere"))
		below := lesser(above)
		move := func(from string) error { return below.Mount(from, dir+"/elsewhere", "", unix.MS_MOVE, "") }
		before := Get(mounts.Lines(below))
		for _, point := range []string{h.outer, h.inner, h.stacked} {
			Expect(move(point)).To(MatchError(unix.EINVAL), "%s", point)
			fd := Get(below.OpenTree(point, unix.OPEN_TREE_CLOEXEC))
			Expect(below.MoveMount(fd, dir+"/elsewhere")).To(MatchError(unix.EINVAL), "%s, by move_mount", point)
		}
		Expect(mounts.Lines(below)).To(Equal(before))
		h.expectCovered(below)

		By("moving one of its own")
		cover(below, dir+"/own")
		Expect(move(dir + "/own")).To(Succeed())
		Expect(seen(below, dir+"/own")).To(Equal("covered"))
		Expect(seen(below, dir+"/elsewhere")).To(Equal("cover"))
		Expect(below.MoveMount(Get(below.OpenTree(dir+"/elsewhere", unix.OPEN_TREE_CLOEXEC)), dir+"/own")).To(Succeed(), "by move_mount")
		Expect(seen(below, dir+"/own")).To(Equal("cover"))
	})

	It("cannot be made the root, which would uncover what is below it", Proves("mount-locked-not-separated-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		Arrange(above.Mkdir(h.inner + "/old"))
		below := lesser(above)
		Arrange(below.Chroot(h.outer))
		Expect(below.PivotRoot("/inner", "/inner/old")).To(MatchError(unix.EINVAL))
		Expect(below.ReadDir("/")).To(ConsistOf("cover", "inner"))
		Expect(seen(below, "/inner")).To(Equal("cover"))

		By("stacking a copy on it")
		Arrange(below.Bind("/inner", "/inner"))
		Expect(below.PivotRoot("/inner", "/inner/old")).To(Succeed())
		Expect(below.ReadDir("/")).To(ConsistOf("cover", "old"))
		Expect(seen(below, "/old/inner")).To(Equal("cover"))
		expectLocked(below, "/old/inner")
	})

	It("is not revealed from under by a copy without the mounts in it", Proves("mount-bind-revealing-covered-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		Arrange(above.Mkdir(dir + "/elsewhere"))
		below := lesser(above)
		for _, tree := range []string{h.dir, h.outer} {
			before := Get(mounts.Lines(below))
			Expect(below.Bind(tree, dir+"/elsewhere")).To(MatchError(unix.EINVAL), "%s", tree)
			_, err := below.OpenTree(tree, unix.OPEN_TREE_CLONE)
			Expect(err).To(MatchError(unix.EINVAL), "%s, by open_tree", tree)
			Expect(mounts.Lines(below)).To(Equal(before))
		}
		for _, single := range []string{h.inner, h.stacked} {
			Expect(below.Bind(single, dir+"/elsewhere")).To(Succeed(), "%s, in which there is none", single)
			Expect(below.Umount(dir+"/elsewhere", 0)).To(Succeed())
		}

		By("copying it with them")
		Expect(below.Mount(h.outer, dir+"/elsewhere", "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
		expectLocked(below, dir+"/elsewhere/inner")
		Expect(seen(below, dir+"/elsewhere/inner")).To(Equal("cover"))
		Expect(below.Umount(dir+"/elsewhere", unix.MNT_DETACH)).To(Succeed(), "as a whole")
		Expect(seen(below, dir+"/elsewhere")).To(Equal("neither"))
		h.expectCovered(below)
	})

	It("stays in its copy when a descriptor of that is mounted",
		Proves("mount-locked-single-unmount-einval", "mount-bind-revealing-covered-einval"), func() {
			above, dir := mounts.Stage(harness.Named("above"))
			h := furnish(above, dir)
			Arrange(above.Mkdir(dir + "/elsewhere"))
			below := lesser(above)
			fd, err := below.OpenTree(h.outer, unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE)
			Expect(err).NotTo(HaveOccurred())
			Expect(below.MoveMount(fd, dir+"/elsewhere")).To(Succeed())
			expectLocked(below, dir+"/elsewhere/inner")
			Expect(seen(below, dir+"/elsewhere/inner")).To(Equal("cover"))
			Expect(below.Umount(dir+"/elsewhere", unix.MNT_DETACH)).To(Succeed(), "as a whole")
			h.expectCovered(below)
		})
})
