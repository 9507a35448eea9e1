package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// topped has s mount a tmpfs with a file "top" on a new directory with a file "hidden".
func topped(s *harness.Subject, dir string) {
	Arrange(s.Mkdir(dir))
	Arrange(s.WriteFile(dir+"/hidden", "", unix.O_CREAT))
	mounts.Tmpfs(s, dir)
	Arrange(s.WriteFile(dir+"/top", "", unix.O_CREAT))
}

// expectStack claims that these files are seen on a mount point, one after the
// other, as what is on top is unmounted.
func expectStack(s *harness.Subject, dir string, files ...string) {
	for i, file := range files {
		if i > 0 {
			Expect(s.Umount(dir, unix.MNT_DETACH)).To(Succeed(), "what covers %q", file)
		}
		Expect(s.ReadDir(dir)).To(ConsistOf(file))
	}
}

// expectInserted claims that a call puts a mount with a file under the one of topped.
func expectInserted(s *harness.Subject, dir, file string, insert func() error) {
	other := mounts.Beside(s)
	top, below, seen := Get(mounts.At(s, dir+"/point")), Get(mounts.At(s, dir)), Get(mounts.Table(other))
	Expect(insert()).To(Succeed())
	Expect(s.ReadDir(dir + "/point")).To(ConsistOf("top"))
	still := Get(mounts.At(s, dir+"/point"))
	Expect(still.ID).To(Equal(top.ID), "on top is what was")
	for _, m := range Get(mounts.Table(s)) {
		if m.ID == still.Parent {
			Expect([]any{m.Parent, m.Mountpoint}).To(Equal([]any{below.ID, dir + "/point"}), "in between is what was inserted")
		}
	}
	Expect(mounts.Table(other)).To(Equal(seen))
	expectStack(s, dir+"/point", "top", file, "hidden")
}

