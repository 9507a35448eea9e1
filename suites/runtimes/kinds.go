package runtimes

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// basis is what a container has besides what a spec is about: a root file system is of
// a mount namespace, and runtimes want a procfs of a PID namespace's own.
var basis = []nsutil.Kind{nsutil.Mnt, nsutil.PID}

// listing returns the basis with a kind.
func listing(kind nsutil.Kind) config {
	if slices.Contains(basis, kind) {
		return with(basis...)
	}
	return with(append(slices.Clone(basis), kind)...)
}

// without returns the basis less a kind.
func without(kind nsutil.Kind) config {
	return with(slices.DeleteFunc(slices.Clone(basis), func(k nsutil.Kind) bool { return k == kind })...)
}

// expectMember claims that a process is in namespaces of its own of the kinds that the
// container's configuration asks for, and shares all others with the room.
func (c *container) expectMember() {
	for _, kind := range kinds.Built() {
		its, rooms := rooms.NS(c.pid, kind), rooms.NS(c.room.PID(), kind)
		if c.asks(kind) {
			Expect(its).NotTo(Equal(rooms), "the %s namespace, which config.json lists", kind)
		} else {
			Expect(its).To(Equal(rooms), "the %s namespace, which config.json does not list", kind)
		}
	}
}

// expectBeside claims that another process is where the container's first one is: in the
// same namespaces, cgroup and root.
func (c *container) expectBeside(pid int) {
	containers.ExpectBeside(pid, c.pid)
	Expect(containers.Group(pid)).To(Equal(c.cgroup))
}

var _ = each(func(rt runtime) {
	for _, kind := range nsutil.Kinds() {
		ItOf(kind, "a container has a namespace of its own where config.json lists one, and shares the others",
			Proves("oci-namespace-new", "oci-namespace-inherited"), func() {
				kinds.Need(kind)
				rt.need(kind)
				c := rt.start(newRoom(), listing(kind))
				c.expectMember()
				other := rt.start(c.room, listing(kind))
				Expect(rooms.NS(other.pid, kind)).NotTo(Equal(rooms.NS(c.pid, kind)), "another container's")
			})

		ItOf(kind, "exec starts a process in the namespaces of the container's first one", Proves("oci-exec-enters"), func() {
			kinds.Need(kind)
			rt.need(kind)
			c := rt.start(newRoom(), listing(kind))
			further := c.exec()
			Expect(further).NotTo(Equal(c.pid))
			c.expectBeside(further)
			c.expectBeside(c.entered().PID()) // as the suite's own do
		})

		ItOf(kind, "a container is in the namespace whose path config.json names", Proves(pathPromise(kind)), func() {
			kinds.Need(kind)
			rt.need(kind)
			r := newRoom()
			donor, number := containers.Donor(r, kind, containers.Mapped)
			c := rt.joined(r, kind, fmt.Sprintf("/proc/%d/ns/%s", number, kind))
			Expect(rooms.NS(c.pid, kind)).To(Equal(rooms.NS(donor.PID(), kind)))
			Expect(rooms.NS(c.pid, kind)).NotTo(Equal(rooms.NS(r.PID(), kind)))
			c.expectMember()
			c.expectBeside(c.exec())
		})
	}
})

// pathPromise is the requirement that a container joins a namespace of a kind. The way into
// one of time is another than into the others, and so is the promise.
func pathPromise(kind nsutil.Kind) string {
	if kind == nsutil.Time {
		return "oci-time-path"
	}
	return "oci-namespace-path"
}

// joined returns a container in the namespace whose path config.json names.
func (rt runtime) joined(r *rooms.Room, kind nsutil.Kind, path string) *container {
	c := rt.prepared(r, without(kind).joining(kind, path))
	status, said := c.tried()
	if kind == nsutil.Time && status > 0 {
		// A process is in a time namespace that it has joined with its next child only. The
		// first one of a PID namespace takes that child along when it ends.
		c = rt.start(r, with(nsutil.Mnt).joining(kind, path))
		Deviates("crun-time-path-with-new-pid", "it is made without a PID namespace of its own, but not with one: %s", said)
		return c
	}
	c.expectMade(status, said)
	return c
}
