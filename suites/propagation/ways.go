package propagation

import (
	"errors"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// source has a private tree to mount somewhere: a file system with a file and, on
// its directory x, another one with a file.
func source(s *harness.Subject, top string) string {
	dir := top + "/source"
	if err := s.Mkdir(dir); !errors.Is(err, unix.EEXIST) { // from another mount namespace
		Arrange(err)
	}
	mounts.Tmpfs(s, dir)
	Arrange(s.WriteFile(dir+"/file", "upper", unix.O_CREAT))
	mounts.Point(s, dir+"/x")
	Arrange(s.WriteFile(dir+"/x/file", "lower", unix.O_CREAT))
	return dir
}

// way is a way to mount the source or something new on a directory.
type way struct {
	name  string
	since string
	// deep says that what is mounted in the source comes with it, fresh that
	// something else comes.
	deep, fresh bool
	mount       func(s *harness.Subject, source, target string) error
}

// The ways to mount the source, or to move it.

func bind(s *harness.Subject, source, target string) error { return s.Bind(source, target) }

func bindTree(s *harness.Subject, source, target string) error {
	return s.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, "")
}

func moveByMount(s *harness.Subject, source, target string) error {
	return s.Mount(source, target, "", unix.MS_MOVE, "")
}

// moveOpened moves what open_tree has opened.
func moveOpened(s *harness.Subject, source, target string) error {
	return attach(s, Get(s.OpenTree(source, unix.OPEN_TREE_CLOEXEC)), target)
}

// copyTree returns a way to attach what open_tree copies.
func copyTree(flags int) func(s *harness.Subject, source, target string) error {
	return func(s *harness.Subject, source, target string) error {
		fd, err := s.OpenTree(source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags)
		if err != nil {
			return err
		}
		return attach(s, fd, target)
	}
}

var ways = []way{
	{name: "mount of a new file system", fresh: true, mount: func(s *harness.Subject, _, target string) error {
		return s.Mount("none", target, "tmpfs", 0, "mode=755")
	}},
	{name: "mount with MS_BIND", mount: bind},
	{name: "mount with MS_BIND and MS_REC", deep: true, mount: bindTree},
	{name: "mount with MS_MOVE", deep: true, mount: moveByMount},
	{name: "move_mount of a new file system", since: "5.2", fresh: true, mount: func(s *harness.Subject, _, target string) error {
		fs := Get(s.Fsopen("tmpfs"))
		Arrange(s.FsconfigCreate(fs))
		return attach(s, Get(s.Fsmount(fs, unix.FSMOUNT_CLOEXEC)), target)
	}},
	{name: "move_mount of a detached copy", since: "5.2", mount: copyTree(0)},
	{name: "move_mount of a detached copy of a tree", since: "5.2", deep: true, mount: copyTree(unix.AT_RECURSIVE)},
	{name: "move_mount of what is mounted elsewhere", since: "5.2", deep: true, mount: moveOpened},
}

// attach mounts what the descriptor stands for, and closes it.
func attach(s *harness.Subject, fd int, target string) error {
	defer s.Close(fd)
	return s.MoveMount(fd, target)
}

func (w way) need() {
	if w.since != "" {
		NeedKernel(w.since)
	}
}

// shows returns what a process finds of the source at a directory: "upper",
// "upper, lower", or "" for a new file system or none.
func shows(s *harness.Subject, dir string) string {
	var all []string
	for _, file := range []string{dir + "/file", dir + "/x/file"} {
		text, err := s.ReadFile(file)
		if err == nil {
			all = append(all, text)
		} else {
			Expect(err).To(MatchError(unix.ENOENT), file)
		}
	}
	return strings.Join(all, ", ")
}

// brings is what shows says where the way has mounted the source.
func (w way) brings() string {
	switch {
	case w.fresh:
		return ""
	case w.deep:
		return "upper, lower"
	}
	return "upper"
}

// leaving is a way to unmount.
type leaving struct {
	name string
	do   func(s *harness.Subject, target string)
}

var leavings = []leaving{
	{"umount", func(s *harness.Subject, target string) { Expect(s.Umount(target, 0)).To(Succeed()) }},
	{"umount with MNT_DETACH", func(s *harness.Subject, target string) {
		Expect(s.Umount(target, unix.MNT_DETACH)).To(Succeed())
	}},
	{"umount with MNT_FORCE", func(s *harness.Subject, target string) {
		Expect(s.Umount(target, unix.MNT_FORCE)).To(Succeed())
	}},
	{"umount with MNT_EXPIRE", func(s *harness.Subject, target string) {
		Expect(s.Umount(target, unix.MNT_EXPIRE)).To(MatchError(unix.EAGAIN), "the first time")
		Expect(s.Umount(target, unix.MNT_EXPIRE)).To(Succeed(), "the second time")
	}},
}
