package lifetime

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime", "net"), func() {
	It("a link that reaches into a net namespace vanishes when the namespace's last member has exited, and not before", Proves("life-ends-with-last-member"), func() {
		watcher, dying, living := watcherOfLinks()
		linkInto(watcher, dying, "into-dying")
		linkInto(watcher, living, "into-living")
		last := Get(dying.Fork())

		Arrange(dying.End())
		_, err := mtuOf(watcher, "into-dying")
		Expect(err).NotTo(HaveOccurred(), "there is another member")
		Expect(mtuOf(last, "other-end")).NotTo(BeZero())

		Arrange(last.End())
		expectVanishes(watcher, "into-dying")
		Expect(mtuOf(watcher, "into-living")).NotTo(BeZero())
	})

	It("a link that reaches into a net namespace stays while the namespace's file is open, and vanishes then", Proves("pin-open-fd-keeps-alive"), func() {
		watcher, kept, dying := watcherOfLinks()
		linkInto(watcher, kept, "into-kept")
		linkInto(watcher, dying, "into-dying")
		fd := Get(watcher.OpenNS(kept, nsutil.Net))

		Arrange(kept.End())
		Arrange(dying.End())
		expectVanishes(watcher, "into-dying")
		Expect(mtuOf(watcher, "into-kept")).NotTo(BeZero())
		visitor := Get(watcher.Fork())
		Expect(visitor.Setns(fd, unix.CLONE_NEWNET)).To(Succeed())
		Expect(mtuOf(visitor, "other-end")).NotTo(BeZero())
		Arrange(visitor.End())

		Arrange(watcher.Close(fd))
		expectVanishes(watcher, "into-kept")
	})
})

// watcherOfLinks returns a process in a network namespace, and two in others.
func watcherOfLinks() (watcher, first, second *harness.Subject) {
	NeedKconfig("CONFIG_NET_NS")
	NeedKconfig("CONFIG_VETH")
	in := func(name string) *harness.Subject { return Spawn(harness.Cloned(nsutil.Net), harness.Named(name)) }
	return in("watcher"), in("first"), in("second")
}

func expectVanishes(watcher *harness.Subject, link string) {
	Eventually(func() error {
		_, err := mtuOf(watcher, link)
		return err
	}).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(MatchError(unix.ENODEV))
}

// linkInto makes a virtual Ethernet pair: one end for s, the other for other.
func linkInto(s, other *harness.Subject, name string) {
	fd := Get(s.OpenNS(other, nsutil.Net))
	defer s.Close(fd)
	err := route(s, newLink(name, "other-end", fd))
	if errors.Is(err, unix.EOPNOTSUPP) {
		NeedModule("veth", "CONFIG_VETH")
	}
	Arrange(err)
}

// newLink returns the request for a virtual Ethernet pair. See veth(4), rtnetlink(7).
func newLink(name, peer string, peerNamespace int) []byte {
	request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	request.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	other := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(other, unix.AF_UNSPEC)
	other.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(peer))
	other.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(peerNamespace)))
	request.AddData(info)
	return request.Serialize()
}

// route has s send one rtnetlink request, and returns the error of the answer.
func route(s *harness.Subject, request []byte) error {
	socket := Get(s.Syscall("socket", unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE))
	defer s.Close(int(socket))
	Get(s.Write(int(socket), request))
	answer := Get(s.Read(int(socket), 4096))
	const header = 16 // an nlmsghdr, before the nlmsgerr of the acknowledgement
	if errno := -int32(binary.NativeEndian.Uint32(answer[header:])); errno != 0 {
		return unix.Errno(errno)
	}
	return nil
}
