package cni

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine, and that are among those of users who have
// subordinate ids.
const (
	alice = 60001
	first = 61000 // of those that user namespaces get
	count = 1000
)

// room is the host that a runtime runs on, with a network namespace of its own: all that
// plugins make goes with it.
type room struct {
	*rooms.Room
	configs int // that have been written
}

// newRoom returns a room.
func newRoom() *room {
	return &room{Room: rooms.New(nsutil.Net)}
}

// ownedRoom returns a room in a user namespace of its own, of which it is root.
func ownedRoom() *room {
	return &room{Room: rooms.Of(harness.Cloned(nsutil.User, nsutil.Net, nsutil.Mnt, nsutil.PID), harness.Named("room"), harness.Mapped(fmt.Sprintf("0 %d %d", first, count)))}
}

// container is a network namespace that a runtime has pinned.
type container struct {
	room  *room
	name  string // the container's id
	netns string // the pin
	ns    nsutil.ID
}

// container makes a network namespace and pins it; no process stays in there.
func (r *room) container(name string) *container {
	c := &container{room: r, name: name, netns: r.Path(name + ".net")}
	first := Get(r.Fork())
	Arrange(first.Unshare(unix.CLONE_NEWNET))
	c.ns = Get(first.NS(nsutil.Net))
	Arrange(first.WriteFile(c.netns, "", unix.O_CREAT))
	Arrange(first.Bind("/proc/self/ns/net", c.netns))
	Arrange(first.End())
	return c
}

// containers returns one for each name.
func (r *room) containers(names ...string) (all []*container) {
	for _, name := range names {
		all = append(all, r.container(name))
	}
	return all
}

// unpin gives the namespace up, as a runtime does when the container has ended.
func (c *container) unpin() {
	Arrange(c.room.Umount(c.netns, unix.MNT_DETACH))
	Arrange(c.room.Unlink(c.netns))
}

// member returns a new process that has joined the container by its path.
func (c *container) member() *harness.Subject {
	s := Get(c.room.Fork())
	fd := Get(s.Open(c.netns, unix.O_RDONLY|unix.O_CLOEXEC))
	Expect(s.Setns(fd, unix.CLONE_NEWNET)).To(Succeed(), "to join %s", c.name)
	Arrange(s.Close(fd))
	Expect(s.NS(nsutil.Net)).To(Equal(c.ns), c.name)
	return s
}

// ip has s execute ip(8), and returns what it prints.
func ip(s *harness.Subject, args ...string) string {
	child := Get(s.Fork())
	argv := slices.Concat([]string{NeedProgram("ip").Path}, args)
	Arrange(child.Exec(argv...))
	end := Get(child.Wait())
	said := Get(child.Output())
	if end.ExitStatus() != 0 {
		Arrange(fmt.Errorf("run %v: status %d: %s", argv, end.ExitStatus(), said))
	}
	return said
}
