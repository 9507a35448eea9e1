package net

import (
	"fmt"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// traces are what a namespace's files under /proc/PID/net show of it.
var traces = []struct {
	file  string
	words []string // in one line
	leave func(s *harness.Subject)
}{
	{"dev", []string{" trace:"}, func(s *harness.Subject) { Arrange(newLink(s, "trace", "bridge", nil)) }},
	{"tcp", []string{"0100007F:1E61 ", " 0A "}, func(s *harness.Subject) { Get(listening(s, at("127.0.0.1:7777"))) }},
	{"udp", []string{"0100007F:1E61 "}, func(s *harness.Subject) { Get(bound(s, unix.SOCK_DGRAM, at("127.0.0.1:7777"))) }},
	{"tcp6", []string{"01000000:1E61 ", " 0A "}, func(s *harness.Subject) { Get(listening(s, at("[::1]:7777"))) }},
	{"udp6", []string{"01000000:1E61 "}, func(s *harness.Subject) { Get(bound(s, unix.SOCK_DGRAM, at("[::1]:7777"))) }},
	{"raw", []string{"00000000:00FD "}, func(s *harness.Subject) { Get(s.Socket(unix.AF_INET, unix.SOCK_RAW, 0xfd)) }},
	{"unix", []string{" @trace"}, func(s *harness.Subject) { Get(bound(s, unix.SOCK_DGRAM, named("@trace"))) }},
	{"route", []string{"lo\t", "00006509\t"}, func(s *harness.Subject) {
		Arrange(addressed(s, "lo", "10.99.0.1/24"))
		Arrange(routed(s, unix.RT_TABLE_MAIN, "9.101.0.0/16", "lo"))
	}},
	{"ipv6_route", []string{"fd980000000000000000000000000000 20 "}, func(s *harness.Subject) {
		Arrange(routed(s, unix.RT_TABLE_MAIN, "fd98::/32", "lo"))
	}},
	{"packet", []string{" 3 ", " 88cc "}, func(s *harness.Subject) {
		Get(s.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0xcc88))
	}},
	{"if_inet6", []string{"fd990000000000000000000000000001 "}, func(s *harness.Subject) { Arrange(addressed(s, "lo", "fd99::1/64")) }},
}

var _ = Specs("The network namespace in procfs:", Label("net"), func() {
	It("/proc/net leads to what the process has under its own directory", Proves("net-proc-net-is-of-process"), func() {
		here, there := room("here"), room("there")
		Arrange(newLink(here, "only-here", "bridge", nil))
		Arrange(newLink(there, "only-there", "bridge", nil))
		for s, device := range map[*harness.Subject]string{here: "only-here", there: "only-there"} {
			Expect(s.Readlink("/proc/net")).To(Equal("self/net"))
			for _, directory := range []string{"/proc/net", "/proc/self/net", fmt.Sprintf("/proc/%d/net", s.PID()), fmt.Sprintf("/proc/%d/task/%d/net", s.PID(), s.PID())} {
				Expect(devices(s, directory)).To(ConsistOf("lo", device), "in %s", directory)
			}
		}
	})

	It("/proc/PID/net is of PID, whoever looks", Proves("net-proc-net-is-of-process"), func() {
		here, there := room("here"), room("there")
		Arrange(newLink(here, "only-here", "bridge", nil))
		Arrange(newLink(there, "only-there", "bridge", nil))
		traveller := Get(here.Fork())
		directory := fmt.Sprintf("/proc/%d/net", traveller.PID())
		onlookers := []*harness.Subject{Spawn(), here, there, traveller}
		for _, onlooker := range onlookers {
			Expect(devices(onlooker, directory)).To(ConsistOf("lo", "only-here"))
		}
		Expect(traveller.Join(there, nsutil.Net)).To(Succeed())
		for _, onlooker := range onlookers {
			Expect(devices(onlooker, directory)).To(ConsistOf("lo", "only-there"), "PID has moved")
		}
		Expect(devices(traveller, "/proc/net")).To(ConsistOf("lo", "only-there"))
	})

	It("/proc/PID/net of one who has ended is empty", Proves("net-proc-net-is-of-process"), func() {
		here := room("here")
		ended := Get(here.Fork())
		Expect(ended.Exit(0)).To(Succeed())
		Eventually(func() error {
			_, err := here.ReadFile(fmt.Sprintf("/proc/%d/net/dev", ended.PID()))
			return err
		}).WithTimeout(Patience()).WithPolling(100 * time.Microsecond).Should(MatchError(unix.ENOENT))
		Expect(here.Stat(fmt.Sprintf("/proc/%d", ended.PID()))).Error().NotTo(HaveOccurred(), "nobody has collected him")
	})

	It("the files are of one namespace each", Proves("net-proc-net-files-per-namespace"), func() {
		here, there := lit("here"), lit("there")
		member := Get(here.Fork())
		for _, trace := range traces {
			file := "/proc/self/net/" + trace.file
			Expect(count(member, file, trace.words...)).To(BeZero(), "%s before", trace.file)
			trace.leave(here)
			Expect(count(member, file, trace.words...)).To(Equal(1), "%s as a member reads it", trace.file)
			Expect(count(there, file, trace.words...)).To(BeZero(), "%s as one elsewhere reads it", trace.file)
			Expect(count(there, fmt.Sprintf("/proc/%d/net/%s", here.PID(), trace.file), trace.words...)).To(Equal(1), "%s of a member", trace.file)
			Expect(count(here, fmt.Sprintf("/proc/%d/net/%s", there.PID(), trace.file), trace.words...)).To(BeZero(), "%s of one elsewhere", trace.file)
		}
	})

	It("a file that is open keeps showing the namespace it was opened for", Proves("net-proc-net-files-per-namespace"), func() {
		here := room("here")
		reader := Get(here.Fork())
		Arrange(newLink(here, "only-here", "bridge", nil))
		fd := Get(reader.Open("/proc/net/dev", unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(reader.Unshare(unix.CLONE_NEWNET)).To(Succeed())
		Expect(reader.Read(fd, 4096)).To(ContainSubstring("only-here:"))
		Expect(devices(reader, "/proc/net")).To(ConsistOf("lo"))
	})
})

// devices returns the names in the file dev of a directory.
func devices(s *harness.Subject, directory string) ([]string, error) {
	content, err := s.ReadFile(directory + "/dev")
	var names []string
	for line := range strings.Lines(content) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return withoutFallbacks(names), err
}
