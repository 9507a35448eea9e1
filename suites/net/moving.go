package net

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// destinations are the ways to name the network namespace of other to rtnetlink.
var destinations = []struct {
	how   string
	named func(s, other *harness.Subject) *nl.RtAttr
}{
	{"the pid of a member", func(_, other *harness.Subject) *nl.RtAttr { return number(unix.IFLA_NET_NS_PID, other.PID()) }},
	{"a descriptor", func(s, other *harness.Subject) *nl.RtAttr {
		return inNamespace(Get(s.OpenNS(other, nsutil.Net)))
	}},
}

// moveTo has s move a device to the namespace of other.
func moveTo(s *harness.Subject, device string, other *harness.Subject) error {
	fd := Get(s.OpenNS(other, nsutil.Net))
	defer s.Close(fd)
	return change(s, device, inNamespace(fd))
}

// movable makes a device that can move, whose peer is called end-N at other's.
func movable(s *harness.Subject, device string, other *harness.Subject) {
	fd := Get(s.OpenNS(other, nsutil.Net))
	defer s.Close(fd)
	end := fmt.Sprintf("end-%d", len(Get(names(other)))-1)
	Arrange(newPair(s, device, end, nil, []*nl.RtAttr{inNamespace(fd)}))
}

var _ = Specs("A network device", Label("net"), func() {
	for _, destination := range destinations {
		It("moves to the namespace named by "+destination.how, Proves("net-move-device-by-pid-and-fd"), func() {
			here, there, elsewhere := room("here"), room("there"), room("elsewhere")
			movable(here, "device", elsewhere)
			Arrange(addressed(here, "device", "10.99.0.1/24"))
			Arrange(setUp(here, "device", true))
			Expect(change(here, "device", destination.named(here, there))).To(Succeed())
			Expect(names(here)).To(ConsistOf("lo"))
			Expect(names(there)).To(ConsistOf("lo", "device"))
			Expect(names(elsewhere)).To(ConsistOf("lo", "end-0"))
			moved, err := look(there, "device")
			Expect(err).NotTo(HaveOccurred())
			Expect(moved.up()).To(BeFalse(), "it comes down on the way")
			Expect(addresses(there, unix.AF_INET)).To(BeEmpty(), "it loses its addresses")
			_, err = routeTo(here, "10.99.0.2")
			Expect(err).To(MatchError(unix.ENETUNREACH), "its routes are gone")
			Expect(setUp(there, "device", true)).To(Succeed())

			movable(here, "device", elsewhere)
			Expect(change(here, "device", destination.named(here, there))).To(MatchError(unix.EEXIST), "the name is taken there")
			Expect(names(here)).To(ConsistOf("lo", "device"), "after a refusal")
			Expect(change(here, "device", destination.named(here, there), text(unix.IFLA_IFNAME, "device"))).To(MatchError(unix.EEXIST))
			Expect(change(here, "device", destination.named(here, elsewhere))).To(Succeed())
			Expect(names(elsewhere)).To(ConsistOf("lo", "end-0", "end-1", "device"))
		})
	}

	It("moves to the namespace of a pid of the mover's PID namespace", Proves("net-move-device-by-pid-and-fd"), func() {
		here, elsewhere := Spawn(harness.Cloned(nsutil.PID, nsutil.Net), harness.Named("here")), room("elsewhere")
		there := Get(here.Clone(unix.CLONE_NEWNET))
		Expect(there.NSPID()).NotTo(Equal(there.PID()))
		movable(here, "device", elsewhere)
		Expect(change(here, "device", number(unix.IFLA_NET_NS_PID, there.NSPID()))).To(Succeed())
		Expect(names(here)).To(ConsistOf("lo"))
		Expect(names(there)).To(ConsistOf("lo", "device"))
	})

	It("does not move to what is no network namespace, nor to one over which the mover has no power", Proves("net-move-device-by-pid-and-fd"), func() {
		here, there := room("here"), room("there")
		ended := Get(here.Fork())
		Arrange(ended.End())
		movable(here, "device", there)
		uts := Get(here.OpenNS(there, nsutil.UTS))
		file := Get(here.Open("/proc/self/status", unix.O_RDONLY|unix.O_CLOEXEC))
		for _, wrong := range []struct {
			what  string
			named *nl.RtAttr
			errno unix.Errno
		}{
			{"a UTS namespace", inNamespace(uts), unix.EINVAL},
			{"a file of another kind", inNamespace(file), unix.EINVAL},
			{"a closed descriptor", inNamespace(1000), unix.EBADF},
			{"the pid of one who has ended", number(unix.IFLA_NET_NS_PID, ended.PID()), unix.ESRCH},
			{"no pid", number(unix.IFLA_NET_NS_PID, 0), unix.ESRCH},
		} {
			Expect(change(here, "device", wrong.named)).To(MatchError(wrong.errno), wrong.what)
			Expect(names(here)).To(ConsistOf("lo", "device"), wrong.what)
		}

		opener := Spawn()
		fd := Get(opener.OpenNS(there, nsutil.Net))
		below := Get(opener.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNET))
		Arrange(below.MapIDs(subordinate, subordinate))
		Arrange(newPair(below, "own", "other", nil, nil))
		Expect(change(below, "own", inNamespace(fd))).To(MatchError(unix.EPERM), "the owner of the one has no power over the other")
		Expect(names(below)).To(ConsistOf("lo", "own", "other"))
		Expect(names(there)).To(ConsistOf("lo", "end-0"))
		Expect(moveTo(here, "device", below)).To(Succeed(), "root above has power over both")
		Expect(names(below)).To(ConsistOf("lo", "own", "other", "device"))
		Expect(change(below, "device", inNamespace(fd))).To(MatchError(unix.EPERM), "not even back")
	})

	for _, destination := range destinations {
		It("that belongs to its namespace stays there, asked to move by "+destination.how, Proves("net-move-local-device-einval"), func() {
			here, there := room("here"), room("there")
			movable(here, "free", there)
			Arrange(newLink(here, "bridge", "bridge", nil))
			Expect(change(here, "bridge", destination.named(here, there))).To(MatchError(unix.EINVAL))
			Expect(change(here, "lo", destination.named(here, there))).To(MatchError(unix.EINVAL))
			Expect(change(here, "lo", destination.named(here, there), text(unix.IFLA_IFNAME, "lo"))).To(MatchError(unix.EINVAL))
			Expect(names(here)).To(ConsistOf("lo", "bridge", "free"))
			Expect(names(there)).To(ConsistOf("lo", "end-0"))
			Expect(setUp(here, "lo", true)).To(Succeed())
			Expect(say(here, "to myself", at("127.0.0.1:9"))).To(Succeed())
			Expect(change(here, "lo", destination.named(here, there))).To(MatchError(unix.EINVAL), "when it is up")
			Expect(say(here, "to myself", at("127.0.0.1:9"))).To(Succeed(), "a refusal leaves it up")
			Expect(change(here, "free", destination.named(here, there))).To(Succeed(), "another one may move")
		})
	}
})
