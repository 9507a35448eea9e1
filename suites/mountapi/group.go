package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// pair has s bind a private mount, which then gets the propagation type, to
// another directory, privately: both are of the same file system.
func pair(s *harness.Subject, dir, kind, sub string) {
	mounts.Point(s, dir+"/source")
	for _, name := range []string{"/source/sub", "/source/sub/point", "/target"} {
		Arrange(s.Mkdir(dir + name))
	}
	Arrange(s.Bind(dir+"/source"+sub, dir+"/target"))
	shape(s, dir+"/source", kind, dir+"/master")
}

var _ = Specs("move_mount with MOVE_MOUNT_SET_GROUP", Label("mount"), func() {
	for _, row := range []struct{ kind, sub, what string }{
		{"shared", "", "a shared mount"}, {"slave", "", "a slave"}, {"slave and shared", "", "a slave that is shared"},
		{"shared", "/sub", "a shared mount for a part of it"}, {"slave", "/sub", "a slave for a part of it"},
	} {
		It("gives a private mount the peers and the master of "+row.what+", and leaves it where it is", Proves("mount-move-mount-set-group"), func() {
			s, dir := mounts.Stage()
			pair(s, dir, row.kind, row.sub)
			point := "/sub/point"
			if row.sub != "" {
				point = "/point"
			}
			before := Get(mounts.Table(s))
			Expect(shift(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP)).To(Succeed())
			source := Get(mounts.PropagationAt(s, dir+"/source"))
			Expect(source.Type()).To(Equal(row.kind))
			Expect(mounts.PropagationAt(s, dir+"/target")).To(Equal(source))
			after := Get(mounts.Table(s))
			for i, m := range before {
				m.Optional = after[i].Optional
			}
			Expect(after).To(Equal(before), "all else is as it was")

			By("mounting below the source, the target and the master")
			has := func(name string) bool {
				_, err := s.Stat(dir + name + "/new")
				return err == nil
			}
			shared, slave := source.Shared != 0, source.Master != 0
			mount := func(on string, source, target, master bool) {
				Arrange(s.Mount("none", dir+on, "tmpfs", 0, ""))
				Arrange(s.WriteFile(dir+on+"/new", "", unix.O_CREAT))
				Expect(has("/source/sub/point")).To(Equal(source), "at the source, mounted on %s", on)
				Expect(has("/target"+point)).To(Equal(target), "at the target, mounted on %s", on)
				if slave {
					Expect(has("/master/sub/point")).To(Equal(master), "at the master, mounted on %s", on)
				}
				Arrange(s.Umount(dir+on, 0))
				for _, name := range []string{"/source/sub/point", "/target" + point} {
					Expect(has(name)).To(BeFalse(), "at %s, unmounted from %s", name, on)
				}
			}
			mount("/source/sub/point", true, shared, false)
			mount("/target"+point, shared, true, false)
			if slave {
				mount("/master/sub/point", true, true, true)
			}
		})
	}

	for name, way := range ways {
		It("can be told both mounts "+name, Proves("mount-move-mount-set-group"), func() {
			s, dir := mounts.Stage()
			pair(s, dir, "slave and shared", "")
			Expect(way(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP)).To(Succeed())
			Expect(mounts.PropagationAt(s, dir+"/target")).To(Equal(Get(mounts.PropagationAt(s, dir+"/source"))))
			Expect(mounts.Below(s, dir)).To(ConsistOf("source", "target", "master"))
		})
	}

	It("is refused unless the target is private", Proves("mount-move-mount-set-group"), func() {
		s, stage := mounts.Stage()
		for _, kind := range []string{"shared", "slave", "slave and shared"} {
			dir := stage + "/" + kind
			Arrange(s.Mkdir(dir))
			pair(s, dir, "shared", "")
			shape(s, dir+"/target", kind, dir+"/targets-master")
			expectRefused(func() error { return shift(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP) }, unix.EINVAL, []*harness.Subject{s}, "a %s target", kind)
			Arrange(s.Mount("none", dir+"/target", "", unix.MS_PRIVATE, ""))
			Expect(shift(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP)).To(Succeed(), "made private")
		}
	})

	It("is refused unless the source has peers or a master to give", Proves("mount-move-mount-set-group"), func() {
		s, stage := mounts.Stage()
		for _, kind := range []string{"private", "unbindable"} {
			dir := stage + "/" + kind
			Arrange(s.Mkdir(dir))
			pair(s, dir, kind, "")
			expectRefused(func() error { return shift(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP) }, unix.EINVAL, []*harness.Subject{s}, "a %s source", kind)
		}
	})

	It("is refused unless both are mounts of one file system, the target's root in the source's", Proves("mount-move-mount-set-group"), func() {
		s, dir := mounts.Stage()
		pair(s, dir, "shared", "")
		for _, name := range []string{"/other", "/part"} {
			Arrange(s.Mkdir(dir + name))
		}
		mounts.Tmpfs(s, dir+"/other")
		Arrange(s.Bind(dir+"/source/sub", dir+"/part")) // shared
		for what, row := range map[string]struct{ source, target string }{
			"another file system":        {"/source", "/other"},
			"a part for the whole":       {"/part", "/target"},
			"a directory for the source": {"/source/sub", "/target"},
			"a directory for the target": {"/source", "/target/sub"},
		} {
			expectRefused(func() error { return shift(s, dir+row.source, dir+row.target, unix.MOVE_MOUNT_SET_GROUP) }, unix.EINVAL, []*harness.Subject{s}, what)
		}
		expectRefused(func() error { return shift(without(s), dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP) }, unix.EPERM, []*harness.Subject{s}, "without CAP_SYS_ADMIN")
		Expect(shift(s, dir+"/source", dir+"/target", unix.MOVE_MOUNT_SET_GROUP)).To(Succeed())
	})
})
