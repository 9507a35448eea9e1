package net

import (
	"encoding/binary"
	"time"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

var _ = Specs("The root of a user namespace", Label("net"), func() {
	It("sees the packets of its own network namespace, and no others", Proves("net-packet-socket-cap-in-owner"), func() {
		inside, outside := owner("inside"), room("outside")
		for _, s := range []*harness.Subject{inside, outside} {
			Arrange(setUp(s, "lo", true))
		}
		ear := packets(inside, "lo")
		everywhere := Get(inside.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0))
		Arrange(inside.BindSocket(everywhere, linkAddress(0)))
		Expect(sendFrame(outside, "lo", "outside")).To(Succeed())
		Expect(sendFrame(inside, "lo", "inside")).To(Succeed())
		Expect(hear(inside, ear)).To(Equal("inside"))
		Expect(heard(inside, everywhere)).To(Equal([]string{"inside"}), "on all devices")
		_, err := rootBelow(outside, unix.CAP_NET_RAW).Socket(unix.AF_PACKET, unix.SOCK_RAW, 0x0300)
		Expect(err).To(MatchError(unix.EPERM))
	})

	It("sends echo requests by a raw socket in its own network namespace", Proves("net-raw-socket-cap-in-owner"), func() {
		inside := owner("inside")
		Arrange(setUp(inside, "lo", true))
		socket, err := inside.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
		Expect(err).NotTo(HaveOccurred())
		echo := []byte{8, 0, 0, 0, 0x12, 0x34, 0, 1} // type, code, checksum, identifier, sequence number
		binary.BigEndian.PutUint16(echo[2:], ^uint16(0x0800+0x1234+0x0001))
		Expect(inside.Sendto(socket, echo, at("127.0.0.1:0"))).To(Succeed())
		const reply, header = 0, 20
		Eventually(func() (byte, error) {
			inside.Poll(socket, unix.POLLIN, Patience()/10)
			packet, _, err := inside.Recvfrom(socket, 1500, unix.MSG_DONTWAIT)
			if err != nil {
				return 0xff, err
			}
			return packet[header], nil
		}).WithTimeout(Patience()).WithPolling(time.Microsecond).Should(BeEquivalentTo(reply))
	})

	It("uses ports below 1024 of its own network namespace", Proves("net-privileged-port-cap-in-owner"), func() {
		inside, outside := owner("inside"), lit("outside")
		Arrange(setUp(inside, "lo", true))
		address := at("127.0.0.1:80")
		ear, err := listening(inside, address)
		Expect(err).NotTo(HaveOccurred())
		Expect(conversation(inside, inside, ear, address)).To(Succeed())
		_, err = dial(outside, unix.SOCK_STREAM, address)
		Expect(err).To(MatchError(unix.ECONNREFUSED), "it is their own port only")

		plain := holding(outside, nobody)
		_, err = bound(plain, unix.SOCK_DGRAM, at("127.0.0.1:1023"))
		Expect(err).To(MatchError(unix.EACCES))
		_, err = bound(plain, unix.SOCK_DGRAM, at("127.0.0.1:1024"))
		Expect(err).NotTo(HaveOccurred(), "the limit is 1024")
		Arrange(inside.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "80", 0))
		other := holding(inside, 5)
		_, err = bound(other, unix.SOCK_DGRAM, at("127.0.0.1:79"))
		Expect(err).To(MatchError(unix.EACCES), "below a limit of 80")
		_, err = bound(other, unix.SOCK_DGRAM, at("127.0.0.1:80"))
		Expect(err).NotTo(HaveOccurred())
		_, err = bound(plain, unix.SOCK_DGRAM, at("127.0.0.1:81"))
		Expect(err).To(MatchError(unix.EACCES), "where it is not")
	})

	It("cannot bind privileged ports or configure devices of a network namespace that it shares", Proves("net-userns-root-without-own-netns-refused"), func() {
		host := lit("host")
		Arrange(newLink(host, "device", "bridge", nil))
		before := Get(look(host, "device"))
		for _, way := range harness.Ways() {
			root, err := host.Isolate(way, "user")
			Expect(err).NotTo(HaveOccurred())
			Arrange(root.MapIDs(subordinate, subordinate))
			Expect(root.NS("net")).To(Equal(Get(host.NS("net"))))
			for i, bind := range binds(1, 80, 1023) {
				_, err := bind(root)
				Expect(err).To(MatchError(unix.EACCES), "way %d to bind", i)
			}
			_, err = bound(root, unix.SOCK_DGRAM, at("127.0.0.1:1024"))
			Expect(err).NotTo(HaveOccurred(), "anybody may")
			for what, do := range configurations {
				Expect(do(root)).To(MatchError(unix.EPERM), what)
			}
			Expect(names(host)).To(ConsistOf("lo", "device"))
			Expect(look(host, "device")).To(Equal(before), "refused calls changed nothing")
			Expect(addresses(host, unix.AF_INET)).To(ConsistOf("127.0.0.1"))

			Expect(root.Unshare(unix.CLONE_NEWNET)).To(Succeed())
			Expect(newLink(root, "device", "bridge", nil)).To(Succeed())
			for what, do := range configurations {
				Expect(do(root)).To(Succeed(), "%s in a namespace of its own", what)
			}
			_, err = bound(root, unix.SOCK_DGRAM, at("127.0.0.1:80"))
			Expect(err).NotTo(HaveOccurred())
			Expect(names(host)).To(ConsistOf("lo", "device"))
			Arrange(root.End())
		}
	})
})

// configurations are what takes CAP_NET_ADMIN, with one called "device".
var configurations = map[string]func(s *harness.Subject) error{
	"making a device":   func(s *harness.Subject) error { return newLink(s, "made", "bridge", nil) },
	"setting one up":    func(s *harness.Subject) error { return setUp(s, "lo", true) },
	"adding an address": func(s *harness.Subject) error { return addressed(s, "device", "10.99.0.1/24") },
	"adding a rule":     func(s *harness.Subject) error { return ruled(s, "10.98.0.0/16", 99) },
	"naming a namespace": func(s *harness.Subject) error {
		return order(s, unix.RTM_NEWNSID, 0, rtgenmsg{}, number(netnsaNSID, 5), number(netnsaPID, s.PID()))
	},
	"setting one up by ioctl": func(s *harness.Subject) error { return flagsByIoctl(s, "device", unix.IFF_UP) },
	"setting a hardware address": func(s *harness.Subject) error {
		return change(s, "device", nl.NewRtAttr(unix.IFLA_ADDRESS, []byte{2, 0, 0, 0, 0, 7}))
	},
}

// flagsByIoctl is SIOCSIFFLAGS of netdevice(7).
func flagsByIoctl(s *harness.Subject, device string, flags uint16) error {
	socket := Get(s.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
	defer s.Close(socket)
	ifreq := make([]byte, 40)
	copy(ifreq, device)
	binary.NativeEndian.PutUint16(ifreq[unix.IFNAMSIZ:], flags)
	_, err := s.Ioctl(socket, unix.SIOCSIFFLAGS, harness.In(ifreq))
	return err
}
