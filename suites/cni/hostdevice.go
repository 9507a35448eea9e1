package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("The CNI plugin host-device", Label("cni"), func() {
	It("moves a device of the room into the container, and back", Proves("cni-host-device-moves"), func() {
		r := newRoom()
		NeedProgram("cni/host-device")
		r.pair("spare", "partner")
		ip(r.Subject, "address", "add", "10.88.5.1/24", "dev", "partner")
		red := r.container("red")
		device := links(r.Subject)["spare"]
		n := r.addressed(network("host-device", "red").with("device", "spare"), "10.88.5.0/24")
		a := red.add(n)
		inside := red.member()
		Expect(names(inside)).To(Equal([]string{"eth0", "lo"}))
		Expect(links(inside)["eth0"].Mac).To(Equal(device.Mac))
		Expect(names(r.Subject)).To(Equal([]string{"lo", "partner"}))
		expectTalk(r.Subject, inside, a.address(), "the room to the container")
		expectTalk(inside, r.Subject, "10.88.5.1", "the container to the room")
		a.del()
		Expect(names(inside)).To(Equal([]string{"lo"}))
		Expect(names(r.Subject)).To(Equal([]string{"lo", "partner", "spare"}))
		Expect(links(r.Subject)["spare"].Mac).To(Equal(device.Mac))
		Expect(r.reserved("red")).To(BeEmpty())
	})
})
