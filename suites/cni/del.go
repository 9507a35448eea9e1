package cni

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// goneNamespaces are ways to name a namespace that has ended.
var goneNamespaces = []struct {
	how  string
	path func(c *container) string
}{
	{"by its path", func(c *container) string { return c.netns }},
	{"without a path", func(*container) string { return "" }},
}

var _ = Specs("CNI DEL", Label("cni"), func() {
	for _, kind := range kinds {
		It("of "+kind.plugin+" takes the interface and its address away, and nobody else's", Proves("cni-del-removes"), func() {
			r := newRoom()
			n := kind.network(r)
			red, blue := r.container("red"), r.container("blue")
			stays := blue.add(n)
			before, roads, kept := links(r.Subject), routes(r.Subject), links(blue.member())
			a := red.add(n)
			Expect(r.reserved("red")).To(ConsistOf(a.address(), stays.address()))
			a.del()
			Expect(names(red.member())).To(Equal([]string{"lo"}))
			Expect(links(r.Subject)).To(Equal(before), "the room's devices")
			Expect(routes(r.Subject)).To(Equal(roads), "the room's routes")
			Expect(r.reserved("red")).To(ConsistOf(stays.address()))
			Expect(links(blue.member())).To(Equal(kept), "those of another container")
			stays.checks()
		})

		It("of "+kind.plugin+" succeeds again, and where nothing was added", Proves("cni-del-repeats"), func() {
			r := newRoom()
			n := kind.network(r)
			red, blue := r.container("red"), r.container("blue")
			a := red.add(n)
			before := links(blue.member())
			for range 3 {
				a.del()
				Expect(names(red.member())).To(Equal([]string{"lo"}))
			}
			(&attachment{to: blue, config: n, ifname: "eth0"}).del()
			Expect(links(blue.member())).To(Equal(before))
			Expect(r.reserved("red")).To(BeEmpty())

			again := red.add(n)
			Expect(names(red.member())).To(Equal([]string{"eth0", "lo"}), "it can be added again")
			again.checks()
		})

		for _, gone := range goneNamespaces {
			It("of "+kind.plugin+" gives the address back when the namespace has gone, "+gone.how, Proves("cni-del-without-netns"), func() {
				r := newRoom()
				n := kind.network(r)
				red := r.container("red")
				a := red.add(n)
				outer := len(names(r.Subject))
				red.unpin()
				if kind.plugin != "macvlan" { // has nothing in the room
					Eventually(func() int { return len(names(r.Subject)) }).WithTimeout(Patience()).
						Should(Equal(outer-1), "the other end goes with the namespace")
				}
				Expect(r.reserved("red")).To(ConsistOf(a.address()), "before DEL")
				late := a.order("DEL")
				late.netns = gone.path(red)
				for range 2 {
					r.succeeds(late)
					Expect(r.reserved("red")).To(BeEmpty())
				}
			})
		}
	}

	It("cuts a container off, and leaves others connected", Proves("cni-del-removes"), func() {
		r := newRoom()
		n := r.bridgeAlone("red")
		var (
			all     []*attachment
			members []*harness.Subject
		)
		for _, c := range r.containers("a", "b", "c") {
			all = append(all, c.add(n))
			members = append(members, c.member())
		}
		expectTalk(members[0], members[2], all[2].address(), "a to c")
		all[0].del()
		expectNoWay(members[0], all[2].address(), "a to c")
		expectTalk(members[1], members[2], all[2].address(), "b to c")
	})
})
