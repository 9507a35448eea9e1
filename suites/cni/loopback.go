package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("The CNI plugin loopback", Label("cni"), func() {
	It("sets lo up, in the container alone", Proves("cni-loopback-up"), func() {
		r := newRoom()
		n := network("loopback", "lo")
		red, blue := r.container("red"), r.container("blue")
		inside, elsewhere := red.member(), blue.member()
		const self = "127.0.0.1"
		expectNoWay(inside, self, "before")
		a := red.addAs("lo", n)
		Expect(links(inside)["lo"].up()).To(BeTrue())
		expectTalk(inside, inside, self, "after")
		expectTalk(red.member(), inside, self, "another process of the container")
		for who, s := range map[string]bool{"another container": links(elsewhere)["lo"].up(), "the room": links(r.Subject)["lo"].up()} {
			Expect(s).To(BeFalse(), who)
		}
		expectNoWay(elsewhere, self, "another container")

		a.checks()
		ip(inside, "link", "set", "lo", "down")
		r.fails(a.order("CHECK"))
		a.del()
		Expect(links(inside)["lo"].up()).To(BeFalse())
	})
})
