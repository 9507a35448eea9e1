package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("The CNI plugin macvlan", Label("cni"), func() {
	It("puts a device inside whose parent is outside", Proves("cni-macvlan-parent"), func() {
		r := newRoom()
		n := r.macvlan()
		red := r.container("red")
		before := links(r.Subject)
		red.add(n)
		eth0 := links(red.member())["eth0"]
		parent := links(r.Subject)[uplink]
		Expect(eth0.Info.Kind).To(Equal("macvlan"))
		Expect(eth0.Info.Data.Mode).To(Equal("bridge"))
		Expect(eth0.Tied).To(Equal(parent.Index))
		Expect(eth0.Mac).NotTo(Equal(parent.Mac))
		Expect(links(r.Subject)).To(Equal(before), "the room's devices")
		ip(r.Subject, "link", "del", uplink)
		Expect(names(red.member())).To(Equal([]string{"lo"}), "when the parent has gone")
	})

	It("has containers talk to each other and to what the parent leads to", Proves("cni-macvlan-connects"), func() {
		r := newRoom()
		n := r.macvlan()
		beyond := r.container("beyond")
		ip(r.Subject, "link", "set", "far", "netns", beyond.netns)
		outsider := beyond.member()
		ip(outsider, "address", "add", "10.88.4.200/24", "dev", "far")
		ip(outsider, "link", "set", "far", "up")
		red, blue := r.container("red"), r.container("blue")
		a, b := red.add(n), blue.add(n)
		expectTalk(red.member(), blue.member(), b.address(), "red to blue")
		expectTalk(red.member(), outsider, "10.88.4.200", "red to what is beyond")
		expectTalk(outsider, red.member(), a.address(), "what is beyond to red")
		expectNoWay(r.container("alone").member(), b.address(), "who has no part in the network")
	})
})
