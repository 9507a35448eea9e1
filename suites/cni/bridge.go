package cni

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The CNI plugin bridge", Label("cni"), func() {
	It("ties containers to a bridge by pairs, of which it gets one end each", Proves("cni-bridge-ports"), func() {
		r := newRoom()
		n := r.bridge()
		for _, c := range r.containers("red", "blue") {
			a := c.add(n)
			outside, eth0 := links(r.Subject), links(c.member())["eth0"]
			Expect(outside["red0"].Info.Kind).To(Equal("bridge"))
			Expect(outside["red0"].up()).To(BeTrue())
			port := outside[a.outer("red0")]
			Expect(port.Master).To(Equal("red0"))
			expectPair(port, eth0)
		}
	})

	It("has containers of a network talk to each other", Proves("cni-bridge-connects"), func() {
		r := newRoom()
		n := r.bridgeAlone("red")
		red, blue := r.container("red"), r.container("blue")
		a, b := red.add(n), blue.add(n)
		one, other := red.member(), blue.member()
		expectTalk(one, other, b.address(), "red to blue")
		expectTalk(other, one, a.address(), "blue to red")
		expectTalk(red.member(), other, b.address(), "another process of red to blue")
	})

	It("keeps containers of other networks apart, with the same addresses even", Proves("cni-bridge-isolates"), func() {
		r := newRoom()
		var members [2][2]*harness.Subject
		for i, name := range []string{"red", "blue"} {
			n := r.bridgeAlone(name)
			for j, c := range r.containers(name+"-one", name+"-other") {
				Expect(c.add(n).address()).To(Equal([]string{"10.88.2.2", "10.88.2.3"}[j]), c.name)
				members[i][j] = c.member()
			}
		}
		alone := r.container("alone").member()
		for i := range members {
			expectTalk(members[i][0], members[i][1], "10.88.2.3", "within a network")
		}
		ears := [2]int{listen(members[0][1], unix.SOCK_DGRAM), listen(members[1][1], unix.SOCK_DGRAM)}
		for i := range members {
			for _, to := range []string{"10.88.2.3", "10.88.2.255"} {
				Expect(say(members[i][0], "within", to)).To(Succeed())
				Expect(hear(members[i][1], ears[i])).To(Equal("within"), to)
				expectSilence(members[1-i][1], ears[1-i], "the other network")
			}
		}
		for _, who := range []*harness.Subject{alone, r.Subject} {
			expectNoWay(who, "10.88.2.3", "who has no part in the network")
		}
	})

	It("gives the bridge the gateway's address if it is told to", Proves("cni-bridge-gateway"), func() {
		r := newRoom()
		red := r.container("red")
		a := red.add(r.bridge())
		inside := red.member()
		Expect(links(r.Subject)["red0"].ipv4()).To(Equal("10.88.1.1"))
		Expect(a.result.IPs[0].Gateway).To(Equal("10.88.1.1"))
		expectTalk(inside, r.Subject, "10.88.1.1", "the container to the room")
		expectTalk(r.Subject, inside, a.address(), "the room to the container")

		r.pair("near", "far")
		beyond := r.container("beyond")
		ip(r.Subject, "link", "set", "far", "netns", beyond.netns)
		ip(r.Subject, "address", "add", "10.99.0.1/24", "dev", "near")
		outsider := beyond.member()
		ip(outsider, "address", "add", "10.99.0.2/24", "dev", "far")
		ip(outsider, "link", "set", "far", "up")
		ip(outsider, "route", "add", "default", "via", "10.99.0.1")
		expectTalk(inside, outsider, "10.99.0.2", "the container to what is beyond the room")
	})
})

// expectPair claims that two devices are the ends of one pair, in two namespaces.
func expectPair(outside, inside link) {
	for _, end := range []link{outside, inside} {
		Expect(end.Info.Kind).To(Equal("veth"), end.Name)
		Expect(end.up()).To(BeTrue(), end.Name)
	}
	Expect(inside.Tied).To(Equal(outside.Index), "the index that %s tells of its peer", inside.Name)
	Expect(outside.Tied).To(Equal(inside.Index), "the index that %s tells of its peer", outside.Name)
}
