package net

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// protocols are the versions of IP, with addresses to work with.
var protocols = []struct {
	name    string
	family  int
	own     string // an address of the device
	subnet  string
	other   string // another one in the subnet
	ear     string // a socket at own
	outside string // not in the subnet
	around  string // a prefix that outside is in
}{
	{"IPv4", unix.AF_INET, "10.99.0.1", "10.99.0.1/24", "10.99.0.2", "10.99.0.1:7777", "10.98.0.1", "10.98.0.0/16"},
	{"IPv6", unix.AF_INET6, "fd99::1", "fd99::1/64", "fd99::2", "[fd99::1]:7777", "fd98::1", "fd98::/32"},
}

var _ = Specs("Network namespaces:", Label("net"), func() {
	for _, ip := range protocols {
		It(ip.name+" addresses belong to one of them", Proves("net-"+strings.ToLower(ip.name)+"-per-namespace"), func() {
			here, there := lit("here"), lit("there")
			member := Get(here.Fork())
			before := Get(addresses(there, ip.family))
			Expect(addressed(here, "lo", ip.subnet)).To(Succeed())
			Expect(addresses(member, ip.family)).To(ContainElement(ip.own))
			Expect(addresses(there, ip.family)).To(Equal(before))
			Expect(unaddressed(there, "lo", ip.subnet)).To(MatchError(unix.EADDRNOTAVAIL), "one elsewhere cannot take it away")

			_, err := bound(there, unix.SOCK_DGRAM, at(ip.ear))
			Expect(err).To(MatchError(unix.EADDRNOTAVAIL), "where nobody has the address")
			Expect(say(there, "to nobody", at(ip.ear))).To(MatchError(unix.ENETUNREACH))
			ear, err := bound(member, unix.SOCK_DGRAM, at(ip.ear))
			Expect(err).NotTo(HaveOccurred())
			Expect(say(here, "to myself", at(ip.ear))).To(Succeed())
			Expect(hear(member, ear)).To(Equal("to myself"))

			Expect(addressed(there, "lo", ip.subnet)).To(Succeed(), "two can have the same address")
			Expect(addressed(there, "lo", ip.subnet)).To(MatchError(unix.EEXIST))
			same, err := bound(there, unix.SOCK_DGRAM, at(ip.ear))
			Expect(err).NotTo(HaveOccurred())
			Expect(say(there, "there", at(ip.ear))).To(Succeed())
			Expect(say(here, "here", at(ip.ear))).To(Succeed())
			Expect(hear(there, same)).To(Equal("there"))
			Expect(hear(member, ear)).To(Equal("here"))
			Expect(heard(there, same)).To(BeEmpty())
			Expect(heard(member, ear)).To(BeEmpty())
		})

		It(ip.name+" counts the packets of each of them", Proves("net-"+strings.ToLower(ip.name)+"-per-namespace"), func() {
			here, there := lit("here"), lit("there")
			for _, s := range []*harness.Subject{here, there} {
				Arrange(addressed(s, "lo", ip.subnet))
			}
			ear := Get(bound(here, unix.SOCK_DGRAM, at(ip.ear)))
			before, elsewhere := Get(received(here, ip.family)), Get(received(there, ip.family))
			for range 3 {
				Expect(say(here, "one", at(ip.ear))).To(Succeed())
				Expect(hear(here, ear)).To(Equal("one"))
			}
			Expect(received(here, ip.family)).To(Equal(before + 3))
			Expect(received(there, ip.family)).To(Equal(elsewhere))
		})

		It(ip.name+" learns neighbours in one of them only", Proves("net-"+strings.ToLower(ip.name)+"-per-namespace"), func() {
			here, there := room("here"), room("there")
			for _, s := range []*harness.Subject{here, there} {
				Arrange(newLink(s, "bridge", "bridge", nil))
				Arrange(setUp(s, "bridge", true))
			}
			Expect(neighbour(here, "bridge", ip.other)).To(Succeed())
			Expect(neighbours(here, ip.family)).To(ContainElement(ip.other))
			Expect(neighbours(there, ip.family)).NotTo(ContainElement(ip.other))
			Expect(neighbour(there, "bridge", ip.other)).To(Succeed())
			Expect(neighbour(there, "bridge", ip.other)).To(MatchError(unix.EEXIST))
		})

		It(ip.name+" routes belong to one of them", Proves("net-routes-and-rules-per-namespace"), func() {
			here, there := lit("here"), lit("there")
			for _, s := range []*harness.Subject{here, there} {
				Arrange(addressed(s, "lo", ip.subnet))
			}
			before := Get(tables(there, unix.RTM_GETROUTE, ip.family))
			own := Get(tables(here, unix.RTM_GETROUTE, ip.family))
			_, err := routeTo(here, ip.outside)
			Expect(err).To(MatchError(unix.ENETUNREACH))

			Expect(routed(here, unix.RT_TABLE_MAIN, ip.around, "lo")).To(Succeed())
			own[unix.RT_TABLE_MAIN]++
			Expect(tables(here, unix.RTM_GETROUTE, ip.family)).To(Equal(own))
			Expect(tables(there, unix.RTM_GETROUTE, ip.family)).To(Equal(before))
			Expect(routeTo(here, ip.outside)).To(Equal(Get(look(here, "lo")).index))
			_, err = routeTo(there, ip.outside)
			Expect(err).To(MatchError(unix.ENETUNREACH))
			Expect(say(here, "on its way", at(socketAt(ip.outside)))).To(Succeed())
			Expect(say(there, "nowhere", at(socketAt(ip.outside)))).To(MatchError(unix.ENETUNREACH))
			Expect(unrouted(there, unix.RT_TABLE_MAIN, ip.around, "lo")).To(MatchError(unix.ESRCH), "one elsewhere cannot take it away")
			Expect(say(here, "on its way", at(socketAt(ip.outside)))).To(Succeed())

			Expect(routed(there, unix.RT_TABLE_MAIN, ip.around, "lo")).To(Succeed(), "nothing stands in the way there")
			Expect(unrouted(here, unix.RT_TABLE_MAIN, ip.around, "lo")).To(Succeed())
			Expect(say(here, "nowhere", at(socketAt(ip.outside)))).To(MatchError(unix.ENETUNREACH))
			Expect(say(there, "on its way", at(socketAt(ip.outside)))).To(Succeed(), "one route there stays")
		})

		It(ip.name+" rules and the tables they choose belong to one of them", Proves("net-routes-and-rules-per-namespace"), func() {
			needTables(ip.family)
			here, there := lit("here"), lit("there")
			for _, s := range []*harness.Subject{here, there} {
				Arrange(addressed(s, "lo", ip.subnet))
				Arrange(routed(s, unix.RT_TABLE_MAIN, ip.around, "lo"))
				Expect(routeTo(s, ip.outside)).NotTo(BeZero())
			}
			const another = 99
			before := Get(tables(there, unix.RTM_GETRULE, ip.family))
			Expect(routed(here, another, ip.around, "")).To(Succeed())
			Expect(ruled(here, ip.around, another)).To(Succeed())
			Expect(tables(here, unix.RTM_GETRULE, ip.family)).To(HaveKeyWithValue(another, 1))
			Expect(tables(there, unix.RTM_GETRULE, ip.family)).To(Equal(before))
			Expect(unruled(there, ip.around, another)).To(MatchError(unix.ENOENT), "one elsewhere cannot take it away")
			_, err := routeTo(here, ip.outside)
			Expect(err).To(MatchError(unix.EINVAL), "the rule leads to a black hole")
			Expect(say(there, "on its way", at(socketAt(ip.outside)))).To(Succeed())
			Expect(say(here, "nowhere", at(socketAt(ip.outside)))).To(MatchError(unix.EINVAL))

			Expect(ruled(there, ip.around, another)).To(Succeed())
			Expect(say(there, "on its way", at(socketAt(ip.outside)))).To(Succeed(), "the table it chooses is empty there")
			Expect(unruled(there, ip.around, another)).To(Succeed())
			Expect(say(here, "nowhere", at(socketAt(ip.outside)))).To(MatchError(unix.EINVAL), "one rule here stays")
		})
	}
})
