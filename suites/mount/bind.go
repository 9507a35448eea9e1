package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// grove returns a process with a tree of mounts at dir/tree, whose directories
// are there below as well as on top of the mounts, and an empty directory dir/to.
func grove(options ...harness.Option) (s *harness.Subject, dir string) {
	s, dir = mounts.Stage(options...)
	Arrange(s.Mkdir(dir + "/to"))
	place(s, dir+"/tree", "in-tree")
	Arrange(s.Mkdir(dir + "/tree/part"))
	for path, name := range map[string]string{"/tree/a": "in-a", "/tree/part/b": "in-b"} {
		Arrange(s.Mkdir(dir + path))
		touch(s, dir+path+"/covered")
		cover(s, dir+path, name)
	}
	place(s, dir+"/tree/a/c", "in-c")
	place(s, dir+"/tree/unbindable", "in-unbindable")
	place(s, dir+"/tree/unbindable/below", "below-unbindable")
	Arrange(s.Mount("none", dir+"/tree/unbindable", "", unix.MS_UNBINDABLE, ""))
	return s, dir
}

// recursive are the flags of a bind mount of everything below as well.
const recursive = unix.MS_BIND | unix.MS_REC

var _ = Specs("A bind mount", Label("mount"), func() {
	It("without MS_REC shows what the mounts below cover", Proves("mount-bind-leaves-submounts"), func() {
		s, dir := grove()
		for source, expect := range map[string][]string{
			"/tree":   {"in-tree", "part", "a", "unbindable"},
			"/tree/a": {"in-a", "c"},
		} {
			Expect(s.Bind(dir+source, dir+"/to")).To(Succeed())
			Expect(mounts.Below(s, dir+"/to")).To(BeEmpty(), "of %s", source)
			Expect(s.ReadDir(dir + "/to")).To(ConsistOf(expect))
			if source == "/tree" {
				Expect(s.ReadDir(dir + "/to/a")).To(ConsistOf("covered"))
				Expect(s.ReadDir(dir + "/to/part/b")).To(ConsistOf("covered"))
				Expect(s.ReadDir(dir + "/to/unbindable")).To(BeEmpty())
			} else {
				Expect(s.ReadDir(dir + "/to/c")).To(BeEmpty())
			}
			Expect(s.Umount(dir+"/to", 0)).To(Succeed())
		}
		Expect(mounts.Below(s, dir+"/tree")).To(Equal([]string{"a", "a/c", "part/b", "unbindable", "unbindable/below"}), "the originals are still there")
	})

	It("of a directory without MS_REC leaves the mounts below it and beside it", Proves("mount-bind-leaves-submounts"), func() {
		s, dir := grove()
		Expect(s.Bind(dir+"/tree/part", dir+"/to")).To(Succeed())
		Expect(mounts.Below(s, dir+"/to")).To(BeEmpty())
		Expect(s.ReadDir(dir + "/to/b")).To(ConsistOf("covered"))
		Expect(s.Bind(dir+"/to", dir+"/to")).To(Succeed(), "a copy on top")
		Expect(s.ReadDir(dir + "/to/b")).To(ConsistOf("covered"))
		Expect(s.Mount("none", dir+"/to/b", "tmpfs", 0, "")).To(Succeed())
		Expect(s.ReadDir(dir+"/tree/part/b")).To(ConsistOf("in-b"), "the mount on the copy is not on the original")
	})

	It("with MS_REC has all mounts below that can be bound, and what is on them", Proves("mount-bind-recursive-takes-submounts"), func() {
		s, dir := grove()
		for source, expect := range map[string]map[string]string{
			"/tree":      {"": "in-tree", "/a": "in-a", "/a/c": "in-c", "/part/b": "in-b"},
			"/tree/a":    {"": "in-a", "/c": "in-c"},
			"/tree/part": {"/b": "in-b"},
		} {
			before := ids(s)
			Expect(s.Mount(dir+source, dir+"/to", "", recursive, "")).To(Succeed())
			points := []string{}
			for path, name := range expect {
				Expect(s.ReadDir(dir+"/to"+path)).To(ContainElement(name), "at %s", path)
				if path != "" {
					points = append(points, path[1:])
				}
			}
			Expect(mounts.Below(s, dir+"/to")).To(ConsistOf(points))
			Expect(ids(s)).To(ContainElements(before), "the originals are still there")
			if source == "/tree" {
				Expect(s.ReadDir(dir + "/to/unbindable")).To(BeEmpty())
			}
			Expect(s.Umount(dir+"/to", unix.MNT_DETACH)).To(Succeed())
			Expect(ids(s)).To(ConsistOf(before))
		}
	})

	It("with MS_REC keeps flags, stacks and roots of the mounts below", Proves("mount-bind-recursive-takes-submounts"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/from"))
		Arrange(s.Mkdir(dir + "/to"))
		furnish(s, dir+"/from")
		Expect(s.Mount(dir+"/from", dir+"/to", "", recursive, "")).To(Succeed())
		for _, point := range []string{"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "strictatime", "part", "file"} {
			original, copied := Get(mounts.At(s, dir+"/from/"+point)), Get(mounts.At(s, dir+"/to/"+point))
			Expect([]string{copied.Options, copied.Root, copied.Source, copied.FSType}).To(
				Equal([]string{original.Options, original.Root, original.Source, original.FSType}), "of %s", point)
			Expect(copied.ID).NotTo(Equal(original.ID))
		}
		for _, name := range []string{"top", "middle", "lowest"} {
			Expect(s.ReadDir(dir + "/to/stack")).To(ContainElement(name))
			Expect(s.Umount(dir+"/to/stack", unix.MNT_DETACH)).To(Succeed())
		}
		Expect(s.ReadDir(dir+"/from/stack")).To(ContainElement("top"), "the original has the stack still")
		Expect(s.WriteFile(dir+"/to/ro/new", "", unix.O_CREAT)).To(MatchError(unix.EROFS))
	})

	It("that would show what a mount covers is refused in a less privileged namespace", Proves("mount-bind-revealing-covered-einval"), func() {
		origin, dir := grove(harness.Named("origin"))
		for _, way := range harness.Ways() {
			s := copied(origin, way, owners()[len(owners())-1]...)
			for _, source := range []string{"/tree", "/tree/a", "/tree/part"} {
				for _, flags := range []int{unix.MS_BIND, unix.MS_BIND | unix.MS_RDONLY} {
					expectRefused(s, unix.EINVAL, func() error { return s.Mount(dir+source, dir+"/to", "", flags, "") }, "%s, copied by %s", source, way)
				}
				Expect(origin.Bind(dir+source, dir+"/to")).To(Succeed(), "where the mounts are one's own")
				Arrange(origin.Umount(dir+"/to", 0))
			}
			for source, flags := range map[string]int{"/tree/a/c": unix.MS_BIND, "/tree/a": recursive, "/tree/part": recursive} {
				Expect(s.Mount(dir+source, dir+"/to", "", flags, "")).To(Succeed(), "%s covers nothing, or is bound with what covers it", source)
				Expect(s.Umount(dir+"/to", unix.MNT_DETACH)).To(Succeed())
			}
			place(s, dir+"/tree/a/c/own", "own")
			Expect(s.Bind(dir+"/tree/a/c", dir+"/to")).To(Succeed(), "what is covered by a mount of one's own may be seen")
			Expect(s.ReadDir(dir + "/to/own")).To(BeEmpty())
			Arrange(s.Umount(dir+"/to", 0))
			Arrange(s.Umount(dir+"/tree/a/c/own", 0))
			Arrange(s.Rmdir(dir + "/tree/a/c/own"))
		}
	})

	It("by open_tree that would show what a mount covers is refused in a less privileged namespace", Proves("mount-bind-revealing-covered-einval"), func() {
		origin, dir := grove(harness.Named("origin"))
		s := copied(origin, harness.ByClone, owners()[len(owners())-1]...)
		for _, source := range []string{"/tree", "/tree/a", "/tree/part"} {
			_, err := s.OpenTree(dir+source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
			Expect(err).To(MatchError(unix.EINVAL), source)
			Get(origin.OpenTree(dir+source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC))
		}
		_, err := s.OpenTree(dir+"/tree/a/c", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		Expect(err).NotTo(HaveOccurred())
		_, err = s.OpenTree(dir+"/tree/a", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		Expect(err).NotTo(HaveOccurred())
	})
})
