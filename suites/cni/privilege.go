package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("CNI plugins", Label("cni"), func() {
	for _, kind := range kinds {
		It("refuse who is not root: "+kind.plugin, Proves("cni-add-needs-privilege"), func() {
			r := newRoom()
			n := kind.network(r)
			red := r.container("red")
			before, inside := links(r.Subject), links(red.member())
			a := &attachment{to: red, config: n, ifname: "eth0"}
			o := a.order("ADD")
			o.user = alice
			r.fails(o)
			Expect(links(r.Subject)).To(Equal(before))
			Expect(links(red.member())).To(Equal(inside))
			a.del() // an address may be reserved, as it takes no privilege to write that down
			o.user = 0
			r.succeeds(o)
		})
	}

	It("refuse who is not root: loopback", Proves("cni-add-needs-privilege"), func() {
		r := newRoom()
		red := r.container("red")
		o := (&attachment{to: red, config: network("loopback", "lo"), ifname: "lo"}).order("ADD")
		o.user = alice
		f := r.fails(o)
		Expect(f.Message + f.Details).To(ContainSubstring("operation not permitted"))
		Expect(links(red.member())["lo"].up()).To(BeFalse())
		o.user = 0
		r.succeeds(o)
		Expect(links(red.member())["lo"].up()).To(BeTrue())
	})

	It("wire what the root of a user namespace owns", Proves("cni-add-in-user-namespace"), func() {
		r := ownedRoom()
		n := r.bridge()
		red, blue := r.container("red"), r.container("blue")
		a, b := red.add(n), blue.add(n)
		expectTalk(red.member(), blue.member(), b.address(), "red to blue")
		expectTalk(blue.member(), r.Subject, "10.88.1.1", "blue to the room")
		a.checks()
		a.del()
		b.del()
		Expect(names(r.Subject)).To(Equal([]string{"lo", "red0"}))
		Expect(r.reserved("red")).To(BeEmpty())
	})
})
