package pivotroot

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// points returns where s sees mounts.
func points(s *harness.Subject) []string {
	all := []string{}
	for _, m := range Get(mounts.Table(s)) {
		all = append(all, m.Mountpoint)
	}
	return all
}

var _ = Specs("pivot_root", Label("mount"), func() {
	It("makes new_root the root and moves the old one to put_old", Proves("mount-pivot-root-swaps-roots"), func() {
		s := house(harness.Named("caller"))
		Arrange(s.Mkdir("/new/old/deep"))
		place(s, "/kept", "kept")
		place(s, "/new/inner", "inner")
		outside := Spawn(harness.Named("outside"))
		before := map[string]int{}
		for _, m := range Get(mounts.Table(s)) {
			before[m.Mountpoint] = m.ID
		}
		expectPivot(s, "/new", "/new/old/deep", "/old/deep")
		after := map[string]int{}
		for _, m := range Get(mounts.Table(s)) {
			after[m.Mountpoint] = m.ID
		}
		Expect(after).To(Equal(map[string]int{
			"/": before["/new"], "/inner": before["/new/inner"], "/old/deep": before["/"], "/old/deep/kept": before["/kept"],
		}), "the same mounts")
		Expect(s.ReadFile("/inner/is")).To(Equal("inner"))
		Expect(s.ReadFile("/old/deep/kept/is")).To(Equal("kept"))
		Expect(s.ReadDir("/old/deep/new")).To(BeEmpty(), "where the new root was")
		Expect(s.Getcwd()).To(Equal("/"))

		By("entering the mount namespace")
		visitor := Get(outside.Fork())
		Arrange(visitor.Join(s, nsutil.Mnt))
		Expect(visitor.ReadFile("/is")).To(Equal("new"))
		Expect(s.Umount("/old/deep", unix.MNT_DETACH)).To(Succeed(), "the old root")
		Expect(points(s)).To(ConsistOf("/", "/inner"))
	})

	for text, call := range map[string]struct{ work, newRoot, putOld string }{
		"relative paths":           {"/new", ".", "old"},
		"a path with ..":           {"/dir", "../new", "../new/old/../old"},
		"links":                    {"/", "/link", "/link/link"},
		"the parent of a put_old":  {"/new/old", "..", "."},
		"paths with a slash at it": {"/", "/new/", "/new/old/"},
	} {
		It("takes "+text, Proves("mount-pivot-root-swaps-roots"), func() {
			s := house()
			Arrange(s.Symlink("new", "/link"))
			Arrange(s.Symlink("old", "/new/link"))
			Arrange(s.Chdir(call.work))
			expectPivot(s, call.newRoot, call.putOld, "/old")
			Expect(points(s)).To(ConsistOf("/", "/old"))
		})
	}

	It("can be undone", Proves("mount-pivot-root-swaps-roots"), func() {
		s := house()
		before := Get(mounts.Lines(s))
		expectPivot(s, "/new", "/new/old", "/old")
		Expect(s.PivotRoot("/old", "/old/new")).To(Succeed())
		Expect(s.ReadFile("/is")).To(Equal("old"))
		Expect(s.ReadFile("/new/is")).To(Equal("new"))
		Expect(mounts.Lines(s)).To(ConsistOf(before))
	})

	It("takes a new_root far below the old root, and a put_old that is in another mount", Proves("mount-pivot-root-swaps-roots"), func() {
		s := house()
		place(s, "/dir/a", "a")
		place(s, "/dir/a/b", "new")
		place(s, "/dir/a/b/c", "c")
		expectPivot(s, "/dir/a/b", "/dir/a/b/c/old", "/c/old")
		Expect(points(s)).To(ConsistOf("/", "/c", "/c/old", "/c/old/dir/a", "/c/old/new"))
		Expect(s.ReadFile("/c/old/dir/a/is")).To(Equal("a"))
	})

	It("leaves a working directory that is elsewhere than the old root", Proves("mount-pivot-root-leaves-other-cwd"), func() {
		for _, row := range []struct{ work, path string }{
			{"/dir", "/old/dir"}, {"/new", "/"}, {"/new/old", "/old"}, {"/kept", "/old/kept"}, {"/new/sub", "/sub"},
		} {
			s := house()
			place(s, "/kept", "kept")
			Arrange(s.Mkdir("/new/sub"))
			Arrange(s.Chdir(row.work))
			before := Get(s.Stat("."))
			expectPivot(s, "/new", "/new/old", "/old")
			after, err := s.Stat(".")
			Expect(err).NotTo(HaveOccurred())
			Expect([]uint64{after.Dev, after.Ino}).To(Equal([]uint64{before.Dev, before.Ino}), "%s", row.work)
			Expect(s.Getcwd()).To(Equal(row.path), "%s", row.work)
		}
		s := house()
		expectPivot(s, "/new", "/new/old", "/old")
		Expect(s.ReadFile("is")).To(Equal("new"), "of who was in the old root")
	})

	It("(., .) stacks the old root on the new, and umount2 of . drops it", Proves("mount-pivot-root-dot-dot-stacks"), func() {
		s := house()
		place(s, "/kept", "kept")
		Arrange(s.Chdir("/new"))
		Expect(s.PivotRoot(".", ".")).To(Succeed())
		Expect(s.ReadFile("/is")).To(Equal("new"))
		Expect(s.ReadFile("is")).To(Equal("new"))
		Expect(points(s)).To(ConsistOf("/", "/", "/kept"))
		visitor := Spawn(harness.Named("visitor"))
		Arrange(visitor.Join(s, nsutil.Mnt))
		Expect(visitor.ReadFile("/is")).To(Equal("old"), "to who begins at the topmost mount")
		Arrange(visitor.End())

		Expect(s.Umount(".", unix.MNT_DETACH)).To(Succeed())
		Expect(points(s)).To(ConsistOf("/"))
		Expect(s.ReadFile("/is")).To(Equal("new"))
		again := Spawn(harness.Named("visitor"))
		Arrange(again.Join(s, nsutil.Mnt))
		Expect(again.ReadFile("/is")).To(Equal("new"))
	})

	It("takes the new root for put_old by its path, too", Proves("mount-pivot-root-dot-dot-stacks", "mount-pivot-root-put-old-outside-einval"), func() {
		s := house()
		Expect(s.PivotRoot("/new", "/new")).To(Succeed())
		Expect(s.ReadFile("/is")).To(Equal("new"))
		Expect(points(s)).To(ConsistOf("/", "/"))
		Expect(s.Umount("/", unix.MNT_DETACH)).To(Succeed())
		Expect(points(s)).To(ConsistOf("/"))
		Expect(s.ReadFile("/is")).To(Equal("new"))
	})

	It("changes nothing in other mount namespaces", Proves("mount-pivot-root-invisible-elsewhere"), func() {
		s := house(harness.Named("caller"))
		place(s, "/mid", "mid")
		place(s, "/mid/new", "new")
		for _, point := range []string{"/", "/mid"} {
			Arrange(s.Mount("none", point, "", unix.MS_SHARED, ""))
		}
		others := []*harness.Subject{mounts.Beside(s), Get(s.Clone(unix.CLONE_NEWNS | unix.CLONE_NEWUSER))}
		working := Get(others[0].Fork())
		Arrange(working.Chdir("/mid"))
		Arrange(s.Mount("none", "/mid", "", unix.MS_PRIVATE, ""))
		before := Get(mounts.Lines(others[0]))
		expectPivot(s, "/mid/new", "/mid/new/old", "/old")
		Expect(mounts.Lines(others[0])).To(Equal(before))
		for _, other := range append(others, working) {
			Expect(other.ReadFile("/is")).To(Equal("old"))
			Expect(other.ReadFile("/mid/new/is")).To(Equal("new"))
			Expect(other.ReadDir("/mid/new/old")).To(BeEmpty())
		}
		Expect(working.ReadFile("is")).To(Equal("mid"))
		Expect(others[0].ReadFile("is")).To(Equal("old"))
	})
})
