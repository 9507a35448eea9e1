package cni

import (
	"maps"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("CNI ADD", Label("cni"), func() {
	for _, kind := range kinds {
		It("of "+kind.plugin+" makes the interface in the namespace of the path", Proves("cni-add-makes-interface"), func() {
			r := newRoom()
			n := kind.network(r)
			red, blue := r.container("red"), r.container("blue")
			early, elsewhere := red.member(), blue.member()
			Expect(names(early)).To(Equal([]string{"lo"}))
			a := red.add(n)
			Expect(names(early)).To(Equal([]string{"eth0", "lo"}))
			eth0 := links(early)["eth0"]
			Expect(eth0.up()).To(BeTrue())
			Expect(eth0.ipv4()).To(Equal(a.address()))
			Expect(links(red.member())).To(Equal(links(early)), "of who joins later")
			Expect(names(elsewhere)).To(Equal([]string{"lo"}), "in another container")
			Expect(names(r.Subject)).NotTo(ContainElement("eth0"), "in the room")
		})

		It("of "+kind.plugin+" tells what it has made", Proves("cni-add-result"), func() {
			r := newRoom()
			n := kind.network(r)
			red := r.container("red")
			before := links(r.Subject)
			a := red.add(n)
			inside, outside := links(red.member()), links(r.Subject)
			made := slices.DeleteFunc(slices.Sorted(maps.Keys(outside)), func(name string) bool {
				_, old := before[name]
				return old
			})
			var told []string
			for _, i := range a.result.Interfaces {
				where := outside
				if i.Sandbox != "" {
					Expect(i.Sandbox).To(Equal(red.netns))
					where = inside
				} else {
					told = append(told, i.Name)
				}
				Expect(where).To(HaveKey(i.Name), a.raw)
				Expect(i.Mac).To(Equal(where[i.Name].Mac), i.Name)
			}
			Expect(told).To(ConsistOf(made), "interfaces of the room")
			Expect(a.result.Interfaces[a.result.IPs[0].Interface].Name).To(Equal("eth0"), a.raw)
			Expect(a.result.IPs[0].Gateway).To(Equal(gatewayOf(routes(red.member()))), a.raw)
			Expect(a.result.Routes).To(HaveLen(1), a.raw)
			Expect(a.result.Routes[0].To).To(Equal("0.0.0.0/0"), a.raw)
		})

		It("of "+kind.plugin+" leaves all else of the runtime's namespace as it was", Proves("cni-add-runs-in-runtime-netns"), func() {
			r := newRoom()
			n := kind.network(r)
			r.pair("bystander", "neighbour")
			ip(r.Subject, "address", "add", "10.99.0.1/24", "dev", "bystander")
			ip(r.Subject, "route", "add", "10.98.0.0/16", "via", "10.99.0.2")
			red := r.container("red")
			before, roads, own := links(r.Subject), routes(r.Subject), Get(r.NS(nsutil.Net))
			red.add(n)
			after := links(r.Subject)
			for name, l := range before {
				Expect(after[name]).To(Equal(l), name)
			}
			Expect(routes(r.Subject)).To(ContainElements(roads))
			Expect(r.NS(nsutil.Net)).To(Equal(own))
			Expect(red.member().NS(nsutil.Net)).To(Equal(red.ns), "the container's namespace is the one that was")
		})

		It("of "+kind.plugin+" fails where the container has an interface of that name", Proves("cni-add-existing-interface-fails"), func() {
			r := newRoom()
			n := kind.network(r)
			red := r.container("red")
			a := red.add(n)
			first := links(red.member())
			r.fails((&attachment{to: red, config: n, ifname: "eth0"}).order("ADD"))
			Expect(links(red.member())).To(Equal(first), "the container's interfaces after a second try")
			Expect(r.reserved("red")).To(ContainElement(a.address()))

			other := red.addAs("eth1", r.addressed(n.with("name", "blue").with("bridge", "blue0"), "10.88.7.0/24"))
			Expect(names(red.member())).To(Equal([]string{"eth0", "eth1", "lo"}), "with another name it is added")
			Expect(links(red.member())["eth1"].ipv4()).To(Equal(other.address()))
			Expect(links(red.member())["eth0"]).To(Equal(first["eth0"]))
		})
	}

	It("takes the path of a process's namespace, too", Proves("cni-add-makes-interface"), func() {
		r := newRoom()
		n := r.bridge()
		first := Get(r.Fork())
		Arrange(first.Unshare(unix.CLONE_NEWNET))
		a := (&container{room: r, name: "red", netns: nsutil.Net.File(first.NSPID())}).add(n)
		Expect(names(first)).To(Equal([]string{"eth0", "lo"}))
		expectTalk(first, r.Subject, "10.88.1.1", "the process to the bridge")
		a.del()
		Expect(names(first)).To(Equal([]string{"lo"}))
	})

	It("can be asked for many containers at the same time", Proves("cni-concurrent-adds"), func() {
		r := newRoom()
		n := r.bridge()
		r.container("first").add(n) // who comes first makes the bridge
		many := r.containers("a", "b", "c", "d", "e", "f")
		var running []*harness.Subject
		for _, c := range many {
			running = append(running, r.start((&attachment{to: c, config: n, ifname: "eth0"}).order("ADD")))
		}
		addresses := map[string]bool{}
		for i, p := range running {
			end, err := p.Wait()
			Expect(err).NotTo(HaveOccurred())
			Expect(end.ExitStatus()).To(Equal(0), Get(p.Output()))
			addresses[links(many[i].member())["eth0"].ipv4()] = true
		}
		Expect(addresses).To(HaveLen(len(many)), "addresses: %v", addresses)
		Expect(r.reserved("red")).To(HaveLen(len(many) + 1))
		from, to := many[0].member(), many[5].member()
		expectTalk(from, to, links(to)["eth0"].ipv4(), "the first to the last")
	})
})

// gatewayOf returns where the default route leads.
func gatewayOf(all []hop) string {
	for _, h := range all {
		if h.To == "default" {
			return h.Gateway
		}
	}
	return ""
}
