package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// link is a network device as rtnetlink shows it.
type link struct {
	index     int
	flags     uint32 // IFF_*
	name      string
	kind      string // "veth"; empty for what a driver has made
	peer      int    // IFLA_LINK: the index of the device it is tied to
	peerNSID  int    // IFLA_LINK_NETNSID: the id of the namespace that one is in; -1 without
	operstate byte   // RFC 2863
}

func (l link) up() bool      { return l.flags&unix.IFF_UP != 0 }
func (l link) running() bool { return l.flags&unix.IFF_RUNNING != 0 }

// links returns all devices that s can see, by name.
func links(s *harness.Subject) (map[string]link, error) {
	answers, err := route(s, unix.RTM_GETLINK, unix.NLM_F_DUMP, nl.NewIfInfomsg(unix.AF_UNSPEC))
	all := map[string]link{}
	for _, a := range answers {
		l := parseLink(a.payload)
		all[l.name] = l
	}
	return all, err
}

// names returns the names of all devices that s can see, fallbacks aside.
func names(s *harness.Subject) ([]string, error) {
	all, err := links(s)
	return withoutFallbacks(slices.Collect(maps.Keys(all))), err
}

// look returns one device as s sees it; ENODEV when there is none of the name.
func look(s *harness.Subject, name string) (link, error) {
	answers, err := route(s, unix.RTM_GETLINK, 0, nl.NewIfInfomsg(unix.AF_UNSPEC), text(unix.IFLA_IFNAME, name))
	if err != nil {
		return link{}, err
	}
	return parseLink(answers[0].payload), nil
}

func parseLink(message []byte) link {
	l := link{
		index:    integer(message[4:]),
		flags:    binary.NativeEndian.Uint32(message[8:]),
		peerNSID: -1,
	}
	for kind, value := range attributes(message, unix.SizeofIfInfomsg) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.name = string(bytes.TrimRight(value, "\x00"))
		case unix.IFLA_LINK:
			l.peer = integer(value)
		case unix.IFLA_LINK_NETNSID:
			l.peerNSID = integer(value)
		case unix.IFLA_OPERSTATE:
			l.operstate = value[0]
		case unix.IFLA_LINKINFO:
			l.kind = string(bytes.TrimRight(attributes(value, 0)[nl.IFLA_INFO_KIND], "\x00"))
		}
	}
	return l
}

// inNamespace is the attribute that puts a device into the namespace behind a descriptor.
func inNamespace(fd int) *nl.RtAttr { return number(unix.IFLA_NET_NS_FD, fd) }

// newLink has s make a device of a kind, with more attributes. It skips the spec
// where the kernel has no driver for it.
func newLink(s *harness.Subject, name, kind string, data *nl.RtAttr, more ...part) error {
	info := attribute(unix.IFLA_LINKINFO, nil, nl.NewRtAttr(nl.IFLA_INFO_KIND, []byte(kind)))
	if data != nil {
		info.AddChild(data)
	}
	parts := append([]part{nl.NewIfInfomsg(unix.AF_UNSPEC), text(unix.IFLA_IFNAME, name), info}, more...)
	err := order(s, unix.RTM_NEWLINK, createNew, parts...)
	if errors.Is(err, unix.EOPNOTSUPP) {
		NeedModule(kind, "CONFIG_"+strings.ToUpper(kind))
	}
	return err
}

// newPair has s make a virtual Ethernet pair; attributes say more of each end.
func newPair(s *harness.Subject, name, peer string, ofName, ofPeer []*nl.RtAttr) error {
	other := attribute(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(other, unix.AF_UNSPEC)
	other.AddChild(text(unix.IFLA_IFNAME, peer))
	for _, a := range ofPeer {
		other.AddChild(a)
	}
	var more []part
	for _, a := range ofName {
		more = append(more, a)
	}
	return newLink(s, name, "veth", attribute(nl.IFLA_INFO_DATA, nil, other), more...)
}

// connect makes a virtual Ethernet pair with one end for a and one for b, both up.
func connect(a, b *harness.Subject, inA, inB string) {
	fd := Get(a.OpenNS(b, nsutil.Net))
	defer a.Close(fd)
	Arrange(newPair(a, inA, inB, nil, []*nl.RtAttr{inNamespace(fd)}))
	Arrange(setUp(a, inA, true))
	Arrange(setUp(b, inB, true))
}

// setUp sets a device up or down.
func setUp(s *harness.Subject, name string, up bool) error {
	header := nl.NewIfInfomsg(unix.AF_UNSPEC)
	header.Change = unix.IFF_UP
	if up {
		header.Flags = unix.IFF_UP
	}
	return order(s, unix.RTM_NEWLINK, 0, header, text(unix.IFLA_IFNAME, name))
}

// change has s set attributes of a device.
func change(s *harness.Subject, name string, what ...part) error {
	parts := append([]part{nl.NewIfInfomsg(unix.AF_UNSPEC), text(unix.IFLA_IFNAME, name)}, what...)
	return order(s, unix.RTM_NEWLINK, 0, parts...)
}

// remove has s delete a device.
func remove(s *harness.Subject, name string) error {
	return order(s, unix.RTM_DELLINK, 0, nl.NewIfInfomsg(unix.AF_UNSPEC), text(unix.IFLA_IFNAME, name))
}

// namesOn is names by a rtnetlink socket that s has open.
func namesOn(s *harness.Subject, socket int) ([]string, error) {
	request := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	answers, err := askOn(s, socket, request.Serialize())
	var all []string
	for _, a := range answers {
		all = append(all, parseLink(a.payload).name)
	}
	return withoutFallbacks(all), err
}
