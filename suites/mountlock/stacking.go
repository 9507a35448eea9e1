package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// stackings are the ways to stack a mount on another, of a file system or of what
// is mounted at own.
var stackings = map[string]func(s *harness.Subject, own, on string) error{
	"a new file system": func(s *harness.Subject, own, on string) error { return s.Mount("none", on, "tmpfs", 0, "") },
	"a bind mount":      func(s *harness.Subject, own, on string) error { return s.Bind(own, on) },
	"a moved mount":     func(s *harness.Subject, own, on string) error { return s.Mount(own, on, "", unix.MS_MOVE, "") },
	"a mount of a descriptor": func(s *harness.Subject, own, on string) error {
		fd, err := s.OpenTree(own, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		if err != nil {
			return err
		}
		defer s.Close(fd)
		return s.MoveMount(fd, on)
	},
}

var _ = Specs("On a locked mount", Label("mount"), func() {
	for text, stack := range stackings {
		for how, flags := range map[string]int{"removed": 0, "detached": unix.MNT_DETACH} {
			It(text+" can be stacked, and "+how+" again", Proves("mount-locked-stacking-allowed"), func() {
				above, dir := mounts.Stage(harness.Named("above"))
				h := furnish(above, dir)
				below := lesser(above)
				for _, on := range []string{h.inner, h.outer, h.stacked} {
					Arrange(below.Mkdir(on + "-own"))
					mounts.Tmpfs(below, on+"-own")
					Expect(stack(below, on+"-own", on)).To(Succeed(), "on %s", on)
					Expect(below.WriteFile(on+"/top", "", unix.O_CREAT)).To(Succeed())
					Expect(seen(below, on)).To(Equal("neither"))
					Expect(seen(above, on)).To(Equal("cover"))
					Expect(below.Umount(on, flags)).To(Succeed(), "on %s", on)
					h.expectCovered(below)
				}
				expectLocked(below, h.points()...)
			})
		}
	}

	It("a file can be mounted where that is a file's, and removed again", Proves("mount-locked-stacking-allowed"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		below := lesser(above)
		Arrange(below.WriteFile(dir+"/own", "own", unix.O_CREAT))
		Expect(below.Bind(dir+"/own", h.file)).To(Succeed())
		Expect(below.ReadFile(h.file)).To(Equal("own"))
		Expect(above.ReadFile(h.file)).To(Equal("cover"))
		Expect(below.Umount(h.file, 0)).To(Succeed())
		Expect(below.ReadFile(h.file)).To(Equal("cover"))
		expectLocked(below, h.file)
	})

	It("what has been stacked is locked for those below in turn", Proves("mount-locked-stacking-allowed", "mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		middle := lesser(above)
		Expect(middle.Mount("none", h.outer, "tmpfs", 0, "mode=755")).To(Succeed())
		below := lesser(middle)
		expectLocked(below, h.outer)
		Expect(below.Mount("none", h.outer, "tmpfs", 0, "")).To(Succeed())
		Expect(below.Umount(h.outer, 0)).To(Succeed())
		expectLocked(below, h.outer)
		Expect(seen(below, h.outer)).To(Equal("neither"))
		Expect(middle.Umount(h.outer, 0)).To(Succeed())
		Expect(seen(middle, h.outer)).To(Equal("cover"))
	})
})
