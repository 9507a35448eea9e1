package mount

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// furnish mounts below dir whatever a list of mounts may have: mounts below, on
// top of and hidden by others, of parts of a file system, of one file, with
// flags, and one that cannot be bound.
func furnish(s *harness.Subject, dir string) {
	place(s, dir+"/a", "a")
	place(s, dir+"/a/b", "b")
	Arrange(s.Mkdir(dir + "/a/b/part"))
	Arrange(s.Mkdir(dir + "/part"))
	Arrange(s.Bind(dir+"/a/b/part", dir+"/part"))
	touch(s, dir+"/file")
	Arrange(s.Bind(dir+"/a/b/b", dir+"/file"))
	for name, flags := range map[string]int{
		"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
		"noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME, "strictatime": unix.MS_STRICTATIME, "nosymfollow": nosymfollow,
	} {
		Arrange(s.Mkdir(dir + "/" + name))
		Arrange(s.Mount("with "+name, dir+"/"+name, "tmpfs", flags, ""))
	}
	place(s, dir+"/unbindable", "unbindable")
	Arrange(s.Mount("none", dir+"/unbindable", "", unix.MS_UNBINDABLE, ""))
	place(s, dir+"/stack", "lowest")
	place(s, dir+"/stack/hidden", "hidden")
	cover(s, dir+"/stack", "middle")
	cover(s, dir+"/stack", "top")
}

// isUniqueIn returns a function that says whether an id is in just one of the lists.
func isUniqueIn(one, other []int) func(id int) bool {
	return func(id int) bool { return slices.Contains(one, id) != slices.Contains(other, id) }
}

var _ = Specs("Mount namespaces", Label("mount"), func() {
	for _, way := range harness.Ways() {
		copies := "mount-clone-copies-list"
		if way == harness.ByUnshare {
			copies = "mount-unshare-copies-list"
		}

		It("made by "+string(way)+" have lists of their own", Proves("mount-list-per-namespace"), func() {
			origin, dir := mounts.Stage(harness.Named("origin"))
			Arrange(origin.Mkdir(dir + "/own"))
			all := []*harness.Subject{origin}
			for _, of := range owners() {
				first := copied(origin, way, of...)
				all = append(all, first, copied(origin, way, of...), copied(first, way, of...))
			}
			for i, s := range all {
				cover(s, dir+"/own", fmt.Sprintf("of-%d", i))
			}
			for i, s := range all {
				for _, seer := range []*harness.Subject{s, Get(s.Fork())} {
					Expect(seer.ReadDir(dir+"/own")).To(ConsistOf(fmt.Sprintf("of-%d", i)), "as %s sees it", seer.Name())
					Expect(mounts.Below(seer, dir)).To(Equal([]string{"own"}))
				}
			}
			_, err := Spawn().Stat(dir + "/own")
			Expect(err).To(MatchError(unix.ENOENT), "the suite's own namespace has not even the first mount")
			for i := len(all) - 1; i > 0; i-- {
				Expect(all[i].Umount(dir+"/own", 0)).To(Succeed())
				Expect(mounts.Below(all[i], dir)).To(BeEmpty())
				Expect(mounts.Below(all[i-1], dir)).To(Equal([]string{"own"}), "after an unmount elsewhere")
			}
			Expect(origin.ReadDir(dir + "/own")).To(ConsistOf("of-0"))
		})

		It("made by "+string(way)+" begin with a copy of the whole list", Proves(copies), func() {
			origin, dir := mounts.Stage(harness.Named("origin"))
			furnish(origin, dir)
			for _, of := range owners() {
				first := copied(origin, way, of...)
				Expect(layout(first)).To(Equal(layout(origin)), "with %v", of)
				Expect(append(ids(first), ids(origin)...)).To(HaveEach(Satisfy(isUniqueIn(ids(first), ids(origin)))), "they are other mounts")
				for path, name := range map[string]string{"a": "a", "a/b": "b", "stack": "top", "unbindable": "unbindable"} {
					Expect(first.ReadDir(dir+"/"+path)).To(ContainElement(name), "at %s", path)
				}
				cover(first, dir+"/part", "kept")
				second := copied(first, way, of...)
				Expect(layout(second)).To(Equal(layout(first)), "a copy of a copy, with %v", of)
				Expect(second.ReadDir(dir + "/part")).To(ConsistOf("kept"))
				Expect(layout(first)).NotTo(Equal(layout(origin)))
			}
		})

		It("made by "+string(way)+" begin with what the list has outside the caller's root, too", Proves(copies), func() {
			origin, dir := mounts.Stage()
			furnish(origin, dir)
			caller := Get(origin.Fork())
			Arrange(caller.Chroot(dir + "/a"))
			Arrange(caller.Chdir("/"))
			inside := copied(caller, way, nsutil.Mnt)
			Expect(mounts.Below(inside, "")).To(ConsistOf("", "b"), "below its root")
			whole := Spawn(harness.Joined(inside, nsutil.Mnt))
			Expect(layout(whole)).To(Equal(layout(Spawn(harness.Joined(origin, nsutil.Mnt)))))
		})

		It("made by "+string(way)+" have the maker's root and working directory in the copy", Proves(copies), func() {
			origin, dir := mounts.Stage()
			place(origin, dir+"/root", "in-root")
			place(origin, dir+"/root/cwd", "in-cwd")
			maker := Get(origin.Fork())
			Arrange(maker.Chroot(dir + "/root"))
			Arrange(maker.Chdir("/cwd"))
			inside := copied(maker, way, nsutil.Mnt)
			Arrange(maker.End())
			Expect(origin.Umount(dir+"/root/cwd", 0)).To(Succeed(), "nobody is in the original any more")
			Expect(origin.Umount(dir+"/root", 0)).To(Succeed())
			Expect(inside.ReadDir(".")).To(ConsistOf("in-cwd"))
			Expect(inside.ReadDir("/")).To(ConsistOf("in-root", "cwd"))
			Expect(inside.Getcwd()).To(Equal("/cwd"))
			Expect(mounts.Below(inside, "")).To(ConsistOf("", "cwd"))
		})
	}
})
