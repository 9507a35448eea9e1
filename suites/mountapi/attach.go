package mountapi

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// making are the steps by which a private mount gets a propagation type.
var making = map[string][]int{
	"private":          {},
	"shared":           {unix.MS_SHARED},
	"slave":            {unix.MS_SHARED, unix.MS_SLAVE},
	"slave and shared": {unix.MS_SHARED, unix.MS_SLAVE, unix.MS_SHARED},
	"unbindable":       {unix.MS_UNBINDABLE},
}

// shape gives a private mount a propagation type. A slave's master is a bind mount
// of it on another directory.
func shape(s *harness.Subject, point, kind, master string) {
	for _, step := range making[kind] {
		Arrange(s.Mount("none", point, "", step, ""))
		if step == unix.MS_SHARED && len(making[kind]) > 1 && mounts.Propagation.Type(Get(mounts.PropagationAt(s, point))) == "shared" {
			Arrange(s.Mkdir(master))
			Arrange(s.Bind(point, master))
		}
	}
	Expect(Get(mounts.PropagationAt(s, point)).Type()).To(Equal(kind), point)
}

var _ = Specs("move_mount", Label("mount"), func() {
	for _, row := range []struct{ parent, source, result string }{
		{"private", "private", "private"}, {"private", "shared", "shared"}, {"private", "slave", "slave"}, {"private", "slave and shared", "slave and shared"},
		{"slave", "private", "private"}, {"slave", "shared", "shared"}, {"unbindable", "private", "private"}, {"unbindable", "slave", "slave"},
		{"shared", "private", "shared"}, {"shared", "shared", "shared"}, {"shared", "slave", "slave and shared"}, {"shared", "slave and shared", "slave and shared"},
		{"slave and shared", "private", "shared"}, {"slave and shared", "slave", "slave and shared"},
	} {
		It(fmt.Sprintf("attaches the copy of a %s mount to a %s one as a %s one", row.source, row.parent, row.result), Proves("mount-move-mount-attaches-detached"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			mounts.Point(s, dir+"/parent")
			Arrange(s.Mkdir(dir + "/parent/target"))
			shape(s, dir+"/parent", row.parent, dir+"/parents-master")
			for _, sub := range []string{"", "/sub"} {
				shape(s, dir+"/tree"+sub, row.source, dir+"/master-of-"+fmt.Sprint(len(sub)))
			}
			neighbour := mounts.Beside(s)
			fd := Get(s.OpenTree(dir+"/tree", whole))
			before := Get(mounts.Below(s, dir))
			Expect(attach(s, fd, dir+"/parent/target", 0)).To(Succeed())

			receives := row.parent == "shared" || row.parent == "slave and shared"
			for _, sub := range []string{"", "/sub"} {
				source, result := Get(mounts.PropagationAt(s, dir+"/tree"+sub)), Get(mounts.PropagationAt(s, dir+"/parent/target"+sub))
				Expect(result.Type()).To(Equal(row.result), "target%s", sub)
				Expect(result.Master).To(Equal(source.Master), "target%s", sub)
				if source.Shared != 0 {
					Expect(result.Shared).To(Equal(source.Shared), "target%s", sub)
				}
				Expect(s.ReadFile(dir + "/parent/target" + sub + "/file")).To(Equal("there"))
				if receives {
					Expect(Get(mounts.PropagationAt(neighbour, dir+"/parent/target"+sub)).Shared).To(Equal(result.Shared), "in the parent's peer")
					Expect(neighbour.ReadFile(dir + "/parent/target" + sub + "/file")).To(Equal("there"))
				} else {
					Expect(mounts.Below(neighbour, dir)).To(ConsistOf(before), "in a copy of the namespace")
				}
			}
			Expect(mounts.Below(s, dir)).To(ContainElements(before))
		})
	}

	It("attaches what fsmount has made as a private mount, to a shared one as a shared one", Proves("mount-move-mount-attaches-detached"), func() {
		s, stage := mounts.Stage()
		for _, parent := range []string{"private", "shared"} {
			dir := stage + "/" + parent
			Arrange(s.Mkdir(dir))
			mounts.Point(s, dir+"/parent")
			Arrange(s.Mkdir(dir + "/parent/target"))
			shape(s, dir+"/parent", parent, "")
			neighbour := mounts.Beside(s)
			fd := fresh(s, "new")
			Expect(s.ReadDir(dir+"/parent/target")).To(BeEmpty(), "before")
			Expect(attach(s, fd, dir+"/parent/target", 0)).To(Succeed())
			Expect(s.ReadDir(dir + "/parent/target")).To(ConsistOf("new"))
			p := Get(mounts.PropagationAt(s, dir+"/parent/target"))
			Expect(p.Type()).To(Equal(parent))
			if parent == "private" {
				Expect(neighbour.ReadDir(dir + "/parent/target")).To(BeEmpty())
				continue
			}
			Expect(neighbour.ReadDir(dir + "/parent/target")).To(ConsistOf("new"))
			Expect(mounts.PropagationAt(neighbour, dir+"/parent/target")).To(Equal(p), "its peer")
			Expect(p.Shared).NotTo(Equal(Get(mounts.PropagationAt(s, dir+"/parent")).Shared), "its peer group is new")
		}
	})

	It("attaches a tree once, and moves it then", Proves("mount-move-mount-attaches-detached"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		for _, name := range []string{"/first", "/second"} {
			Arrange(s.Mkdir(dir + name))
		}
		fd := Get(s.OpenTree(dir+"/tree", whole))
		Expect(attach(s, fd, dir+"/first", 0)).To(Succeed())
		Expect(mountOf(s, fd)).To(Equal(fmt.Sprint(Get(mounts.At(s, dir+"/first")).ID)), "the descriptor stands for it")
		Expect(mounts.Below(s, dir)).To(ConsistOf("tree", "tree/sub", "first", "first/sub"))
		Expect(attach(s, fd, dir+"/second", 0)).To(Succeed())
		Expect(mounts.Below(s, dir)).To(ConsistOf("tree", "tree/sub", "second", "second/sub"))
		Arrange(s.Close(fd))
		Expect(s.ReadFile(dir+"/second/sub/file")).To(Equal("there"), "when the descriptor is closed")
	})

	for name, to := range map[string]func(s *harness.Subject, fd int, dir, name string) error{
		"a path": func(s *harness.Subject, fd int, dir, name string) error { return attach(s, fd, dir+"/"+name, 0) },
		"a name in a directory": func(s *harness.Subject, fd int, dir, name string) error {
			return move(s, fd, "", Get(s.Open(dir, unix.O_PATH)), name, unix.MOVE_MOUNT_F_EMPTY_PATH)
		},
		"a descriptor": func(s *harness.Subject, fd int, dir, name string) error {
			const both = unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_EMPTY_PATH
			return move(s, fd, "", Get(s.Open(dir+"/"+name, unix.O_PATH)), "", both)
		},
		"a path, from one below /proc": func(s *harness.Subject, fd int, dir, name string) error {
			return shift(s, fmt.Sprintf("/proc/%d/fd/%d", s.PID(), fd), dir+"/"+name, unix.MOVE_MOUNT_F_SYMLINKS)
		},
	} {
		It("attaches a tree to "+name, Proves("mount-move-mount-attaches-detached"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			Arrange(s.Mkdir(dir + "/target"))
			fd := Get(s.OpenTree(dir+"/tree", whole))
			Expect(to(s, fd, dir, "target")).To(Succeed())
			Expect(mounts.Below(s, dir)).To(ConsistOf("tree", "tree/sub", "target", "target/sub"))
			Expect(s.ReadFile(dir + "/target/sub/file")).To(Equal("there"))
		})
	}

	It("attaches a file to a file, a directory to a directory, and nothing else", Proves("mount-move-mount-attaches-detached"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Mkdir(dir + "/dir"))
		Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
		file, tree := Get(s.OpenTree(dir+"/tree/file", one)), Get(s.OpenTree(dir+"/tree", one))
		expectRefused(func() error { return attach(s, file, dir+"/dir", 0) }, unix.EINVAL, []*harness.Subject{s})
		expectRefused(func() error { return attach(s, tree, dir+"/file", 0) }, unix.EINVAL, []*harness.Subject{s})
		Expect(attach(s, file, dir+"/file", 0)).To(Succeed())
		Expect(attach(s, tree, dir+"/dir", 0)).To(Succeed())
		Expect(s.ReadFile(dir + "/file")).To(Equal("there"))
		Expect(s.ReadFile(dir + "/dir/file")).To(Equal("there"))
	})
})
