package runtimes

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// expectRefused claims that a runtime makes no container of a configuration.
func (c *container) expectRefused() {
	before := residueOf(c)
	status, said := c.tried()
	c.expectNotMade(before, status, said)
}

// expectNotMade claims that an attempt to make the container was refused, and has left
// no process.
func (c *container) expectNotMade(before residue, status int, said string) {
	Expect(status).To(BeNumerically(">", 0), "%s makes %s: %s", c.name, c.id, said)
	c.room.Fails(c.command(c.runtime.state(c))...)
	Eventually(func() []string { return residueOf(c).Processes }).WithTimeout(Patience()).WithPolling(interval).Should(Equal(before.Processes))
}

// groupsLeft claims that nothing but cgroups is left of what was tried, and returns these.
// Once there is no process any more, there is nobody who would remove one.
func (c *container) groupsLeft(before residue) (left []string) {
	Eventually(func() residue {
		now := residueOf(c)
		left, now.Groups = now.Groups, before.Groups
		return now
	}).WithTimeout(Patience()).WithPolling(interval).Should(Equal(before))
	return left
}

var _ = each(func(rt runtime) {
	for _, kind := range nsutil.Kinds() {
		ItOf(kind, "a path of another kind's namespace is refused", Proves("oci-namespace-path-of-another-type"), func() {
			kinds.Need(kind)
			rt.need(kind)
			other := nsutil.UTS
			if kind == other {
				other = nsutil.IPC
			}
			r := newRoom()
			_, number := containers.Donor(r, other, containers.Mapped)
			path := fmt.Sprintf("/proc/%d/ns/%s", number, other)
			rt.prepared(r, without(kind).joining(kind, path)).expectRefused()
			Expect(rt.start(r, without(other).joining(other, path)).state().Status).To(Equal("running"), "with what it is the path of")
		})
	}

	It("a namespace that config.json lists twice is refused", Proves("oci-namespace-duplicate"), func() {
		rt.need()
		twice := listing(nsutil.UTS)
		twice.namespaces = append(twice.namespaces, namespace{Type: types[nsutil.UTS]})
		c := rt.prepared(newRoom(), twice)
		before := residueOf(c)
		status, said := c.tried()
		if status == 0 {
			c.expectMade(status, said)
			c.expectMember()
			Deviates("crun-namespace-twice", "the container is made, with one UTS namespace of its own")
			return
		}
		c.expectNotMade(before, status, said)
	})

	It("what is refused leaves nothing behind", Proves("oci-error-leaves-nothing"), func() {
		rt.need()
		r := newRoom()
		_, number := containers.Donor(r, nsutil.IPC, containers.Mapped)
		c := rt.prepared(r, with(nsutil.Mnt, nsutil.PID).joining(nsutil.UTS, fmt.Sprintf("/proc/%d/ns/ipc", number)))
		before := residueOf(c)
		said := r.Fails(c.command(c.run(c))...)
		if left := c.groupsLeft(before); len(left) > 0 {
			Expect(left).To(Equal([]string{containers.Hierarchy + c.cgroup}))
			Expect(Get(os.ReadFile(left[0]+"/cgroup.procs"))).To(BeEmpty(), "the processes in the cgroup that is left")
			Deviates(rt.name+"-refused-leaves-cgroup", "the container's cgroup is left, empty: %s", said)
		}
	})
})
