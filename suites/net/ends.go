package net

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

var _ = Specs("An end of a virtual Ethernet pair", Label("net"), func() {
	for _, destination := range destinations {
		It("is made in the namespace named by "+destination.how, Proves("net-veth-end-made-in-chosen-namespace"), func() {
			maker, one, other := room("maker"), room("one"), room("other")
			in := func(s *harness.Subject) []*nl.RtAttr { return []*nl.RtAttr{destination.named(maker, s)} }
			Expect(newPair(maker, "peer-away", "end-0", nil, in(one))).To(Succeed())
			Expect(newPair(maker, "end-1", "device-away", in(one), nil)).To(Succeed())
			Expect(newPair(maker, "end-2", "end-2", in(one), in(other))).To(Succeed())
			Expect(newPair(maker, "end-3", "end-4", in(one), in(one))).To(Succeed())
			Expect(names(one)).To(ContainElements("lo", "end-0", "end-1", "end-2"))
			Expect(names(other)).To(ConsistOf("lo", "end-2"))
			Expect(names(maker)).To(ContainElements("lo", "peer-away"))

			expectConnected(maker, "peer-away", one, "end-0")
			expectConnected(one, "end-2", other, "end-2")
		})
	}

	It("moves to another namespace and stays tied to the other one", Proves("net-veth-end-movable"), func() {
		here, there, elsewhere := room("here"), room("there"), room("elsewhere")
		Arrange(newPair(here, "a", "b", nil, nil))
		expectConnected(here, "a", here, "b")
		Expect(moveTo(here, "b", there)).To(Succeed())
		Expect(names(here)).To(ConsistOf("lo", "a"))
		Expect(names(there)).To(ConsistOf("lo", "b"))
		expectConnected(here, "a", there, "b")

		Expect(moveTo(here, "a", elsewhere)).To(Succeed())
		expectConnected(elsewhere, "a", there, "b")
		Expect(names(here)).To(ConsistOf("lo"))
		Expect(moveTo(there, "b", elsewhere)).To(Succeed())
		expectConnected(elsewhere, "a", elsewhere, "b")
	})

	It("tells the index of the other one", Proves("net-veth-peer-index-known"), func() {
		here, there := room("here"), room("there")
		for _, spare := range []string{"spare-1", "spare-2", "spare-3"} {
			Arrange(newLink(there, spare, "bridge", nil))
		}
		Arrange(newPair(here, "a", "b", nil, nil))
		Arrange(newPair(here, "c", "d", nil, []*nl.RtAttr{inNamespace(Get(here.OpenNS(there, nsutil.Net)))}))
		Arrange(newPair(here, "e", "f", nil, nil))
		Arrange(moveTo(here, "f", there))
		for _, pair := range []struct {
			name  string
			peerS *harness.Subject
			peer  string
		}{{"a", here, "b"}, {"c", there, "d"}, {"e", there, "f"}} {
			expectKnown(here, pair.name, pair.peerS, pair.peer)
			expectKnown(pair.peerS, pair.peer, here, pair.name)
		}
		Expect(Get(look(here, "c")).index).NotTo(Equal(Get(look(there, "d")).index), "the two could be told apart")
	})
})

// expectKnown claims that a device tells the index of its peer.
func expectKnown(s *harness.Subject, device string, peerS *harness.Subject, peer string) {
	one, err := look(s, device)
	Expect(err).NotTo(HaveOccurred())
	other, err := look(peerS, peer)
	Expect(err).NotTo(HaveOccurred())
	Expect(one.peer).To(Equal(other.index), "IFLA_LINK of %s", device)
	Expect(peerIndex(s, device)).To(Equal(other.index), "peer_ifindex of %s", device)
	if s == peerS {
		Expect(one.peerNSID).To(Equal(-1), "the namespace of the peer of %s is its own", device)
	} else {
		Expect(one.peerNSID).To(BeNumerically(">=", 0), "the namespace of the peer of %s has an id", device)
	}
}

// expectConnected claims that a frame sent by one device arrives at the other.
func expectConnected(s *harness.Subject, device string, peerS *harness.Subject, peer string) {
	Expect(setUp(s, device, true)).To(Succeed())
	Expect(setUp(peerS, peer, true)).To(Succeed())
	ear := packets(peerS, peer)
	defer peerS.Close(ear)
	words := fmt.Sprintf("from %s of %s", device, s.Name())
	Expect(sendFrame(s, device, words)).To(Succeed())
	Expect(hear(peerS, ear)).To(Equal(words))
}

// Of include/uapi/linux/ethtool.h.
const (
	ethtoolStrings, ethtoolStats = 0x1b, 0x1d
	ofStatistics                 = 1
	stringLength                 = 32
)

// peerIndex is the statistic peer_ifindex, as ethtool(8) shows it.
func peerIndex(s *harness.Subject, device string) (int, error) {
	socket := Get(s.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
	defer s.Close(socket)
	names, values := make([]byte, 16<<10), make([]byte, 4<<10)
	binary.NativeEndian.PutUint32(names, ethtoolStrings)
	binary.NativeEndian.PutUint32(names[4:], ofStatistics)
	binary.NativeEndian.PutUint32(values, ethtoolStats)
	for _, request := range [][]byte{names, values} {
		if err := s.Ethtool(socket, device, request); err != nil {
			return 0, err
		}
	}
	for i := range int(binary.NativeEndian.Uint32(names[8:])) {
		name, _, _ := bytes.Cut(names[12+i*stringLength:][:stringLength], []byte{0})
		if string(name) == "peer_ifindex" {
			return int(binary.NativeEndian.Uint64(values[8+8*i:])), nil
		}
	}
	return 0, fmt.Errorf("find peer_ifindex of %s: it is not there", device)
}
