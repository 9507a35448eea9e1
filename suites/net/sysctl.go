package net

import (
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// sysctls below /proc/sys/net are of one namespace, with two values each.
var sysctls = []struct{ file, one, another string }{
	{"ipv4/ip_forward", "0\n", "1\n"},
	{"ipv4/ip_default_ttl", "64\n", "17\n"},
	{"ipv4/ip_unprivileged_port_start", "1024\n", "80\n"},
	{"ipv4/icmp_echo_ignore_all", "0\n", "1\n"},
	{"ipv4/conf/all/rp_filter", "0\n", "2\n"},
	{"ipv4/conf/lo/forwarding", "0\n", "1\n"},
	{"ipv6/conf/all/forwarding", "0\n", "1\n"},
	{"ipv6/conf/lo/hop_limit", "64\n", "33\n"},
	{"core/somaxconn", "4096\n", "123\n"},
	{"unix/max_dgram_qlen", "10\n", "3\n"},
}

var _ = Specs("The sysctls of a network namespace", Label("net"), func() {
	It("are seen and set by its members alone", Proves("net-proc-sys-net-per-namespace"), func() {
		here, there := room("here"), room("there")
		member := Get(here.Fork())
		NeedSysctl("net/core/somaxconn")
		for _, sysctl := range sysctls {
			file := "/proc/sys/net/" + sysctl.file
			for _, s := range []*harness.Subject{here, there} {
				if err := s.WriteFile(file, sysctl.one, 0); errors.Is(err, unix.ENOENT) && sysctl.file[:4] == "ipv6" {
					NeedKconfig("CONFIG_IPV6")
				} else {
					Expect(err).NotTo(HaveOccurred(), sysctl.file)
				}
			}
			Expect(here.WriteFile(file, sysctl.another, 0)).To(Succeed(), sysctl.file)
			Expect(member.ReadFile(file)).To(Equal(sysctl.another), "%s as a member sees it", sysctl.file)
			Expect(there.ReadFile(file)).To(Equal(sysctl.one), "%s as one elsewhere sees it", sysctl.file)
			below := Get(here.Fork())
			Expect(below.Join(there, nsutil.Net)).To(Succeed())
			Expect(below.ReadFile(file)).To(Equal(sysctl.one), "%s after moving there", sysctl.file)
			Arrange(below.End())
		}
	})

	It("act on its traffic alone", Proves("net-proc-sys-net-per-namespace"), func() {
		here, there := room("here"), room("there")
		connect(here, there, "to-there", "to-here")
		Arrange(addressed(here, "to-there", "10.99.0.1/24"))
		Arrange(addressed(there, "to-here", "10.99.0.2/24"))
		ears := map[*harness.Subject]int{}
		for s, address := range map[*harness.Subject]string{here: "10.99.0.1:7777", there: "10.99.0.2:7777"} {
			ears[s] = Get(bound(s, unix.SOCK_DGRAM, at(address)))
			Arrange(s.Setsockopt(ears[s], unix.IPPROTO_IP, unix.IP_RECVTTL, 1))
		}
		Expect(here.WriteFile("/proc/sys/net/ipv4/ip_default_ttl", "17", 0)).To(Succeed())
		Expect(say(here, "short-lived", at("10.99.0.2:7777"))).To(Succeed())
		Expect(hopsLeft(there, ears[there])).To(Equal(17))
		Expect(say(there, "as always", at("10.99.0.1:7777"))).To(Succeed())
		Expect(hopsLeft(here, ears[here])).To(Equal(64))
	})

	It("are those of who reads, not of who mounted procfs or opened the directory", Proves("net-proc-sys-net-per-namespace"), func() {
		here, there := room("here"), room("there")
		Arrange(here.WriteFile("/proc/sys/net/ipv4/ip_default_ttl", "17", 0))
		traveller := Get(here.Fork())
		fd := Get(traveller.Open("/proc/sys/net/ipv4/ip_default_ttl", unix.O_RDWR|unix.O_CLOEXEC))
		Expect(traveller.Join(there, nsutil.Net)).To(Succeed())
		Expect(traveller.ReadFile("/proc/sys/net/ipv4/ip_default_ttl")).To(Equal("64\n"))
		Expect(traveller.Write(fd, []byte("18"))).To(Equal(2))
		Expect(here.ReadFile("/proc/sys/net/ipv4/ip_default_ttl")).To(Equal("18\n"), "the open file is where it was")
		Expect(there.ReadFile("/proc/sys/net/ipv4/ip_default_ttl")).To(Equal("64\n"))
	})

	It("have an entry for each of its devices", Proves("net-proc-sys-net-per-namespace"), func() {
		here, there := room("here"), room("there")
		Arrange(newLink(here, "only-here", "bridge", nil))
		Expect(listed(here, "/proc/sys/net/ipv4/conf")).To(ConsistOf("all", "default", "lo", "only-here"))
		Expect(listed(there, "/proc/sys/net/ipv4/conf")).To(ConsistOf("all", "default", "lo"))
	})

	It("are hidden where they are of the whole machine", Proves("net-proc-sys-net-per-namespace"), func() {
		NeedInitial(nsutil.Net)
		inside := room("inside")
		for _, file := range []string{"core/netdev_max_backlog", "ipv4/tcp_mem"} {
			Expect(Spawn().Stat("/proc/sys/net/"+file)).Error().NotTo(HaveOccurred(), file)
			Expect(inside.Stat("/proc/sys/net/"+file)).Error().To(MatchError(unix.ENOENT), file)
		}
	})
})

// hopsLeft returns the time to live of the next datagram that reaches a socket.
func hopsLeft(s *harness.Subject, socket int) (int, error) {
	if _, err := s.Poll(socket, unix.POLLIN, Patience()/4); err != nil {
		return 0, err
	}
	m, err := s.Recvmsg(socket, 64, unix.CmsgSpace(4), unix.MSG_DONTWAIT)
	if err != nil {
		return 0, err
	}
	controls, err := unix.ParseSocketControlMessage(m.Control)
	if err != nil {
		return 0, err
	}
	for _, c := range controls {
		if c.Header.Level == unix.IPPROTO_IP && c.Header.Type == unix.IP_TTL {
			return integer(c.Data), nil
		}
	}
	return 0, fmt.Errorf("find a time to live: %d other control messages came", len(controls))
}
