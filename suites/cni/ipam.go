package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("The CNI plugin host-local", Label("cni"), func() {
	It("gives each address to one container, until all are given out", Proves("cni-host-local-unique"), func() {
		r := newRoom()
		n := r.addressed(network("ptp", "red"), "10.88.6.0/29") // five, less the gateway's
		given := map[string]*attachment{}
		for _, c := range r.containers("a", "b", "c", "d", "e") {
			a := c.add(n)
			Expect(given).NotTo(HaveKey(a.address()), c.name)
			Expect(r.ReadFile(r.Path("store/red/" + a.address()))).To(HavePrefix(c.name))
			given[a.address()] = a
		}
		last := r.container("last")
		r.fails((&attachment{to: last, config: n, ifname: "eth0"}).order("ADD"))
		Expect(names(last.member())).To(Equal([]string{"lo"}))
		Expect(r.reserved("red")).To(HaveLen(len(given)))

		given["10.88.6.4"].del()
		Expect(last.add(n).address()).To(Equal("10.88.6.4"), "the one that was given back")
	})

	It("is found in CNI_PATH by the plugin that needs addresses", Proves("cni-delegates-ipam"), func() {
		r := newRoom()
		for _, n := range []config{r.ptp(), r.bridgeAlone("blue")} {
			name := n["name"].(string)
			c := r.container("of-" + name)
			a := &attachment{to: c, config: n, ifname: "eth0"}
			lost := a.order("ADD")
			lost.path = r.Dir
			r.fails(lost)
			Expect(r.reserved(name)).To(BeEmpty())
			a.del()
			Expect(names(c.member())).To(Equal([]string{"lo"}), "when DEL has cleaned up")
			Expect(c.add(n).address()).To(Equal(links(c.member())["eth0"].ipv4()))
			Expect(r.reserved(name)).To(HaveLen(1))
		}
	})
})