var _ = Specs("move_mount with MOVE_MOUNT_BENEATH", Label("mount"), func() {
	for name, way := range ways {
		It("puts a mount under what is mounted on top, which stays visible until it is unmounted, told "+name, Proves("mount-move-mount-beneath-inserts"), func() {
			s, dir := mounts.Stage()
			topped(s, dir+"/point")
			mounts.Point(s, dir+"/source")
			Arrange(s.WriteFile(dir+"/source/between", "", unix.O_CREAT))
			expectInserted(s, dir, "between", func() error { return way(s, dir+"/source", dir+"/point", beneath) })
		})
	}

	It("puts what is mounted nowhere under what is mounted on top", Proves("mount-move-mount-beneath-inserts"), func() {
		s, dir := mounts.Stage()
		topped(s, dir+"/point")
		plant(s, dir+"/tree")
		mounts.Point(s, dir+"/other")
		Arrange(s.Mkdir(dir + "/other/point"))
		topped(s, dir+"/other/point/deep")
		fd := fresh(s, "between")
		expectInserted(s, dir, "between", func() error { return attach(s, fd, dir+"/point", beneath) })
		fd = Get(s.OpenTree(dir+"/tree", whole))
		Expect(attach(s, fd, dir+"/other/point/deep", beneath)).To(Succeed())
		Arrange(s.Umount(dir+"/other/point/deep", 0))
		Expect(s.ReadFile(dir+"/other/point/deep/sub/file")).To(Equal("there"), "a tree comes as a whole")
	})

	It("puts it under the topmost of several, one under the other", Proves("mount-move-mount-beneath-inserts"), func() {
		s, dir := mounts.Stage()
		topped(s, dir+"/point")
		mounts.Tmpfs(s, dir+"/point")
		Arrange(s.WriteFile(dir+"/point/higher", "", unix.O_CREAT))
		Expect(attach(s, fresh(s, "first"), dir+"/point", beneath)).To(Succeed())
		Expect(attach(s, fresh(s, "second"), dir+"/point", beneath)).To(Succeed())
		expectStack(s, dir+"/point", "higher", "second", "first", "top", "hidden")
	})

	It("puts it under what the parent's peers have there, too", Proves("mount-move-mount-beneath-inserts"), func() {
		s, dir := mounts.Stage()
		mounts.Point(s, dir+"/parent")
		shape(s, dir+"/parent", "shared", "")
		topped(s, dir+"/parent/point")
		other := mounts.Beside(s)
		Arrange(other.Mount("none", dir+"/parent", "", unix.MS_SLAVE, ""))
		Expect(attach(s, fresh(s, "between"), dir+"/parent/point", beneath)).To(Succeed())
		Expect(Get(mounts.PropagationAt(s, dir+"/parent")).Type()).To(Equal("shared"))
		for _, s := range []*harness.Subject{other, s} { // a slave sends nothing back
			expectStack(s, dir+"/parent/point", "top", "between", "hidden")
		}
	})

	It("is refused where nothing is mounted, and keeps to all other rules", Proves("mount-move-mount-beneath-inserts"), func() {
		s, dir := mounts.Stage()
		topped(s, dir+"/point")
		plant(s, dir+"/tree")
		Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
		fd := fresh(s, "between")
		refuse := func(errno error, call func() error, what string) {
			expectRefused(call, errno, []*harness.Subject{s}, what)
		}
		refuse(unix.EINVAL, func() error { return attach(s, fd, dir+"/tree/empty", beneath) }, "no mount point")
		refuse(unix.EINVAL, func() error { return attach(s, fd, dir+"/file", beneath) }, "a file")
		refuse(unix.EINVAL, func() error { return shift(s, dir+"/tree/empty", dir+"/point", beneath) }, "no mount")
		refuse(unix.EINVAL, func() error { return shift(s, dir+"/tree/sub", dir+"/tree", beneath) }, "what is mounted on the top mount itself")
		refuse(unix.EPERM, func() error { return attach(without(s), fd, dir+"/point", beneath) }, "without CAP_SYS_ADMIN")
		refuse(unix.EINVAL, func() error { return attach(s, fd, dir+"/point", beneath|unix.MOVE_MOUNT_SET_GROUP) }, "with MOVE_MOUNT_SET_GROUP")
		Expect(attach(s, fd, dir+"/point", beneath)).To(Succeed())
	})

	It("is refused where the parent propagates to what is on top", Proves("mount-move-mount-beneath-propagating-einval"), func() {
		s, stage := mounts.Stage()
		for kind, refused := range map[string]bool{"shared": true, "slave": true, "slave and shared": true, "private": false} {
			dir := stage + "/" + kind
			Arrange(s.Mkdir(dir))
			mounts.Point(s, dir+"/parent")
			shape(s, dir+"/parent", "shared", "")
			Arrange(s.Mkdir(dir + "/parent/point"))
			// A peer of the parent, with the root that it is mounted on.
			Arrange(s.Bind(dir+"/parent/point", dir+"/parent/point"))
			for _, step := range map[string][]int{"slave": {unix.MS_SLAVE}, "slave and shared": {unix.MS_SLAVE, unix.MS_SHARED}, "private": {unix.MS_PRIVATE}}[kind] {
				Arrange(s.Mount("none", dir+"/parent/point", "", step, ""))
			}
			fd := fresh(s, "between")
			insert := func() error { return attach(s, fd, dir+"/parent/point", beneath) }
			if refused {
				expectRefused(insert, unix.EINVAL, []*harness.Subject{s}, "a top mount that is %s", kind)
				Arrange(s.Mount("none", dir+"/parent/point", "", unix.MS_PRIVATE, ""))
			}
			Expect(insert()).To(Succeed(), "a top mount that was %s", kind)
		}
	})

	It("is refused where the parent propagates to what is to be inserted", Proves("mount-move-mount-beneath-propagating-einval"), func() {
		s, stage := mounts.Stage()
		for kind, refused := range map[string]bool{"shared": true, "slave": true, "private": false} {
			dir := stage + "/" + kind
			Arrange(s.Mkdir(dir))
			mounts.Point(s, dir+"/parent")
			shape(s, dir+"/parent", "shared", "")
			topped(s, dir+"/parent/point")
			for _, name := range []string{"/view", "/source"} {
				Arrange(s.Mkdir(dir + name))
			}
			// A peer of the parent, with the root that is to be mounted on.
			Arrange(s.Bind(dir+"/parent", dir+"/view"))
			Arrange(s.Bind(dir+"/view/point", dir+"/source"))
			for _, step := range map[string][]int{"slave": {unix.MS_SLAVE}, "private": {unix.MS_PRIVATE}}[kind] {
				Arrange(s.Mount("none", dir+"/source", "", step, ""))
			}
			source := Get(mounts.At(s, dir+"/source"))
			insert := func() error { return shift(s, dir+"/source", dir+"/parent/point", beneath) }
			if refused {
				expectRefused(insert, unix.EINVAL, []*harness.Subject{s}, "a source that is %s", kind)
				Arrange(s.Mount("none", dir+"/source", "", unix.MS_PRIVATE, ""))
			}
			Expect(insert()).To(Succeed(), "a source that was %s", kind)
			Expect(mounts.At(s, dir+"/parent/point")).To(HaveField("Parent", source.ID))
		}
	})
})
