package runtimes

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// expectRefused claims that a runtime makes no container of a configuration.
func (c *container) expectRefused() {
	GinkgoHelper()
	before := residueOf(c)
	c.room.Fails(c.command(c.run(c))...)
	c.room.Fails(c.command(c.runtime.state(c))...)
	Eventually(func() []string { return residueOf(c).Processes }).WithTimeout(Patience()).WithPolling(interval).Should(Equal(before.Processes))
}

var _ = each(func(rt runtime) {
	for _, kind := range nsutil.Kinds() {
		It(fmt.Sprintf("%s: a path of another kind's namespace is refused", kind), Proves("oci-namespace-path-of-another-type"), func() {
			kinds.Need(kind)
			rt.need(kind)
			other := nsutil.UTS
			if kind == other {
				other = nsutil.IPC
			}
			r := newRoom()
			_, number := donor(r, other)
			path := fmt.Sprintf("/proc/%d/ns/%s", number, other)
			rt.prepared(r, without(kind).joining(kind, path)).expectRefused()
			Expect(rt.start(r, without(other).joining(other, path)).state().Status).To(Equal("running"), "with what it is the path of")
		})
	}

	It("a namespace that config.json lists twice is refused", Proves("oci-namespace-duplicate"), func() {
		rt.need()
		twice := listing(nsutil.UTS)
		twice.namespaces = append(twice.namespaces, namespace{Type: types[nsutil.UTS]})
		rt.prepared(newRoom(), twice).expectRefused()
	})

	It("what is refused leaves nothing behind", Proves("oci-error-leaves-nothing"), func() {
		rt.need()
		r := newRoom()
		_, number := donor(r, nsutil.IPC)
		c := rt.prepared(r, with(nsutil.Mnt, nsutil.PID).joining(nsutil.UTS, fmt.Sprintf("/proc/%d/ns/ipc", number)))
		before := residueOf(c)
		r.Fails(c.command(c.run(c))...)
		c.expectResidue(before)
	})
})
