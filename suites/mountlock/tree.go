package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// grow has s mount a tree of file systems on a new directory: each but the first
// covers something, and the last is shared.
func grow(s *harness.Subject, dir string) {
	for _, place := range []string{dir, dir + "/a", dir + "/a/b", dir + "/c"} {
		cover(s, place)
		propagation(s, place, unix.MS_PRIVATE)
	}
	Arrange(s.Mkdir(dir + "/c/there"))
	Arrange(s.Mkdir(dir + "/c/back"))
	propagation(s, dir+"/c", unix.MS_SHARED)
}

// arrival is a way in which a tree of mounts comes to a namespace by propagation.
type arrival struct {
	text string
	// arrive mounts the tree at from on to, which is in a shared mount.
	arrive func(s *harness.Subject, from, to string) error
}

func arrivals() []arrival {
	return []arrival{
		{"a recursive bind mount", func(s *harness.Subject, from, to string) error {
			return s.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
		}},
		{"a move", func(s *harness.Subject, from, to string) error {
			return s.Mount(from, to, "", unix.MS_MOVE, "")
		}},
		{"move_mount of a copy", func(s *harness.Subject, from, to string) error {
			fd, err := s.OpenTree(from, unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE)
			if err != nil {
				return err
			}
			return s.MoveMount(fd, to)
		}},
	}
}

// propagated is a tree that has come at the directory top, by propagation from
// above to below.
type propagated struct {
	above, below *harness.Subject
	dir, top     string
}

// propagate has a tree come to a namespace that copy makes of another one.
func propagate(by arrival, copy func(above *harness.Subject) *harness.Subject) propagated {
	above, dir := mounts.Stage(harness.Named("above"))
	grow(above, dir+"/tree")
	mounts.Point(above, dir+"/shared")
	propagation(above, dir+"/shared", unix.MS_SHARED)
	top := dir + "/shared/top"
	Arrange(above.Mkdir(top))
	below := copy(above)
	Expect(by.arrive(above, dir+"/tree", top)).To(Succeed())
	Expect(mounts.Below(below, dir+"/shared")).To(Equal([]string{"top", "top/a", "top/a/b", "top/c"}), "what has come")
	for _, place := range []string{"", "/a", "/a/b", "/c"} {
		Expect(seen(below, top+place)).To(Equal("cover"))
	}
	return propagated{above, below, dir, top}
}

