package cni

import (
	"slices"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// losses are what can be taken from an attachment by hand, and the plugins that see it.
var losses = []struct {
	what    string
	plugins []string
	take    func(a *attachment)
}{
	{"the interface", []string{"bridge", "ptp", "macvlan"}, func(a *attachment) { ip(a.to.member(), "link", "del", "eth0") }},
	{"its address", []string{"bridge", "ptp", "macvlan"}, func(a *attachment) { ip(a.to.member(), "address", "flush", "dev", "eth0") }},
	{"its default route", []string{"bridge", "ptp", "macvlan"}, func(a *attachment) { ip(a.to.member(), "route", "del", "default") }},
	{"its place at the bridge", []string{"bridge"}, func(a *attachment) { ip(a.to.room.Subject, "link", "set", a.outer("red0"), "nomaster") }},
	{"the bridge", []string{"bridge"}, func(a *attachment) { ip(a.to.room.Subject, "link", "del", "red0") }},
	{"its parent", []string{"macvlan"}, func(a *attachment) { ip(a.to.room.Subject, "link", "del", uplink) }},
	{"the reservation of its address", []string{"bridge", "ptp", "macvlan"}, func(a *attachment) {
		Arrange(a.to.room.Unlink(a.to.room.Path("store/red/" + a.address())))
	}},
}

var _ = Specs("CNI CHECK", Label("cni"), func() {
	for _, kind := range kinds {
		It("of "+kind.plugin+" succeeds while all is as ADD has left it", Proves("cni-check-holds"), func() {
			r := newRoom()
			n := kind.network(r)
			a := r.container("red").add(n)
			before := links(a.to.member())
			for range 2 {
				a.checks()
			}
			Expect(links(a.to.member())).To(Equal(before))
			b := r.container("blue").add(n)
			a.checks()
			b.checks()
		})
	}

	for _, loss := range losses {
		for _, kind := range kinds {
			if !slices.Contains(loss.plugins, kind.plugin) {
				continue
			}
			It("of "+kind.plugin+" fails without "+loss.what, Proves("cni-check-fails-on-loss"), func() {
				r := newRoom()
				a := r.container("red").add(kind.network(r))
				a.checks()
				loss.take(a)
				r.fails(a.order("CHECK"))
			})
		}
	}
})
