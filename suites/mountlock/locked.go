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

// house is a directory in which a mount covers something in every way.
type house struct{ dir, outer, inner, stacked, file string }

// furnish has s mount in dir a file system on one in which another is, two on the
// same directory, and a file on a file.
func furnish(s *harness.Subject, dir string) house {
	h := house{dir, dir + "/outer", dir + "/outer/inner", dir + "/stacked", dir + "/file"}
	cover(s, h.outer)
	cover(s, h.inner)
	Arrange(s.Mkdir(h.stacked))
	mounts.Tmpfs(s, h.stacked)
	Arrange(s.WriteFile(h.stacked+"/covered", "", unix.O_CREAT))
	mounts.Tmpfs(s, h.stacked)
	Arrange(s.WriteFile(h.stacked+"/cover", "", unix.O_CREAT))
	Arrange(s.WriteFile(h.file, "covered", unix.O_CREAT))
	Arrange(s.WriteFile(dir+"/other", "cover", unix.O_CREAT))
	Arrange(s.Bind(dir+"/other", h.file))
	return h
}

// points returns where something is mounted in the house.
func (h house) points() []string { return []string{h.outer, h.inner, h.stacked, h.file} }

// expectCovered claims that s sees of the house nothing that is covered.
func (h house) expectCovered(s *harness.Subject) {
	for _, dir := range []string{h.outer, h.inner, h.stacked} {
		Expect(seen(s, dir)).To(Equal("cover"), "%s", dir)
	}
	Expect(s.ReadFile(h.file)).To(Equal("cover"))
}

// expectUncovering claims that s can unmount each mount of the house.
func (h house) expectUncovering(s *harness.Subject) {
	for _, dir := range []string{h.inner, h.outer, h.stacked} {
		Expect(s.Umount(dir, 0)).To(Succeed(), "%s", dir)
		if dir != h.inner {
			Expect(seen(s, dir)).To(Equal("covered"), "%s", dir)
		}
	}
	Expect(s.Umount(h.file, 0)).To(Succeed())
	Expect(s.ReadFile(h.file)).To(Equal("covered"))
}

var _ = Specs("A mount that a less privileged namespace has inherited", Label("mount"), func() {
	It("cannot be unmounted, wherever it is", Proves("mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		below := lesser(above)
		expectLocked(below, append(h.points(), dir)...)
		h.expectCovered(below)
		for _, point := range []string{"/proc", "/sys", "/dev"} {
			if _, err := mounts.At(below, point); err == nil {
				expectLocked(below, point)
			}
		}

		By("unmounting what it has mounted itself, and what the namespace above has")
		Arrange(below.Mkdir(dir + "/own"))
		own := furnish(below, dir+"/own")
		own.expectUncovering(below)
		h.expectUncovering(above)
		h.expectCovered(below)
	})

	It("cannot be unmounted by who is privileged in the namespace above, either", Proves("mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		below := lesser(above)
		visitor := Get(above.Fork())
		Arrange(visitor.Join(below, nsutil.Mnt))
		expectLocked(visitor, h.points()...)
		h.expectCovered(below)
	})

	It("cannot be unmounted where the one above had mounted it itself, two namespaces below", Proves("mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		inherited := furnish(above, dir)
		middle := lesser(above)
		Arrange(middle.Mkdir(dir + "/own"))
		own := furnish(middle, dir+"/own")
		below := lesser(middle)
		expectLocked(below, append(own.points(), inherited.points()...)...)
		own.expectCovered(below)
		expectLocked(middle, inherited.points()...)
		own.expectUncovering(middle)
		own.expectCovered(below)
	})

	It("cannot be unmounted after a change of its propagation type", Proves("mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		propagation(above, dir, unix.MS_SHARED)
		h := furnish(above, dir)
		for _, flag := range []int{unix.MS_PRIVATE, unix.MS_SLAVE, unix.MS_SHARED, unix.MS_UNBINDABLE} {
			below := lesser(above)
			propagation(below, "/", flag|unix.MS_REC)
			expectLocked(below, h.points()...)
			h.expectCovered(below)
		}
	})

	It("stays locked when the namespace above is gone", Proves("mount-locked-single-unmount-einval"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		h := furnish(above, dir)
		visitor := Spawn(harness.Named("visitor"))
		Arrange(visitor.Join(above, nsutil.Mnt))
		below := lesser(visitor)
		outside := Spawn(harness.Named("outside"))
		Arrange(visitor.Join(outside, nsutil.Mnt))
		Arrange(above.End())
		expectLocked(below, h.points()...)
		h.expectCovered(below)
	})
})
