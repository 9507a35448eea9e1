package net

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// transports are protocols with ports.
var transports = []struct {
	name string
	kind int
	// words carries some from a client to what is bound in the server's namespace.
	words func(client, server *harness.Subject, socket int, address []byte) error
}{
	{"UDP", unix.SOCK_DGRAM, func(client, server *harness.Subject, socket int, address []byte) error {
		if err := say(client, client.Name(), address); err != nil {
			return err
		}
		got, err := hear(server, socket)
		if err == nil && got != client.Name() {
			err = fmt.Errorf("hear %q: those are not the words of %s", got, client.Name())
		}
		return err
	}},
	{"TCP", unix.SOCK_STREAM, conversation},
}

// loopbacks are addresses of this host, and all of them, of both versions of IP, at a port.
var loopbacks = []string{"127.0.0.1:%d", "[::1]:%d", "0.0.0.0:%d", "[::]:%d"}

var _ = Specs("Network namespaces:", Label("net"), func() {
	for _, transport := range transports {
		It("a port of "+transport.name+" can be bound in each of them, once", Proves("net-same-port-in-two-namespaces"), func() {
			here, there := lit("here"), lit("there")
			for i, form := range loopbacks {
				address := at(fmt.Sprintf(form, 7777+i))
				open := bound
				if transport.kind == unix.SOCK_STREAM {
					open = func(s *harness.Subject, _ int, address []byte) (int, error) { return listening(s, address) }
				}
				ear, err := open(here, transport.kind, address)
				Expect(err).NotTo(HaveOccurred())
				_, err = open(Get(here.Fork()), transport.kind, address)
				Expect(err).To(MatchError(unix.EADDRINUSE), "by another member")
				if transport.kind == unix.SOCK_STREAM {
					_, err = dial(there, transport.kind, address)
					Expect(err).To(MatchError(unix.ECONNREFUSED), "where nobody listens yet")
				} else {
					Expect(say(there, "to nobody", address)).To(Succeed())
					Expect(heard(here, ear)).To(BeEmpty(), "of what is said elsewhere")
				}
				other, err := open(there, transport.kind, address)
				Expect(err).NotTo(HaveOccurred(), "in another namespace")
				_, err = open(there, transport.kind, address)
				Expect(err).To(MatchError(unix.EADDRINUSE))

				for range 2 {
					Expect(transport.words(here, here, ear, address)).To(Succeed())
					Expect(transport.words(there, there, other, address)).To(Succeed())
				}
				for s, socket := range map[*harness.Subject]int{here: ear, there: other} {
					Expect(s.Poll(socket, unix.POLLIN, 0)).To(BeZero(), "nothing else has come to %s", s.Name())
				}
			}
		})
	}

	It("each has an own range of ports to choose from", Proves("net-same-port-in-two-namespaces"), func() {
		here, there := lit("here"), lit("there")
		const only = 40001
		for _, s := range []*harness.Subject{here, there} {
			Arrange(s.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", fmt.Sprintf("%d %d", only, only), 0))
			socket, err := bound(s, unix.SOCK_DGRAM, at("127.0.0.1:0"))
			Expect(err).NotTo(HaveOccurred())
			Expect(s.Getsockname(socket)).To(Equal(at(fmt.Sprintf("127.0.0.1:%d", only))))
			_, err = bound(s, unix.SOCK_DGRAM, at("127.0.0.1:0"))
			Expect(err).To(MatchError(unix.EADDRINUSE), "the only one is taken")
		}
	})

	It("a socket stays in the one it was made in when its owner leaves", Proves("net-socket-stays-in-its-namespace"), func() {
		here, there := lit("here"), lit("there")
		owner, stayer := Get(here.Fork()), Get(here.Fork())
		address := at("127.0.0.1:7777")
		ear := Get(bound(owner, unix.SOCK_DGRAM, address))
		listener := Get(listening(owner, address))
		unbound := Get(owner.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
		table := Get(owner.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE))
		Arrange(newLink(here, "only-here", "bridge", nil))

		for _, leave := range []struct {
			how string
			do  func() error
		}{
			{"by setns", func() error { return owner.Join(there, "net") }},
			{"by unshare", func() error { return owner.Unshare(unix.CLONE_NEWNET) }},
		} {
			Expect(leave.do()).To(Succeed())
			Expect(say(stayer, "to whom it may concern", address)).To(Succeed())
			Expect(hear(owner, ear)).To(Equal("to whom it may concern"), "after its owner has left %s", leave.how)
			Expect(conversation(stayer, owner, listener, address)).To(Succeed())
			Expect(owner.Sendto(unbound, []byte("an answer"), address)).To(Succeed(), "first use after its owner has left %s", leave.how)
			Expect(hear(owner, ear)).To(Equal("an answer"))
			Expect(namesOn(owner, table)).To(ConsistOf("lo", "only-here"))
			Expect(names(owner)).To(ConsistOf("lo"), "a new socket is where its owner is")
			_, err := bound(stayer, unix.SOCK_DGRAM, address)
			Expect(err).To(MatchError(unix.EADDRINUSE))
		}
		Expect(setUp(owner, "lo", true)).To(Succeed())
		_, err := bound(owner, unix.SOCK_DGRAM, address)
		Expect(err).NotTo(HaveOccurred(), "the port is free where its owner is")
		Expect(bindToDevice(owner, unbound, "only-here")).To(Succeed(), "it knows the devices it was made among")
		Expect(interfaceIndexOn(owner, unbound, "only-here")).To(Equal(Get(look(stayer, "only-here")).index))
		_, err = interfaceIndex(owner, "only-here")
		Expect(err).To(MatchError(unix.ENODEV), "a new socket does not")
		Expect(strings.Contains(Get(owner.ReadFile("/proc/self/net/dev")), "only-here")).To(BeFalse())
	})

	It("a socket is connected in the one it was made in when its owner has left", Proves("net-socket-stays-in-its-namespace"), func() {
		here := lit("here")
		owner := Get(here.Fork())
		for i, form := range loopbacks[:2] {
			address := at(fmt.Sprintf(form, 7777+i))
			listener, ear := Get(listening(here, address)), Get(bound(here, unix.SOCK_DGRAM, address))
			stream := Get(owner.Socket(familyOf(address), unix.SOCK_STREAM, 0))
			datagram := Get(owner.Socket(familyOf(address), unix.SOCK_DGRAM, 0))
			traveller := Get(owner.Fork())
			Arrange(traveller.Unshare(unix.CLONE_NEWNET))
			Arrange(setUp(traveller, "lo", true))
			_, err := dial(traveller, unix.SOCK_STREAM, address)
			Expect(err).To(MatchError(unix.ECONNREFUSED), "a socket made where its owner is now")

			Expect(traveller.Connect(stream, address)).To(Succeed())
			Expect(here.Poll(listener, unix.POLLIN, Patience()/4)).To(BeEquivalentTo(unix.POLLIN))
			accepted, err := here.Accept(listener)
			Expect(err).NotTo(HaveOccurred())
			Expect(traveller.Write(stream, []byte("word"))).To(Equal(4))
			Expect(here.Read(accepted, 16)).To(BeEquivalentTo("word"))
			Expect(traveller.Connect(datagram, address)).To(Succeed())
			Expect(traveller.Write(datagram, []byte("words"))).To(Equal(5))
			Expect(hear(here, ear)).To(Equal("words"))
		}
	})

	It("what a listening socket accepts is where the listener was made", Proves("net-socket-stays-in-its-namespace"), func() {
		here := lit("here")
		owner := Get(here.Fork())
		address := at("127.0.0.1:7777")
		listener := Get(listening(owner, address))
		Expect(owner.Unshare(unix.CLONE_NEWNET)).To(Succeed())
		client := Get(dial(here, unix.SOCK_STREAM, address))
		accepted, err := owner.Accept(listener)
		Expect(err).NotTo(HaveOccurred())
		Expect(bindToDevice(owner, accepted, "lo")).To(Succeed())
		Expect(owner.Write(accepted, []byte("welcome"))).To(Equal(7))
		Expect(here.Read(client, 16)).To(BeEquivalentTo("welcome"))
		Expect(count(here, "/proc/self/net/tcp", "0100007F:1E61 ", " 01 ")).NotTo(BeZero(), "an established connection")
		Expect(count(owner, "/proc/self/net/tcp", "0100007F:1E61 ")).To(BeZero())
	})

	It("a socket that is passed to another one stays where it was made", Proves("net-socket-stays-in-its-namespace"), func() {
		here := lit("here")
		giver := Get(here.Fork())
		a, b := pair(giver)
		taker := Get(giver.Fork())
		Arrange(taker.Unshare(unix.CLONE_NEWNET))
		address := at("127.0.0.1:7777")
		Arrange(giver.SendFd(a, Get(bound(giver, unix.SOCK_DGRAM, address))))
		ear, err := taker.ReceiveFd(b)
		Expect(err).NotTo(HaveOccurred())
		Expect(say(here, "hello", address)).To(Succeed())
		Expect(hear(taker, ear)).To(Equal("hello"))
		Expect(say(taker, "hello", address)).To(MatchError(unix.ENETUNREACH))
	})
})

// pair returns two connected sockets of s.
func pair(s *harness.Subject) (a, b int) {
	a, b, err := s.Socketpair(unix.SOCK_DGRAM)
	Arrange(err)
	return a, b
}
