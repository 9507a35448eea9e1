package net

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// pin is something besides a process that keeps a network namespace.
type pin struct {
	what string
	// put has the keeper keep the namespace of tenant, and returns how it lets go.
	put func(keeper, tenant *harness.Subject) (release func())
}

var pins = []pin{
	{"nothing", func(_, _ *harness.Subject) func() { return nil }},
	{"descriptor", func(keeper, tenant *harness.Subject) func() {
		fd := Get(keeper.OpenNS(tenant, nsutil.Net))
		return func() { Expect(keeper.Close(fd)).To(Succeed()) }
	}},
	{"mount", func(keeper, tenant *harness.Subject) func() {
		path := T().TempDir() + "/net"
		Arrange(keeper.WriteFile(path, "", unix.O_CREAT))
		Expect(keeper.Bind(nsutil.Net.File(tenant.PID()), path)).To(Succeed())
		return func() { Expect(keeper.Umount(path, 0)).To(Succeed()) }
	}},
	{"udp", socketPin(unix.AF_INET, unix.SOCK_DGRAM, 0)},
	{"tcp", socketPin(unix.AF_INET6, unix.SOCK_STREAM, 0)},
	{"unix", socketPin(unix.AF_UNIX, unix.SOCK_STREAM, 0)},
	{"packet", socketPin(unix.AF_PACKET, unix.SOCK_RAW, 0)},
	{"netlink", socketPin(unix.AF_NETLINK, unix.SOCK_RAW, 0)},
	{"raw", socketPin(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
	{"raw6", socketPin(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)},
}

// socketPin is a socket that a member leaves to one outside.
func socketPin(domain, kind, protocol int) func(keeper, tenant *harness.Subject) func() {
	return func(keeper, tenant *harness.Subject) func() {
		visitor := Get(keeper.Fork())
		Arrange(visitor.Join(tenant, nsutil.Net))
		Get(visitor.Socket(domain, kind, protocol))
		Arrange(visitor.Join(keeper, nsutil.Net))
		return func() { Arrange(visitor.End()) }
	}
}

var _ = Specs("A network namespace without members", Label("net"), func() {
	It("is kept by a descriptor, a bind mount or a socket, and freed with the last of them", Proves("net-namespace-freed-with-last-reference"), func() {
		keeper := room("keeper")
		Arrange(keeper.Unshare(unix.CLONE_NEWNS))
		Arrange(keeper.MakePrivate())
		releases := map[string]func(){}
		kept := []string{"lo"}
		for _, pin := range pins {
			tenant := room(pin.what)
			movable(keeper, pin.what, tenant)
			if release := pin.put(keeper, tenant); release != nil {
				releases[pin.what] = release
				kept = append(kept, pin.what)
			}
			Arrange(tenant.End())
		}
		are := func() ([]string, error) { return names(keeper) }
		Eventually(are).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(ConsistOf(kept),
			"the device that leads into a namespace goes with it")
		for _, release := range releases {
			release()
		}
		Eventually(are).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(ConsistOf("lo"))
	})

	It("is freed although its last member has left a zombie", Proves("net-namespace-freed-with-last-reference"), func() {
		keeper, parent := room("keeper"), Spawn()
		tenant := Get(parent.Clone(unix.CLONE_NEWNET))
		movable(keeper, "device", tenant)
		Expect(names(keeper)).To(ConsistOf("lo", "device"))
		Expect(tenant.Exit(0)).To(Succeed())
		Eventually(func() ([]string, error) { return names(keeper) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
			Should(ConsistOf("lo"))
	})
})
