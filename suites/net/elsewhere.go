package net

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// byIndex are uses of a device that is named by its index, and what they say when
// there is none; the last of them deletes it.
var byIndex = []struct {
	what  string
	errno unix.Errno
	use   func(s *harness.Subject, index int) error
}{
	{"asking for it", unix.ENODEV, func(s *harness.Subject, index int) error {
		return order(s, unix.RTM_GETLINK, 0, indexed(index))
	}},
	{"asking for its name", unix.ENODEV, interfaceName},
	{"setting it up", unix.ENODEV, func(s *harness.Subject, index int) error {
		header := indexed(index)
		header.Change, header.Flags = unix.IFF_UP, unix.IFF_UP
		return order(s, unix.RTM_NEWLINK, 0, header)
	}},
	{"binding a packet socket to it", unix.ENODEV, func(s *harness.Subject, index int) error {
		socket, err := s.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer s.Close(socket)
		return s.BindSocket(socket, linkAddress(index))
	}},
	{"sending a frame by it", unix.ENXIO, func(s *harness.Subject, index int) error {
		socket, err := s.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer s.Close(socket)
		return s.Sendto(socket, []byte("frame"), linkAddress(index))
	}},
	{"deleting it", unix.ENODEV, func(s *harness.Subject, index int) error {
		return order(s, unix.RTM_DELLINK, 0, indexed(index))
	}},
}

func indexed(index int) *nl.IfInfomsg {
	header := nl.NewIfInfomsg(unix.AF_UNSPEC)
	header.Index = int32(index)
	return header
}

// interfaceName is SIOCGIFNAME of netdevice(7).
func interfaceName(s *harness.Subject, index int) error {
	socket := Get(s.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0))
	defer s.Close(socket)
	ifreq := struct {
		name  [unix.IFNAMSIZ]byte
		index int32
		_     [20]byte
	}{index: int32(index)}
	_, err := s.Ioctl(socket, unix.SIOCGIFNAME, harness.Struct(&ifreq))
	return err
}

// changes are what listeners to rtnetlink's multicast groups are told of.
var changes = []struct {
	what, proves string
	group        int
	cause        func(s *harness.Subject)
}{
	{"devices", "net-device-visible-only-in-own-namespace", unix.RTNLGRP_LINK, func(s *harness.Subject) {
		Arrange(newLink(s, "new", "bridge", nil))
	}},
	{"IPv4 addresses", "net-ipv4-per-namespace", unix.RTNLGRP_IPV4_IFADDR, func(s *harness.Subject) {
		Arrange(addressed(s, "lo", "10.99.0.1/24"))
	}},
	{"IPv6 addresses", "net-ipv6-per-namespace", unix.RTNLGRP_IPV6_IFADDR, func(s *harness.Subject) {
		Arrange(addressed(s, "lo", "fd99::1/64"))
	}},
	{"IPv4 routes", "net-routes-and-rules-per-namespace", unix.RTNLGRP_IPV4_ROUTE, func(s *harness.Subject) {
		Arrange(routed(s, unix.RT_TABLE_MAIN, "10.98.0.0/16", "lo"))
	}},
	{"IPv6 routes", "net-routes-and-rules-per-namespace", unix.RTNLGRP_IPV6_ROUTE, func(s *harness.Subject) {
		Arrange(routed(s, unix.RT_TABLE_MAIN, "fd98::/32", "lo"))
	}},
	{"IPv4 rules", "net-routes-and-rules-per-namespace", unix.RTNLGRP_IPV4_RULE, func(s *harness.Subject) {
		needTables(unix.AF_INET)
		Arrange(ruled(s, "10.98.0.0/16", 99))
	}},
}

var _ = Specs("From another network namespace", Label("net"), func() {
	It("a device is not found by its index", Proves("net-device-visible-only-in-own-namespace"), func() {
		here, there := room("here"), room("there")
		member := Get(here.Fork())
		Arrange(newLink(here, "only-here", "bridge", nil))
		index := Get(look(here, "only-here")).index
		for _, way := range byIndex {
			Expect(way.use(there, index)).To(MatchError(way.errno), way.what)
			Expect(way.use(member, index)).To(Succeed(), "%s, by a member", way.what)
		}
	})

	for _, change := range changes {
		It("nobody is told of "+change.what, Proves(change.proves), func() {
			here, there := lit("here"), lit("there")
			member := Get(here.Fork())
			ear, stranger := listener(member, change.group), listener(there, change.group)
			change.cause(here)
			Expect(member.Poll(ear, unix.POLLIN, Patience()/4)).To(BeEquivalentTo(unix.POLLIN), "a member is")
			Expect(there.Poll(stranger, unix.POLLIN, 0)).To(BeZero())
			change.cause(there)
			Expect(there.Poll(stranger, unix.POLLIN, Patience()/4)).To(BeEquivalentTo(unix.POLLIN), "of their own they are")
		})
	}

	It("its id shows devices only to one who has CAP_NET_ADMIN over it", Proves("net-device-visible-only-in-own-namespace"), func() {
		known, below := room("known"), owner("below")
		above := Get(known.Fork())
		Arrange(above.Join(below, nsutil.Net))
		Arrange(assign(above, known, 5))
		Arrange(newLink(known, "only-known", "bridge", nil))
		without := Get(above.Fork())
		Arrange(without.DropCapabilities(unix.CAP_NET_ADMIN))
		Expect(namesBy(above, 5)).To(ConsistOf("lo", "only-known"))
		for _, s := range []*harness.Subject{below, without} {
			Expect(names(s)).To(ConsistOf("lo"))
			_, err := namesBy(s, 5)
			Expect(err).To(MatchError(unix.EACCES))
			err = order(s, unix.RTM_GETLINK, 0, nl.NewIfInfomsg(unix.AF_UNSPEC), number(iflaTarget, 5), text(unix.IFLA_IFNAME, "only-known"))
			Expect(err).To(MatchError(unix.EACCES))
			_, err = ids(s, number(netnsaTarget, 5))
			Expect(err).To(MatchError(unix.EACCES))
		}
	})
})
