package propagation

import (
	"path"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// place is a mount as a process sees it. In its root is a directory "x" to mount on.
type place struct {
	s   *harness.Subject
	top string // a private mount, to mount other places on
	dir string
	dev uint64 // of its file system
}

func (p place) x() string { return p.dir + "/x" }

// String names the place in failures.
func (p place) String() string { return p.dir[len(path.Dir(p.top))+1:] + " of " + p.s.Name() }

// at returns what the same process has mounted at another directory: a path below top.
func (p place) at(dir string) place {
	p.dir = p.top + "/" + dir
	p.dev = Get(p.s.Stat(p.dir)).Dev
	return p
}

// on returns what is mounted on x.
func (p place) on() place {
	return p.at(p.dir[len(p.top)+1:] + "/x")
}

// in returns the same place as another process sees it.
func (p place) in(s *harness.Subject) place {
	p.s = s
	return p
}

// see returns which file system is mounted on x.
func (p place) see() uint64 {
	st, err := p.s.Stat(p.x())
	Expect(err).NotTo(HaveOccurred(), "look at %s/x", p)
	return st.Dev
}

// mount has the process mount a new file system on x.
func (p place) mount() error { return p.s.Mount("none", p.x(), "tmpfs", 0, "mode=755") }

// umount has the process unmount what is on x.
func (p place) umount() error { return p.s.Umount(p.x(), 0) }

// stage returns a private mount in a mount namespace where all others are private, too.
func stage(options ...harness.Option) place {
	s, top := mounts.Stage(options...)
	return place{s: s, top: top}.fresh("m")
}

// fresh has the process mount a new file system on a new directory below top.
func (p place) fresh(dir string) place {
	mounts.Point(p.s, p.top+"/"+dir)
	Arrange(p.s.Mkdir(p.top + "/" + dir + "/x"))
	return p.at(dir)
}

// bound has the process bind the mount on a new directory below top.
func (p place) bound(dir string) place {
	Arrange(p.s.Mkdir(p.top + "/" + dir))
	Arrange(p.s.Bind(p.dir, p.top+"/"+dir))
	return p.at(dir)
}

// copied returns the mount's copy in a copy of its mount namespace.
func (p place) copied() place {
	return p.in(mounts.Beside(p.s))
}

// become gives the mount the propagation type.
func (p place) become(flags int) place {
	Arrange(setByMount(p, flags))
	return p
}

// shared, slave, private and unbindable are become with these types.
func (p place) shared() place     { return p.become(unix.MS_SHARED) }
func (p place) slave() place      { return p.become(unix.MS_SLAVE) }
func (p place) private() place    { return p.become(unix.MS_PRIVATE) }
func (p place) unbindable() place { return p.become(unix.MS_UNBINDABLE) }

// typeFlags are the flags that set a propagation type, by that type.
var typeFlags = map[string]int{"shared": unix.MS_SHARED, "private": unix.MS_PRIVATE, "slave": unix.MS_SLAVE, "unbindable": unix.MS_UNBINDABLE}

// The ways to set a propagation type: an MS_* flag, or several with MS_REC.

func setByMount(p place, flags int) error { return p.s.Mount("", p.dir, "", flags, "") }

func setBySetattr(p place, flags int) error {
	recursive := 0
	if flags&unix.MS_REC != 0 {
		recursive = unix.AT_RECURSIVE
	}
	return p.s.MountSetattr(unix.AT_FDCWD, p.dir, recursive, unix.MountAttr{Propagation: uint64(flags &^ unix.MS_REC)})
}

// setter is a way to set a propagation type.
type setter struct {
	name string
	set  func(p place, flags int) error
	need func()
}

var setters = []setter{
	{"mount", setByMount, func() {}},
	{"mount_setattr", setBySetattr, func() { NeedKernel("5.12") }},
}

// lessPrivileged returns a process in a copy of the place's mount namespace that
// a new user namespace owns.
func lessPrivileged(p place) *harness.Subject {
	return Get(p.s.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNS))
}