var _ = Specs("A tree of mounts that has propagated to a less privileged namespace", Label("mount"), func() {
	for _, by := range arrivals() {
		It("by "+by.text+" cannot be unmounted in parts", Proves("mount-locked-tree-part-unmount-einval"), func() {
			var further *harness.Subject
			t := propagate(by, func(above *harness.Subject) *harness.Subject {
				below := lesser(above)
				further = lesser(below)
				return below
			})
			parts := []string{t.top + "/a", t.top + "/a/b", t.top + "/c"}
			expectLocked(t.below, parts...)
			expectLocked(further, parts...)
			for _, part := range parts {
				Expect(t.below.Mount(part, t.dir, "", unix.MS_MOVE, "")).To(MatchError(unix.EINVAL), "moving %s", part)
				Expect(seen(t.below, part)).To(Equal("cover"), part)
			}
			Expect(t.below.Umount(t.top, 0)).To(MatchError(unix.EBUSY), "the first one, in which the others are")
			copied := lesser(t.below)
			expectLocked(copied, append(parts, t.top)...)

			By("unmounting parts above")
			Expect(t.above.Umount(t.top+"/a/b", 0)).To(Succeed())
			for _, s := range []*harness.Subject{t.above, t.below, further, copied} {
				Expect(seen(s, t.top+"/a/b")).To(Equal("covered"), "for %s", s.Name())
				Expect(seen(s, t.top+"/c")).To(Equal("cover"), "for %s", s.Name())
			}
		})

		It("by "+by.text+" can be unmounted as a whole", Proves("mount-locked-tree-whole-detachable"), func() {
			t := propagate(by, lesser)
			Expect(t.below.Umount(t.top, unix.MNT_DETACH)).To(Succeed())
			Expect(mounts.Below(t.below, t.dir+"/shared")).To(BeEmpty())
			Expect(t.below.ReadDir(t.top)).To(BeEmpty(), "the directory that was covered")

			By("looking at the namespace above, and at what was there before")
			Expect(mounts.Below(t.above, t.dir+"/shared")).To(Equal([]string{"top", "top/a", "top/a/b", "top/c"}))
			Expect(seen(t.above, t.top+"/a/b")).To(Equal("cover"))
			Expect(t.below.Umount(t.dir+"/shared", unix.MNT_DETACH)).To(MatchError(unix.EINVAL))
		})

		It("by "+by.text+" can be moved as a whole", Proves("mount-locked-tree-whole-detachable", "mount-locked-tree-part-unmount-einval"), func() {
			t := propagate(by, lesser)
			propagation(t.below, t.dir+"/shared", unix.MS_PRIVATE)
			Arrange(t.below.Mkdir(t.dir + "/elsewhere"))
			Expect(t.below.Mount(t.top, t.dir+"/elsewhere", "", unix.MS_MOVE, "")).To(Succeed())
			expectLocked(t.below, t.dir+"/elsewhere/a", t.dir+"/elsewhere/a/b", t.dir+"/elsewhere/c")
			Expect(t.below.Umount(t.dir+"/elsewhere", unix.MNT_DETACH)).To(Succeed())
			Expect(seen(t.below, t.dir+"/elsewhere")).To(Equal("neither"))
		})

		It("by "+by.text+" has slaves of what is shared above",
			Proves("mount-locked-tree-shows-master", "mount-less-privileged-shared-becomes-slave"), func() {
				t := propagate(by, lesser)
				for _, shared := range []string{t.top, t.top + "/c"} {
					original := Get(mounts.PropagationAt(t.above, shared))
					Expect(original.Shared).NotTo(BeZero(), "%s", shared)
					Expect(mounts.PropagationAt(t.below, shared)).To(Equal(mounts.Propagation{Master: original.Shared}), "%s", shared)
				}
				expectOneWay(t.above, t.below, t.top+"/c")
			})

		It("by "+by.text+" can be unmounted in parts where the namespace is not less privileged",
			Proves("mount-locked-tree-part-unmount-einval"), func() {
				t := propagate(by, mounts.Beside)
				Expect(t.below.Umount(t.top+"/c", 0)).To(Succeed())
				Expect(seen(t.below, t.top+"/c")).To(Equal("covered"))
			})
	}

	It("can be unmounted as a whole where it is stacked on another", Proves("mount-locked-tree-whole-detachable"), func() {
		t := propagate(arrivals()[0], lesser)
		Arrange(t.above.Mount(t.dir+"/tree/a", t.top, "", unix.MS_BIND|unix.MS_REC, ""))
		Expect(mounts.Below(t.below, t.dir+"/shared")).To(HaveLen(6))
		expectLocked(t.below, t.top+"/b")
		Expect(t.below.Umount(t.top, unix.MNT_DETACH)).To(Succeed())
		Expect(mounts.Below(t.below, t.dir+"/shared")).To(HaveLen(4))
		expectLocked(t.below, t.top+"/a")
		Expect(t.below.Umount(t.top, unix.MNT_DETACH)).To(Succeed())
		Expect(mounts.Below(t.below, t.dir+"/shared")).To(BeEmpty())
	})

	It("is unlocked when it came mount by mount", Proves("mount-locked-tree-part-unmount-einval", "mount-locked-tree-whole-detachable"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		propagation(above, dir, unix.MS_SHARED)
		below := lesser(above)
		cover(above, dir+"/a")
		cover(above, dir+"/a/b")
		for _, place := range []string{"/a/b", "/a"} {
			Expect(seen(below, dir+place)).To(Equal("cover"))
			Expect(below.Umount(dir+place, 0)).To(Succeed(), place)
		}
		Expect(seen(below, dir+"/a")).To(Equal("covered"))
		Expect(seen(above, dir+"/a/b")).To(Equal("cover"))
	})
})
