package mount

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("umount(2) with MNT_DETACH", Label("mount"), func() {
	It("takes a mount with all below it, and what is open goes on", Proves("mount-umount-detach-whole-tree"), func() {
		s, dir := grove()
		Arrange(s.WriteFile(dir+"/tree/a/c/in-c", "text", 0))
		inside := Get(s.Fork())
		Arrange(inside.Chdir(dir + "/tree/a/c"))
		open, top := Get(s.Open(dir+"/tree/a/c/in-c", unix.O_RDWR)), Get(s.Open(dir+"/tree", unix.O_RDONLY|unix.O_DIRECTORY))
		below := ids(s)
		beside := mounts.Beside(s)

		Expect(s.Umount(dir+"/tree", 0)).To(MatchError(unix.EBUSY))
		Expect(s.Umount(dir+"/tree", unix.MNT_DETACH)).To(Succeed())
		Expect(mounts.Below(s, dir)).To(BeEmpty())
		Expect(s.ReadDir(dir + "/tree")).To(BeEmpty())
		Expect(len(below) - len(ids(s))).To(Equal(6))
		_, err := s.Stat(dir + "/tree/a/c/in-c")
		Expect(err).To(MatchError(unix.ENOENT))

		Expect(s.Read(open, 8)).To(BeEquivalentTo("text"))
		Expect(s.Write(open, []byte("more"))).To(Equal(4))
		Expect(inside.ReadFile("in-c")).To(Equal("textmore"))
		Expect(inside.WriteFile("new", "", unix.O_CREAT)).To(Succeed())
		Arrange(s.Fchdir(top))
		Expect(s.ReadDir(".")).To(ContainElement("in-tree"))
		Expect(beside.ReadFile(dir+"/tree/a/c/in-c")).To(Equal("textmore"), "a copy of the namespace has it still")
	})

	It("takes the mounts below from each other", Proves("mount-umount-detach-whole-tree"), func() {
		s, dir := grove()
		top := Get(s.Open(dir+"/tree", unix.O_RDONLY|unix.O_DIRECTORY))
		inside := Get(s.Fork())
		Arrange(inside.Chdir(dir + "/tree/a/c"))
		Expect(s.Umount(dir+"/tree", unix.MNT_DETACH)).To(Succeed())
		Arrange(s.Fchdir(top))
		Expect(s.ReadDir("a")).To(ConsistOf("covered"), "there is no mount on it")
		Expect(s.ReadDir("part/b")).To(ConsistOf("covered"))
		Expect(inside.ReadDir("..")).To(ConsistOf("in-c"), "the mount's root is the end")
	})
})
