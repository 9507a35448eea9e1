package net

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

var _ = Specs("A virtual Ethernet pair", Label("net"), func() {
	It("is made of two devices and deleted by either", Proves("net-veth-made-and-deleted-in-pairs"), func() {
		here, there := room("here"), room("there")
		into := inNamespace(Get(here.OpenNS(there, nsutil.Net)))
		Expect(newPair(here, "a", "b", nil, nil)).To(Succeed())
		Expect(newPair(here, "c", "d", nil, []*nl.RtAttr{into})).To(Succeed())
		Expect(newPair(here, "e", "f", nil, []*nl.RtAttr{into})).To(Succeed())
		Expect(names(here)).To(ConsistOf("lo", "a", "b", "c", "e"))
		Expect(names(there)).To(ConsistOf("lo", "d", "f"))
		for _, name := range []string{"a", "b", "c", "e"} {
			device, err := look(here, name)
			Expect(err).NotTo(HaveOccurred())
			Expect(device.kind).To(Equal("veth"))
		}
		Expect(newPair(here, "g", "d", nil, []*nl.RtAttr{into})).To(MatchError(unix.EEXIST), "one of the names is taken")
		Expect(names(here)).To(ConsistOf("lo", "a", "b", "c", "e"), "not even half a pair is made")

		Expect(remove(here, "b")).To(Succeed())
		Expect(names(here)).To(ConsistOf("lo", "c", "e"))
		Expect(remove(here, "c")).To(Succeed())
		Expect(names(there)).To(ConsistOf("lo", "f"), "the peer in another namespace is gone")
		Expect(remove(there, "f")).To(Succeed())
		Expect(names(here)).To(ConsistOf("lo"))
	})

	It("goes when the namespace of either end is destroyed, and not before", Proves("net-veth-destroyed-with-namespace"), func() {
		here, there, dying := room("here"), room("there"), room("dying")
		last := Get(dying.Fork())
		into := inNamespace(Get(dying.OpenNS(here, nsutil.Net)))
		Arrange(newPair(dying, "made-there", "end-0", nil, []*nl.RtAttr{into}))
		movable(here, "end-1", dying)
		movable(here, "stays", there)
		Arrange(newPair(here, "end-2", "moves", nil, nil))
		Arrange(moveTo(here, "moves", dying))

		Arrange(dying.End())
		Expect(names(here)).To(ConsistOf("lo", "end-0", "end-1", "end-2", "stays"), "there is another member")
		Expect(names(last)).To(ConsistOf("lo", "made-there", "end-1", "moves"))
		Arrange(last.End())
		Eventually(func() ([]string, error) { return names(here) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
			Should(ConsistOf("lo", "stays"))
		Expect(names(there)).To(ConsistOf("lo", "end-0"))
	})

	It("carries frames across, both ways and nowhere else", Proves("net-veth-carries-frames-across"), func() {
		here, there, elsewhere := room("here"), room("there"), room("elsewhere")
		connect(here, there, "to-there", "to-here")
		connect(here, elsewhere, "to-elsewhere", "from-here")
		ears := map[string]int{
			"here": packets(here, "to-there"), "there": packets(there, "to-here"), "elsewhere": packets(elsewhere, "from-here"),
		}
		for _, words := range []string{"one", "two", string(bytes.Repeat([]byte("long"), 370))} {
			Expect(sendFrame(here, "to-there", "here to there: "+words)).To(Succeed())
			Expect(hear(there, ears["there"])).To(Equal("here to there: " + words))
			Expect(sendFrame(there, "to-here", "there to here: "+words)).To(Succeed())
			Expect(hear(here, ears["here"])).To(Equal("there to here: " + words))
		}
		Expect(sendFrame(here, "to-elsewhere", "the last")).To(Succeed())
		Expect(hear(elsewhere, ears["elsewhere"])).To(Equal("the last"), "and the first")
		Expect(heard(here, ears["here"])).To(BeEmpty())
		Expect(heard(there, ears["there"])).To(BeEmpty())
	})

	for _, ip := range protocols {
		It("carries "+ip.name+" across", Proves("net-veth-carries-frames-across"), func() {
			here, there := room("here"), room("there")
			connect(here, there, "to-there", "to-here")
			Arrange(addressed(here, "to-there", ip.subnet))
			Arrange(addressed(there, "to-here", ip.other+ip.subnet[len(ip.own):]))
			ear := Get(listening(here, at(ip.ear)))
			Expect(conversation(there, here, ear, at(ip.ear))).To(Succeed())
			words := Get(bound(here, unix.SOCK_DGRAM, at(ip.ear)))
			Expect(say(there, "across", at(ip.ear))).To(Succeed())
			Expect(hear(here, words)).To(Equal("across"))
		})
	}

	It("is down unless both ends are up", Proves("net-veth-one-end-down-pair-down"), func() {
		here, there := room("here"), room("there")
		// Of two ends with the same index the kernel is in no hurry to tell the
		// state: linkwatch_urgent_event in net/core/link_watch.c.
		Arrange(newPair(here, "spare", "part", nil, nil))
		connect(here, there, "to-there", "to-here")
		ends := []struct {
			s    *harness.Subject
			name string
		}{{here, "to-there"}, {there, "to-here"}}
		ears := []int{packets(here, "to-there"), packets(there, "to-here")}
		expectRunning := func(running bool, when string) {
			for _, end := range ends {
				Eventually(func() (bool, error) {
					device, err := look(end.s, end.name)
					return device.running(), err
				}).WithTimeout(Patience()).WithPolling(100*time.Microsecond).Should(Equal(running), "%s %s", end.name, when)
			}
		}
		expectRunning(true, "when both are up")
		for i, down := range ends {
			other, ear := ends[1-i], ears[i]
			Expect(setUp(down.s, down.name, false)).To(Succeed())
			expectRunning(false, "when "+down.name+" is down")
			device, err := look(other.s, other.name)
			Expect(err).NotTo(HaveOccurred())
			Expect(device.up()).To(BeTrue(), "it is only the link that is down")
			_ = sendFrame(other.s, other.name, "lost") // some kernels say ENETDOWN, some drop it
			Expect(setUp(down.s, down.name, true)).To(Succeed())
			expectRunning(true, "when both are up again")
			Expect(sendFrame(other.s, other.name, "through")).To(Succeed())
			heardThere := []string{}
			Eventually(func() ([]string, error) {
				more, err := heard(down.s, ear)
				heardThere = append(heardThere, more...)
				return heardThere, err
			}).WithTimeout(Patience()).WithPolling(100 * time.Microsecond).Should(Equal([]string{"through"}))
		}
	})
})

// protocol is one of IEEE Std 802's for experiments.
const protocol = 0x88b5

// packets returns a socket of s that hears all frames of the protocol that come
// to a device, without their headers. See packet(7).
func packets(s *harness.Subject, device string) int {
	NeedCapability("CAP_NET_RAW")
	socket, err := s.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	Expect(err).NotTo(HaveOccurred())
	Expect(s.BindSocket(socket, linkAddress(Get(look(s, device)).index))).To(Succeed())
	return socket
}

// sendFrame has s send a frame to whoever is behind a device.
func sendFrame(s *harness.Subject, device, words string) error {
	index := Get(look(s, device)).index
	socket, err := s.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close(socket)
	return s.Sendto(socket, []byte(words), linkAddress(index))
}

// linkAddress is a struct sockaddr_ll for the protocol, to everybody.
func linkAddress(index int) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_PACKET)
	b = binary.BigEndian.AppendUint16(b, protocol)
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	return append(b, 0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0)
}
