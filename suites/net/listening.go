package net

import (
	"encoding/binary"
	"errors"
	"syscall"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// news is a device that a listener was told of, and in which namespace: the id
// that came along, or none.
type news struct {
	device string
	nsid   int
}

// listener returns a socket of s that is told what a group of rtnetlink is.
func listener(s *harness.Subject, group int) int {
	socket := Get(s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE))
	address := binary.NativeEndian.AppendUint16(nil, unix.AF_NETLINK)
	address = append(address, 0, 0, 0, 0, 0, 0) // struct sockaddr_nl
	address = binary.NativeEndian.AppendUint32(address, 1<<(group-1))
	Arrange(s.BindSocket(socket, address))
	return socket
}

// listenToAll sets the option on a socket.
func listenToAll(s *harness.Subject, socket int) error {
	return s.Setsockopt(socket, unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, 1)
}

// told returns all that has reached a listener by now.
func told(s *harness.Subject, socket int) ([]news, error) {
	all := []news{}
	for {
		m, err := s.Recvmsg(socket, 16<<10, 64, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		nsid := none
		for _, c := range Get(unix.ParseSocketControlMessage(m.Control)) {
			if c.Header.Level == unix.SOL_NETLINK && c.Header.Type == unix.NETLINK_LISTEN_ALL_NSID {
				nsid = integer(c.Data)
			}
		}
		for _, one := range Get(syscall.ParseNetlinkMessage(m.Data)) {
			all = append(all, news{parseLink(one.Data).name, nsid})
		}
	}
}

var _ = Specs("A netlink socket with NETLINK_LISTEN_ALL_NSID", Label("net"), func() {
	It("is told of every namespace that has an id in its own, and of which one", Proves("net-listen-all-nsid"), func() {
		here, known, also, unknown := room("here"), room("known"), room("also"), room("unknown")
		Arrange(assign(here, known, 5))
		Arrange(assign(here, also, 0))
		Arrange(assign(unknown, here, 3))
		Arrange(assign(known, unknown, 4))
		plain, all := listener(here, unix.RTNLGRP_LINK), listener(here, unix.RTNLGRP_LINK)
		Expect(listenToAll(here, all)).To(Succeed())

		for _, s := range []*harness.Subject{known, unknown, here, also} {
			Arrange(newLink(s, "new-in-"+s.Name(), "bridge", nil))
		}
		Expect(told(here, all)).To(HaveExactElements(news{"new-in-known", 5}, news{"new-in-here", none}, news{"new-in-also", 0}))
		Expect(told(here, plain)).To(HaveExactElements(news{"new-in-here", none}), "without the option")

		Arrange(assign(here, unknown, 6))
		Arrange(newLink(unknown, "once-more", "bridge", nil))
		Expect(told(here, all)).To(HaveExactElements(news{"once-more", 6}), "it has an id now")
		Expect(here.Setsockopt(all, unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, 0)).To(Succeed())
		Arrange(newLink(unknown, "the-last", "bridge", nil))
		Expect(told(here, all)).To(BeEmpty(), "the option is off again")
	})

	It("needs CAP_NET_BROADCAST over its own namespace and those it is told of", Proves("net-listen-all-nsid"), func() {
		here, known := room("here"), room("known")
		Arrange(assign(here, known, 5))
		without := Get(here.Fork())
		socket := listener(without, unix.RTNLGRP_LINK)
		Arrange(without.DropCapabilities(unix.CAP_NET_BROADCAST))
		Expect(listenToAll(without, socket)).To(MatchError(unix.EPERM))
		only := Get(here.Fork())
		mine := listener(only, unix.RTNLGRP_LINK)
		Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_NET_BROADCAST, Permitted: 1 << unix.CAP_NET_BROADCAST}))
		Expect(listenToAll(only, mine)).To(Succeed())

		below := owner("below")
		assigner := Get(here.Fork())
		Arrange(assigner.Join(below, "net"))
		Arrange(assign(assigner, known, 5))
		theirs := listener(below, unix.RTNLGRP_LINK)
		Expect(listenToAll(below, theirs)).To(Succeed(), "it is their own namespace")
		above := listener(assigner, unix.RTNLGRP_LINK)
		Expect(listenToAll(assigner, above)).To(Succeed())
		Arrange(newLink(known, "new", "bridge", nil))
		Expect(told(below, theirs)).To(BeEmpty(), "they have no capability over the other one")
		Expect(told(assigner, above)).To(HaveExactElements(news{"new", 5}))
		Expect(told(without, socket)).To(BeEmpty())
	})
})

// owner returns the root of a new user namespace, in a network namespace of its own.
func owner(name string) *harness.Subject {
	return Spawn(harness.Cloned("user", "net"), harness.Mapped(subordinate), harness.Named(name))
}
