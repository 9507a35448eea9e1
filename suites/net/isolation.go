package net

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Network namespaces:", Label("net"), func() {
	for _, way := range harness.Ways() {
		It("one made by "+string(way)+" has only a loopback device of its own, which is down", Proves("net-new-namespace-only-loopback-down"), func() {
			creator := room("creator")
			Arrange(newLink(creator, "left-behind", "bridge", nil))
			Arrange(setUp(creator, "lo", true))
			Expect(say(creator, "to myself", at("127.0.0.1:9"))).To(Succeed(), "the creator's loopback device is up")

			inside, err := creator.Isolate(way, nsutil.Net)
			Expect(err).NotTo(HaveOccurred())
			Expect(names(inside)).To(ConsistOf("lo"))
			lo, err := look(inside, "lo")
			Expect(err).NotTo(HaveOccurred())
			Expect(lo.flags & unix.IFF_LOOPBACK).NotTo(BeZero())
			Expect(lo.up()).To(BeFalse())
			for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
				Expect(addresses(inside, family)).To(BeEmpty())
			}
			Expect(say(inside, "to myself", at("127.0.0.1:9"))).To(MatchError(unix.ENETUNREACH), "not even this host is reached")

			Expect(setUp(inside, "lo", true)).To(Succeed())
			Expect(names(creator)).To(ConsistOf("lo", "left-behind"))
			ear, err := bound(inside, unix.SOCK_DGRAM, at("127.0.0.1:9"))
			Expect(err).NotTo(HaveOccurred())
			Expect(say(creator, "from the creator", at("127.0.0.1:9"))).To(Succeed())
			Expect(say(inside, "from inside", at("127.0.0.1:9"))).To(Succeed())
			Expect(hear(inside, ear)).To(Equal("from inside"))
			Expect(setUp(creator, "lo", false)).To(Succeed())
			Expect(say(inside, "once more", at("127.0.0.1:9"))).To(Succeed(), "the two are not one device")
		})
	}

	It("a device is visible, and can be configured, only in its own", Proves("net-device-visible-only-in-own-namespace"), func() {
		here, there := room("here"), room("there")
		member := Get(here.Fork())
		Expect(newLink(here, "only-here", "bridge", nil)).To(Succeed())
		for _, one := range []*harness.Subject{here, member} {
			Expect(names(one)).To(ConsistOf("lo", "only-here"))
			Expect(setUp(one, "only-here", true)).To(Succeed())
		}
		device, err := look(member, "only-here")
		Expect(err).NotTo(HaveOccurred())
		Expect(device.up()).To(BeTrue())

		Expect(names(there)).To(ConsistOf("lo"))
		Expect(setUp(there, "only-here", false)).To(MatchError(unix.ENODEV))
		Expect(remove(there, "only-here")).To(MatchError(unix.ENODEV))
		_, err = interfaceIndex(there, "only-here")
		Expect(err).To(MatchError(unix.ENODEV))
		Expect(interfaceIndex(here, "only-here")).To(Equal(device.index))
		socket := Get(there.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
		Expect(bindToDevice(there, socket, "only-here")).To(MatchError(unix.ENODEV))
		Expect(bindToDevice(there, socket, "lo")).To(Succeed())
		socket = Get(here.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
		Expect(bindToDevice(here, socket, "only-here")).To(Succeed())
		device, err = look(here, "only-here")
		Expect(err).NotTo(HaveOccurred())
		Expect(device.up()).To(BeTrue(), "refused calls from elsewhere changed nothing")

		Expect(newLink(there, "only-here", "bridge", nil)).To(Succeed(), "the name is free there")
		Expect(names(here)).To(ConsistOf("lo", "only-here"))
	})

	It("a process that joins one sees its devices and no longer those it leaves", Proves("net-device-visible-only-in-own-namespace"), func() {
		here, there := room("here"), room("there")
		Arrange(newLink(here, "only-here", "bridge", nil))
		Arrange(newLink(there, "only-there", "bridge", nil))
		traveller := Get(here.Fork())
		Expect(names(traveller)).To(ConsistOf("lo", "only-here"))
		Expect(traveller.Join(there, nsutil.Net)).To(Succeed())
		Expect(names(traveller)).To(ConsistOf("lo", "only-there"))
		Expect(traveller.Join(here, nsutil.Net)).To(Succeed())
		Expect(names(traveller)).To(ConsistOf("lo", "only-here"))
	})
})

// room returns a process alone in a new network namespace.
func room(name string) *harness.Subject {
	return Spawn(harness.Cloned(nsutil.Net), harness.Named(name))
}

// lit is room with its loopback device up.
func lit(name string) *harness.Subject {
	s := room(name)
	Arrange(setUp(s, "lo", true))
	return s
}

// interfaceIndex is SIOCGIFINDEX of netdevice(7), which needs no netlink.
func interfaceIndex(s *harness.Subject, device string) (int, error) {
	socket := Get(s.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0))
	defer s.Close(socket)
	return interfaceIndexOn(s, socket, device)
}

// interfaceIndexOn is interfaceIndex by a socket that s has open.
func interfaceIndexOn(s *harness.Subject, socket int, device string) (int, error) {
	ifreq := struct {
		name  [unix.IFNAMSIZ]byte
		index int32
		_     [20]byte
	}{}
	copy(ifreq.name[:], device)
	_, err := s.Ioctl(socket, unix.SIOCGIFINDEX, harness.Struct(&ifreq))
	return int(ifreq.index), err
}

func bindToDevice(s *harness.Subject, socket int, device string) error {
	_, err := s.Syscall("setsockopt", unix.SYS_SETSOCKOPT, socket, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, device, len(device)+1)
	return err
}

// count returns how many lines of a file s reads contain all of the words.
func count(s *harness.Subject, file string, words ...string) (int, error) {
	content, err := s.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	n := 0
lines:
	for line := range strings.Lines(content) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue lines
			}
		}
		n++
	}
	return n, nil
}
