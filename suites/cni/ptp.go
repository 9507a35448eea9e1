package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("The CNI plugin ptp", Label("cni"), func() {
	It("makes a pair with one end inside", Proves("cni-ptp-pair"), func() {
		r := newRoom()
		red := r.container("red")
		ip(red.member(), "link", "add", "spare", "type", "veth", "peer", "name", "pair") // so that indexes differ
		a := red.add(r.ptp())
		outside := links(r.Subject)[a.outer("")]
		eth0 := links(red.member())["eth0"]
		Expect(outside.Index).NotTo(Equal(eth0.Index), "the two could be told apart")
		expectPair(outside, eth0)
		Expect(outside.Master).To(BeEmpty())
	})

	It("routes all that the container sends to the room, and the container's address to it", Proves("cni-ptp-routes"), func() {
		r := newRoom()
		n := r.ptp()
		red := r.container("red")
		inside := red.member()
		expectNoWay(inside, "10.99.0.1", "without a network")
		a := red.add(n)
		outer := a.outer("")
		Expect(routes(inside)).To(ContainElement(hop{"default", a.result.IPs[0].Gateway, "eth0"}))
		Expect(routes(r.Subject)).To(ContainElement(hop{a.address(), "", outer}))
		Expect(links(r.Subject)[outer].ipv4()).To(Equal(a.result.IPs[0].Gateway))
		expectTalk(inside, r.Subject, a.result.IPs[0].Gateway, "the container to the room")
		expectTalk(r.Subject, inside, a.address(), "the room to the container")

		r.pair("near", "far")
		ip(r.Subject, "address", "add", "10.99.0.1/24", "dev", "near")
		expectTalk(inside, r.Subject, "10.99.0.1", "the container to another address")
		a.del()
		expectNoWay(inside, "10.99.0.1", "after DEL")
	})

	It("has containers talk through the room", Proves("cni-ptp-routes"), func() {
		r := newRoom()
		n := r.ptp()
		red, blue := r.container("red"), r.container("blue")
		a, b := red.add(n), blue.add(n)
		expectTalk(red.member(), blue.member(), b.address(), "red to blue")
		expectTalk(blue.member(), red.member(), a.address(), "blue to red")
	})
})
