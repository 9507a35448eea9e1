package engines

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// container is one that an engine has made in a room.
type container struct {
	engine
	options
	room *room
	name string
	mark string // an argument of its first process's, which no other process has

	pid int // of that process, as the suite's procfs shows it

	id string // by which the engine knows it, where that is not the name
	// executing are programs of the engine's that run as long as what they have started.
	executing []*harness.Subject
}

// run has a container run, and returns it when its program does.
func (r *room) run(o options) *container {
	c := r.container(o)
	status, said := c.engine.run(c)
	Expect(status).To(Equal(0), said)
	c.pid = r.MustFind(c.engine.pid(c), c.engine.name)
	Expect(r.executing(c.mark)).To(Equal(c.pid), "the process that the engine tells of")
	return c
}

// refuses claims that the engine makes no container that runs with the options.
func (r *room) refuses(o options) {
	c := r.container(o)
	status, said := c.engine.run(c)
	Expect(status).To(BeNumerically(">", 0), said)
	Expect(r.Executing(waiting, c.mark)).To(BeZero(), "the container's first process")
}

// container returns one that the engine has not made yet.
func (r *room) container(o options) *container {
	n := made.Add(1)
	return &container{engine: r.engine, options: o, room: r, name: fmt.Sprintf("container-%d", n), mark: fmt.Sprintf("first-%d", n)}
}

// exec has the engine start a further process, and returns that, as the suite's procfs
// shows it.
func (c *container) exec() int {
	mark := fmt.Sprintf("further-%d", made.Add(1))
	c.engine.exec(c, waiting, mark)
	return c.room.executing(mark)
}

// executing returns the process of the room's that has got so far as to run the image's
// program with a mark for its argument.
func (r *room) executing(mark string) (pid int) {
	Eventually(func() int {
		pid = r.Executing(waiting, mark)
		return pid
	}).WithTimeout(r.Patience).WithPolling(interval).ShouldNot(BeZero())
	return pid
}

// entered returns a process of the suite's in the container.
func (c *container) entered() *harness.Subject {
	return Spawn(harness.Entered(c.pid), harness.Named("inside"))
}

// expectMember claims that the first process is in namespaces of its own of the kinds
// that the container was told so, or told nothing, and shares the room's of others.
func (c *container) expectMember() {
	for _, kind := range kinds.Built() {
		its, rooms := rooms.NS(c.pid, kind), rooms.NS(c.room.PID(), kind)
		if c.whose(kind) == host {
			Expect(its).To(Equal(rooms), "the %s namespace, which the container shares", kind)
		} else {
			Expect(its).NotTo(Equal(rooms), "the %s namespace, which the container does not share", kind)
		}
	}
}

// expectShared claims that two containers are in the same namespaces of those kinds, and
// of the ones that both share with the host, and in different ones of all others.
func (c *container) expectShared(with *container, shared ...nsutil.Kind) {
	for _, kind := range kinds.Built() {
		its, other := rooms.NS(c.pid, kind), rooms.NS(with.pid, kind)
		if slices.Contains(shared, kind) || c.whose(kind) == host && with.whose(kind) == host {
			Expect(its).To(Equal(other), "the %s namespace, which two containers share", kind)
		} else {
			Expect(its).NotTo(Equal(other), "the %s namespace, of which each container has its own", kind)
		}
	}
}

// expectBeside claims that another process is where the container's first one is.
func (c *container) expectBeside(pid int) {
	Expect(pid).NotTo(Equal(c.pid))
	containers.ExpectBeside(pid, c.pid)
}

// pidFile is where an engine may write what it says of the first process.
func (c *container) pidFile() string { return c.room.Path(c.name + ".pid") }
