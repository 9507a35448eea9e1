package bench

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Requests to rtnetlink(7), which are made before they are timed.

// The addresses of every container, which are alone in their namespaces.
var (
	insideAddress = [4]byte{10, 88, 0, 2}
	gateway       = [4]byte{10, 88, 0, 1}
)

const prefix = 16

// route returns the subject's new rtnetlink socket in the namespace that it is in.
func (l *lab) route(s *harness.Subject) int {
	return l.must2(s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE))
}

// exchange returns the steps that send a request and receive its acknowledgement.
func exchange(socket any, request []byte) []harness.Step {
	answer := make([]byte, 1024) // an error's has the request in it
	read := call("read", unix.SYS_READ, socket, harness.Out(answer), len(answer))
	read.Ack = true
	return []harness.Step{call("write", unix.SYS_WRITE, socket, harness.In(request), len(request)), read}
}

func request(kind, flags int, parts ...nl.NetlinkRequestData) []byte {
	r := nl.NewNetlinkRequest(kind, flags|unix.NLM_F_ACK)
	for _, p := range parts {
		r.AddData(p)
	}
	return r.Serialize()
}

const createNew = unix.NLM_F_CREATE | unix.NLM_F_EXCL

// newPair is for a veth pair with one end, peer, in the namespace of a descriptor.
// See veth(4).
func newPair(name, peer string, index, peerIndex, fd int) []byte {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	other := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(other, unix.AF_UNSPEC).Index = int32(peerIndex)
	other.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(peer))
	other.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(fd)))
	return request(unix.RTM_NEWLINK, createNew, link(index), nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)), info)
}

func deleteLink(index int) []byte { return request(unix.RTM_DELLINK, 0, link(index)) }

func setUp(index int) []byte {
	up := link(index)
	up.Flags, up.Change = unix.IFF_UP, unix.IFF_UP
	return request(unix.RTM_NEWLINK, 0, up)
}

func link(index int) *nl.IfInfomsg {
	link := nl.NewIfInfomsg(unix.AF_UNSPEC)
	link.Index = int32(index)
	return link
}

func addAddress(index int) []byte {
	address := nl.NewIfAddrmsg(unix.AF_INET)
	address.Prefixlen, address.Index = prefix, uint32(index)
	return request(unix.RTM_NEWADDR, createNew, address,
		nl.NewRtAttr(unix.IFA_LOCAL, insideAddress[:]), nl.NewRtAttr(unix.IFA_ADDRESS, insideAddress[:]))
}

func addDefaultRoute(index int) []byte {
	route := nl.NewRtMsg()
	route.Family = unix.AF_INET
	return request(unix.RTM_NEWROUTE, createNew, route,
		nl.NewRtAttr(unix.RTA_GATEWAY, gateway[:]), nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
}
