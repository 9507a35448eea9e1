package cni

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const port = 7777

// at returns the struct sockaddr_in of an address and the port.
func at(address string) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
	b = binary.BigEndian.AppendUint16(b, port)
	return append(append(b, netip.MustParseAddr(address).AsSlice()...), make([]byte, 8)...)
}

// expectTalk claims that one process reaches another by the address that has: by ICMP,
// UDP and TCP.
func expectTalk(from, to *harness.Subject, address, who string) {
	Expect(ping(from, address)).To(Succeed(), "ICMP: %s", who)
	ear := listen(to, unix.SOCK_DGRAM)
	Expect(say(from, "by UDP", address)).To(Succeed(), "UDP: %s", who)
	Expect(hear(to, ear)).To(Equal("by UDP"), "UDP: %s", who)
	Arrange(to.Close(ear))

	listener := listen(to, unix.SOCK_STREAM)
	socket := Get(from.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	Expect(from.Connect(socket, at(address))).To(Succeed(), "TCP: %s", who)
	Expect(from.Write(socket, []byte("by TCP"))).To(Equal(6), "TCP: %s", who)
	connection, err := to.Accept(listener)
	Expect(err).NotTo(HaveOccurred(), "TCP: %s", who)
	Expect(to.Poll(connection, unix.POLLIN, Patience()/2)).To(Equal(int16(unix.POLLIN)), "TCP: %s", who)
	word, err := to.Read(connection, 16)
	Expect(string(word), err).To(Equal("by TCP"), "TCP: %s", who)
	for s, fds := range map[*harness.Subject][]int{from: {socket}, to: {connection, listener}} {
		for _, fd := range fds {
			Arrange(s.Close(fd))
		}
	}
}

// expectNoWay claims that nothing goes to an address.
func expectNoWay(from *harness.Subject, address, who string) {
	Expect(ping(from, address)).To(MatchError(unix.ENETUNREACH), "ICMP: %s", who)
	Expect(say(from, "lost", address)).To(MatchError(unix.ENETUNREACH), "UDP: %s", who)
	socket := Get(from.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	Expect(from.Connect(socket, at(address))).To(MatchError(unix.ENETUNREACH), "TCP: %s", who)
	Arrange(from.Close(socket))
}

// listen returns a socket of s that is bound to the port of all its addresses.
func listen(s *harness.Subject, kind int) int {
	socket := Get(s.Socket(unix.AF_INET, kind, 0))
	Arrange(s.Setsockopt(socket, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	Arrange(s.BindSocket(socket, at("0.0.0.0")))
	if kind == unix.SOCK_STREAM {
		Arrange(s.Listen(socket))
	}
	return socket
}

// say has s send a datagram, also to all of a subnet.
func say(s *harness.Subject, words, address string) error {
	socket, err := s.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close(socket)
	return errors.Join(s.Setsockopt(socket, unix.SOL_SOCKET, unix.SO_BROADCAST, 1), s.Sendto(socket, []byte(words), at(address)))
}

// hear returns the next datagram that reaches a socket of s.
func hear(s *harness.Subject, socket int) (string, error) {
	if _, err := s.Poll(socket, unix.POLLIN, Patience()/2); err != nil {
		return "", err
	}
	data, _, err := s.Recvfrom(socket, 2048, unix.MSG_DONTWAIT)
	return string(data), err
}

// expectSilence claims that nothing has reached a socket of s.
func expectSilence(s *harness.Subject, socket int, who string) {
	data, _, err := s.Recvfrom(socket, 2048, unix.MSG_DONTWAIT)
	Expect(err).To(MatchError(unix.EAGAIN), "%s hears %q", who, data)
}

// Types of messages of ICMP, RFC 792.
const (
	echoReply   = 0
	echoRequest = 8
)

// ping has s send echo requests to an address until there is an answer: the first may
// be lost, as the kernel starts the queues of new devices on its own time.
func ping(s *harness.Subject, address string) error {
	socket, err := s.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	defer s.Close(socket)
	// The sum of the others must be all ones with it.
	request := []byte{echoRequest, 0, 0, 0, 'n', 's', 0, 1}
	sum := uint16(echoRequest)<<8 + uint16('n')<<8 + uint16('s') + 1
	binary.BigEndian.PutUint16(request[2:], ^sum)
	for begun := time.Now(); time.Since(begun) < Patience(); {
		if err := s.Sendto(socket, request, at(address)); err != nil {
			return err
		}
		if answered, err := hasAnswer(s, socket, address); answered || err != nil {
			return err
		}
	}
	return fmt.Errorf("no answer from %s", address)
}

// hasAnswer reports whether the answer to an echo request comes to a socket soon.
func hasAnswer(s *harness.Subject, socket int, address string) (bool, error) {
	const header = 20 // of IP, without options
	for {
		if ready, err := s.Poll(socket, unix.POLLIN, 200*time.Millisecond); ready == 0 || err != nil {
			return false, err
		}
		data, from, err := s.Recvfrom(socket, 2048, unix.MSG_DONTWAIT)
		if err != nil {
			return false, err
		}
		// One's own request comes, too, where that is for oneself.
		if len(data) >= header+8 && data[header] == echoReply && netip.AddrFrom4([4]byte(from[4:8])).String() == address {
			return true, nil
		}
	}
}
