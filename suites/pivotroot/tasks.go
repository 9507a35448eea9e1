package pivotroot

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// task is a process or thread of the namespace, and where pivot_root leaves it.
type task struct {
	*harness.Subject
	root, work string // what is there afterwards
}

var _ = Specs("pivot_root moves to the new root", Label("mount"), func() {
	It("each whose root or working directory was the old one, and nobody else", Proves("mount-pivot-root-moves-tasks"), func() {
		s := house(harness.Named("caller"))
		place(s, "/kept", "kept")
		Arrange(s.WriteFile("/dir/is", "dir", unix.O_CREAT))
		fork := func(root, work string, afterRoot, afterWork string) task {
			child := Get(s.Fork())
			fd := Get(child.Open(work, unix.O_PATH))
			Arrange(child.Chroot(root))
			Arrange(child.Fchdir(fd))
			Arrange(child.Close(fd))
			return task{child, afterRoot, afterWork}
		}
		tasks := []task{
			{s, "new", "new"},
			fork("/", "/", "new", "new"), fork("/", "/dir", "new", "dir"), fork("/", "/kept", "new", "kept"), fork("/", "/new", "new", "new"),
			fork("/dir", "/", "dir", "new"), fork("/dir", "/dir", "dir", "dir"), fork("/kept", "/", "kept", "new"), fork("/new", "/", "new", "new"),
			fork("/kept", "/new", "kept", "new"),
		}
		expectPivot(s, "/new", "/new/old", "/old")
		for i, t := range tasks {
			Expect(t.ReadFile("/is")).To(Equal(t.root), "the root of task %d, whose working directory is %s", i, t.work)
			Expect(t.ReadFile("is")).To(Equal(t.work), "the working directory of task %d, whose root is %s", i, t.root)
		}
		Expect(tasks[1].ReadFile("../is")).To(Equal("new"))
		Expect(tasks[1].ReadFile("/old/is")).To(Equal("old"))
	})

	for text, make := range map[string]func(s *harness.Subject) *harness.Subject{
		"a thread of the caller": func(s *harness.Subject) *harness.Subject { return Get(s.Thread()) },
		"a thread with a root of its own": func(s *harness.Subject) *harness.Subject {
			thread := Get(s.Thread())
			Arrange(thread.Unshare(unix.CLONE_FS))
			return thread
		},
		"who shares the caller's root":   func(s *harness.Subject) *harness.Subject { return Get(s.Clone(unix.CLONE_FS)) },
		"a member of a user namespace":   func(s *harness.Subject) *harness.Subject { return Get(s.Clone(unix.CLONE_NEWUSER)) },
		"the first of a PID namespace":   func(s *harness.Subject) *harness.Subject { return Get(s.Clone(unix.CLONE_NEWPID)) },
		"who shares the caller's memory": func(s *harness.Subject) *harness.Subject { return Get(s.CloneVM(0)) },
		"who has joined the namespace":   joined,
		"an orphan":                      orphan,
	} {
		It(text, Proves("mount-pivot-root-moves-tasks"), func() {
			s := house(harness.Named("caller"))
			other := make(s)
			expectPivot(s, "/new", "/new/old", "/old")
			Expect(other.ReadFile("/is")).To(Equal("new"))
			Expect(other.ReadFile("is")).To(Equal("new"))
			Expect(other.ReadFile("/old/is")).To(Equal("old"))
		})
	}

	It("the parent of who calls it, and all that the parent makes afterwards", Proves("mount-pivot-root-moves-tasks"), func() {
		s := house(harness.Named("parent"))
		caller := Get(Get(s.Fork()).Fork())
		expectPivot(caller, "/new", "/new/old", "/old")
		for _, other := range []*harness.Subject{s, Get(s.Fork())} {
			Expect(other.ReadFile("/is")).To(Equal("new"))
			Expect(other.ReadFile("is")).To(Equal("new"))
		}
	})

	It("each of many", Proves("mount-pivot-root-moves-tasks"), func() {
		s := house(harness.Named("caller"))
		var others []*harness.Subject
		for range 12 {
			others = append(others, Get(s.Fork()))
		}
		expectPivot(s, "/new", "/new/old", "/old")
		for i, other := range others {
			Expect(other.ReadFile("is")).To(Equal("new"), fmt.Sprint(i))
			Expect(other.ReadFile("/is")).To(Equal("new"), fmt.Sprint(i))
		}
	})
})

// joined returns a process that has joined the mount namespace of s.
func joined(s *harness.Subject) *harness.Subject {
	visitor := Spawn(harness.Named("visitor"))
	Arrange(visitor.Join(s, nsutil.Mnt))
	return visitor
}

// orphan returns a process of the namespace whose parent has ended.
func orphan(s *harness.Subject) *harness.Subject {
	parent := Get(s.Fork())
	child := Get(parent.Fork())
	Arrange(parent.End())
	return child
}
