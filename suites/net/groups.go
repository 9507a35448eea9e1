package net

import (
	"encoding/binary"
	"net/netip"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// groups are what several can listen to, one for each of [protocols].
var groups = []struct {
	group      string
	around     string // a prefix that group is in
	everywhere string // a socket at any address
	proves     string
}{
	{"239.99.0.1", "239.0.0.0/8", "0.0.0.0:7777", "net-ipv4-per-namespace"},
	{"ff05::99", "ff05::/16", "[::]:7777", "net-ipv6-per-namespace"},
}

// join makes a socket of s a member of a group on a device. See ip(7), ipv6(7).
func join(s *harness.Subject, socket int, group, device string) error {
	a := netip.MustParseAddr(group)
	index := uint32(Get(look(s, device)).index)
	level, option, value := unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, a.AsSlice() // struct ipv6_mreq
	if a.Is4() {
		level, option, value = unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, append(a.AsSlice(), 0, 0, 0, 0) // struct ip_mreqn
	}
	value = binary.NativeEndian.AppendUint32(value, index)
	_, err := s.Syscall("setsockopt", unix.SYS_SETSOCKOPT, socket, level, option, harness.In(value), len(value))
	return err
}

var _ = Specs("Network namespaces:", Label("net"), func() {
	for i, ip := range protocols {
		of := groups[i]
		It("groups of "+ip.name+" have members in one of them", Proves(of.proves), func() {
			here, there, elsewhere := room("here"), room("there"), room("elsewhere")
			ears := map[*harness.Subject]int{}
			for _, s := range []*harness.Subject{here, there} {
				connect(s, elsewhere, "device", "of-"+s.Name())
				Arrange(addressed(s, "device", ip.subnet))
				Arrange(routed(s, unix.RT_TABLE_MAIN, of.around, "device"))
				ears[s] = Get(bound(s, unix.SOCK_DGRAM, at(of.everywhere)))
			}
			group := at(socketAt(of.group))
			Expect(join(here, ears[here], of.group, "device")).To(Succeed())
			Expect(say(Get(here.Fork()), "to members", group)).To(Succeed())
			Expect(hear(here, ears[here])).To(Equal("to members"))
			Expect(say(there, "to nobody", group)).To(Succeed())
			Expect(heard(there, ears[there])).To(BeEmpty(), "where nobody has joined")

			Expect(join(there, ears[there], of.group, "device")).To(Succeed())
			Expect(say(there, "there", group)).To(Succeed())
			Expect(hear(there, ears[there])).To(Equal("there"))
			Expect(heard(there, ears[there])).To(BeEmpty())
			Expect(heard(here, ears[here])).To(BeEmpty(), "what is said elsewhere")
		})
	}
})
