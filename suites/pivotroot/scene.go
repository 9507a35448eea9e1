package pivotroot

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// house returns a process in a mount namespace of its own, all mounts of which are
// private, whose root is a file system that is mounted on top of all others. Below
// it are another one at /new, with a directory /new/old, and a directory /dir. A
// file says of each file system what it is.
func house(options ...harness.Option) *harness.Subject {
	s := Spawn(append(options, harness.Cloned(nsutil.Mnt))...)
	Arrange(s.MakePrivate())
	enter(s)
	return s
}

// enter has s mount a file system on the root of its mount namespace and make that
// its root, and furnish it.
func enter(s *harness.Subject) {
	own := Get(s.OpenNS(s, nsutil.Mnt))
	mounts.Tmpfs(s, "/")
	Arrange(s.Setns(own, unix.CLONE_NEWNS)) // which begins at the topmost mount
	Arrange(s.Close(own))
	Arrange(s.WriteFile("/is", "old", unix.O_CREAT))
	Arrange(s.Mkdir("/dir"))
	place(s, "/new", "new")
}

// place has s mount a file system on a new directory, with a file that says what it
// is and a directory for the old root.
func place(s *harness.Subject, dir, is string) {
	mounts.Point(s, dir)
	Arrange(s.WriteFile(dir+"/is", is, unix.O_CREAT))
	Arrange(s.Mkdir(dir + "/old"))
}

// expectRefused claims that a call of pivot_root by s fails with the errno, and
// changes nothing.
func expectRefused(s *harness.Subject, newRoot, putOld string, errno error, why ...any) {
	before := Get(mounts.Lines(s))
	root, work := Get(s.Stat("/")), Get(s.Stat("."))
	Expect(s.PivotRoot(newRoot, putOld)).To(MatchError(errno), why...)
	Expect(mounts.Lines(s)).To(Equal(before), why...)
	for path, was := range map[string]unix.Stat_t{"/": root, ".": work} {
		is, err := s.Stat(path)
		Expect(err).NotTo(HaveOccurred(), why...)
		Expect([]uint64{is.Dev, is.Ino}).To(Equal([]uint64{was.Dev, was.Ino}), why...)
	}
}

// expectPivot claims that a call of pivot_root by s succeeds, that the mount with
// the file that says "new" is its root then, and that the old one is at old.
func expectPivot(s *harness.Subject, newRoot, putOld, old string, why ...any) {
	Expect(s.PivotRoot(newRoot, putOld)).To(Succeed(), why...)
	Expect(s.ReadFile("/is")).To(Equal("new"), why...)
	Expect(s.ReadFile(old+"/is")).To(Equal("old"), why...)
}
