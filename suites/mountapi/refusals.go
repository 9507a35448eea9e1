package mountapi

import (
	"fmt"
	"path"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ways are how move_mount can be told what to move and where.
var ways = map[string]func(s *harness.Subject, source, target string, flags int) error{
	"by paths": shift,
	"by a descriptor of open_tree": func(s *harness.Subject, source, target string, flags int) error {
		fd := Get(s.OpenTree(source, unix.OPEN_TREE_CLOEXEC))
		defer s.Close(fd)
		return attach(s, fd, target, flags)
	},
	"to a descriptor": func(s *harness.Subject, source, target string, flags int) error {
		fd := Get(s.Open(target, unix.O_PATH))
		defer s.Close(fd)
		return move(s, unix.AT_FDCWD, source, fd, "", unix.MOVE_MOUNT_T_EMPTY_PATH|flags)
	},
	"by names in directories": func(s *harness.Subject, source, target string, flags int) error {
		from, to := Get(s.Open(path.Dir(source), unix.O_PATH)), Get(s.Open(path.Dir(target), unix.O_PATH))
		defer s.Close(from)
		defer s.Close(to)
		return move(s, from, path.Base(source), to, path.Base(target), flags)
	},
}

var _ = Specs("move_mount is refused", Label("mount"), func() {
	for name, way := range ways {
		It("for mounts of another mount namespace, "+name, Proves("mount-move-mount-foreign-namespace-einval"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			Arrange(s.Mkdir(dir + "/target"))
			other := mounts.Beside(s)
			theirs := func(path string) string { return fmt.Sprintf("/proc/%d/root%s%s", other.PID(), dir, path) }
			all := []*harness.Subject{s, other}
			expectRefused(func() error { return way(s, theirs("/tree"), dir+"/target", 0) }, unix.EINVAL, all, "theirs to ours")
			expectRefused(func() error { return way(s, dir+"/tree", theirs("/target"), 0) }, unix.EINVAL, all, "ours to theirs")
			expectRefused(func() error { return way(s, theirs("/tree"), theirs("/target"), 0) }, unix.EINVAL, all, "theirs to theirs")
			expectRefused(func() error { return attach(s, fresh(s, "new"), theirs("/target"), 0) }, unix.EINVAL, all[1:], "a detached one to theirs")

			Expect(way(s, dir+"/tree", dir+"/target", 0)).To(Succeed(), "ours to ours")
			Expect(mounts.Below(s, dir)).To(ConsistOf("target", "target/sub"))
			Expect(mounts.Below(other, dir)).To(ConsistOf("tree", "tree/sub"))
			visitor := Get(other.Fork())
			Expect(way(visitor, theirs("/tree"), theirs("/target"), 0)).To(Succeed(), "theirs to theirs by who is there")
			Expect(mounts.Below(other, dir)).To(ConsistOf("target", "target/sub"))
		})

		It("for a mount whose parent is shared, "+name, Proves("mount-move-mount-from-shared-parent-einval"), func() {
			s, stage := mounts.Stage()
			for kind, refused := range map[string]bool{"private": false, "slave": false, "unbindable": false, "shared": true, "slave and shared": true} {
				dir := stage + "/" + kind
				Arrange(s.Mkdir(dir))
				mounts.Point(s, dir+"/parent")
				shape(s, dir+"/parent", kind, dir+"/master")
				plant(s, dir+"/parent/tree")
				Arrange(s.Mkdir(dir + "/target"))
				Arrange(s.Mkdir(dir + "/parent/target"))
				if refused {
					other := mounts.Beside(s)
					for _, target := range []string{"/target", "/parent/target"} {
						expectRefused(func() error { return way(s, dir+"/parent/tree", dir+target, 0) }, unix.EINVAL, []*harness.Subject{s, other}, "a %s parent, to %s", kind, target)
					}
					Arrange(s.Mount("none", dir+"/parent", "", unix.MS_PRIVATE, ""))
				}
				Expect(way(s, dir+"/parent/tree", dir+"/target", 0)).To(Succeed(), "a parent that was %s", kind)
				Expect(s.ReadFile(dir + "/target/sub/file")).To(Equal("there"))
				Expect(s.Rmdir(dir+"/parent/tree")).To(Succeed(), "nothing is mounted where it was")
			}
		})

		It("for a tree with an unbindable mount under a shared one, "+name, Proves("mount-move-mount-unbindable-under-shared-einval"), func() {
			s, stage := mounts.Stage()
			for _, unbindable := range []string{"/tree", "/tree/sub"} {
				for kind, refused := range map[string]bool{"private": false, "slave": false, "unbindable": false, "shared": true, "slave and shared": true} {
					dir := fmt.Sprint(stage, "/", kind, len(unbindable))
					Arrange(s.Mkdir(dir))
					plant(s, dir+"/tree")
					shape(s, dir+unbindable, "unbindable", "")
					mounts.Point(s, dir+"/parent")
					Arrange(s.Mkdir(dir + "/parent/target"))
					shape(s, dir+"/parent", kind, dir+"/master")
					if refused {
						other := mounts.Beside(s)
						expectRefused(func() error { return way(s, dir+"/tree", dir+"/parent/target", 0) }, unix.EINVAL, []*harness.Subject{s, other}, "%s, a %s parent", unbindable, kind)
						Arrange(s.Mount("none", dir+unbindable, "", unix.MS_PRIVATE, ""))
					}
					Expect(way(s, dir+"/tree", dir+"/parent/target", 0)).To(Succeed(), "a parent that is %s", kind)
					Expect(s.ReadFile(dir + "/parent/target/sub/file")).To(Equal("there"))
				}
			}
		})
	}

	It("for a mount that has been unmounted", Proves("mount-move-mount-foreign-namespace-einval"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Mkdir(dir + "/target"))
		fd := Get(s.OpenTree(dir+"/tree", unix.OPEN_TREE_CLOEXEC))
		below := Get(s.OpenTree(dir+"/tree/sub", unix.OPEN_TREE_CLOEXEC))
		Arrange(s.Umount(dir+"/tree", unix.MNT_DETACH))
		for _, fd := range []int{fd, below} {
			expectRefused(func() error { return attach(s, fd, dir+"/target", 0) }, unix.EINVAL, []*harness.Subject{s})
		}
		Expect(attach(s, fresh(s, "new"), dir+"/target", 0)).To(Succeed())
	})

	It("for a detached tree with an unbindable mount under a shared one", Proves("mount-move-mount-unbindable-under-shared-einval"), func() {
		NeedKernel("5.12") // which can make a detached mount unbindable
		s, dir := mounts.Stage()
		mounts.Point(s, dir+"/parent")
		Arrange(s.Mkdir(dir + "/parent/target"))
		shape(s, dir+"/parent", "shared", "")
		other := mounts.Beside(s)
		fd := fresh(s, "new")
		Arrange(s.MountSetattr(fd, "", unix.AT_EMPTY_PATH, unix.MountAttr{Propagation: unix.MS_UNBINDABLE}))
		expectRefused(func() error { return attach(s, fd, dir+"/parent/target", 0) }, unix.EINVAL, []*harness.Subject{s, other})
		Arrange(s.MountSetattr(fd, "", unix.AT_EMPTY_PATH, unix.MountAttr{Propagation: unix.MS_PRIVATE}))
		Expect(attach(s, fd, dir+"/parent/target", 0)).To(Succeed())
		Expect(other.ReadDir(dir + "/parent/target")).To(ConsistOf("new"))
	})
})
