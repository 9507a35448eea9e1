package engines

import (
	"encoding/binary"
	"net/netip"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = each(func(e engine) {
	if e.address == nil {
		ItOf(nsutil.Net, "a container without a network has no device but those that a namespace begins with", Label("bridge"), Proves("engine-net-none", "engine-net-host"), func() {
			const bridge = "of-the-host"
			r := e.host()
			r.AddBridge(bridge)
			links := func(c *container) []string { return containers.Links(Get(c.entered().ReadFile("/proc/net/dev"))) }
			Expect(links(r.run(with(nsutil.Net, host)))).To(ContainElements("lo", bridge), "of the host, in a container that shares its namespace")
			names := links(r.run(options{}))
			Expect(names).To(ContainElement("lo"))
			for _, name := range names {
				Expect(containers.Fallback).To(HaveKey(name), "a device that no namespace is made with")
			}
		})
		return
	}

	ItOf(nsutil.Net, "a container has the address that the engine tells of, and nobody else has it", Proves("engine-net-address", "engine-net-own"), func() {
		r := e.host()
		its, other := r.run(options{}), r.run(options{})
		address := e.address(its)
		Expect(e.address(other)).NotTo(Equal(address))
		Expect(take(its.entered(), address)).To(Succeed(), "in the container")
		Expect(take(other.entered(), e.address(other))).To(Succeed(), "in another one, its own")
		for text, s := range map[string]*harness.Subject{"in another one": other.entered(), "on the host": r.Subject} {
			Expect(take(s, address)).To(MatchError(unix.EADDRNOTAVAIL), text)
		}
	})

	ItOf(nsutil.Net, "the link to a container goes when that is removed", Proves("engine-net-reclaimed"), func() {
		r := e.host()
		links := func() []string { return containers.Links(Get(r.ReadFile("/proc/net/dev"))) }
		its := r.run(options{})
		before := links()
		other := r.run(options{})
		Expect(len(links())).To(BeNumerically(">", len(before)))
		e.remove(other)
		Expect(links()).To(ConsistOf(before))
		Expect(take(its.entered(), e.address(its))).To(Succeed(), "of the container that stays")
	})
})

// take has s bind a socket to an address, which only succeeds where that is a local one.
// See ip(7).
func take(s *harness.Subject, address string) error {
	ip := Get(netip.ParseAddr(address))
	Expect(ip.Is4()).To(BeTrue(), address)
	socket := Get(s.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
	name := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
	name = append(append(name, 0, 0), ip.AsSlice()...) // struct sockaddr_in, of any port
	err := s.BindSocket(socket, append(name, make([]byte, 8)...))
	Arrange(s.Close(socket))
	return err
}
