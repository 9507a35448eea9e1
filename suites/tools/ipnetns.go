package tools

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ipNetns returns the command line of ip-netns(8).
func ipNetns(args ...string) []string {
	return append([]string{NeedProgram("ip").Path, "netns"}, args...)
}

const names = "/run/netns/"

// netRoom returns a room with a /run of its own, in which nobody has named a network
// namespace yet.
func netRoom() *room {
	r := newRoom()
	Arrange(r.Mount("none", "/run", "tmpfs", 0, "mode=755"))
	return r
}

// links returns the names of the links that a process sees.
func links(s *harness.Subject) (found []string) {
	lines := strings.Split(Get(s.ReadFile("/proc/thread-self/net/dev")), "\n")
	for _, line := range lines[2:] { // after the head
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			found = append(found, name)
		}
	}
	return found
}

var _ = Specs("ip-netns(8)", Label("tools"), func() {
	It("add makes a network namespace that a mount of its name keeps", Proves("ip-netns-add-pins"), func() {
		r := netRoom()
		r.Does(ipNetns("add", "red")...)
		r.Does(ipNetns("add", "blue")...)
		var found []nsutil.ID
		for _, name := range []string{"red", "blue"} {
			id, pinned := r.isPinned(names + name)
			Expect(pinned).To(BeTrue(), name)
			Expect(id).NotTo(Equal(rooms.NS(r.PID(), nsutil.Net)), name)
			Expect(found).NotTo(ContainElement(id), name)
			found = append(found, id)
			mount, err := mounts.At(r.Subject, names+name)
			Expect(err).NotTo(HaveOccurred())
			Expect(mount.FSType).To(Equal("nsfs"), name)
			visitor := r.visitor(names+name, nsutil.Net)
			Expect(visitor.NS(nsutil.Net)).To(Equal(id), name)
			Expect(links(visitor)).To(ContainElement("lo"), name)
		}
		Expect(strings.Fields(r.Does(ipNetns("list")...))).To(ContainElements("red", "blue"))
		Expect(r.Fails(ipNetns("add", "red")...)).To(ContainSubstring("File exists"))
		Expect(Get(nsutil.IDOf(r.Seen(names+"red")))).To(Equal(found[0]), "after a second try")
	})

	It("del unmounts the name, and leaves the namespace to its members", Proves("ip-netns-del-unmounts"), func() {
		r := netRoom()
		r.Does(ipNetns("add", "red")...)
		id, _ := r.isPinned(names + "red")
		visitor := r.visitor(names+"red", nsutil.Net)
		r.Does(ipNetns("del", "red")...)
		Expect(r.ReadDir("/run/netns")).To(BeEmpty())
		Expect(mounts.Below(r.Subject, "/run/netns")).To(BeEmpty())
		Expect(visitor.NS(nsutil.Net)).To(Equal(id))
		Expect(links(visitor)).To(ContainElement("lo"))
		again := Get(visitor.Fork())
		Expect(again.NS(nsutil.Net)).To(Equal(id), "of a new member")
	})

	It("attach names the network namespace of a process", Proves("ip-netns-attach-pins-existing"), func() {
		r := netRoom()
		target, number := r.resident(unix.CLONE_NEWNET)
		id := Get(target.NS(nsutil.Net))
		r.Does(ipNetns("attach", "red", number.String())...)
		Arrange(target.End())
		found, pinned := r.isPinned(names + "red")
		Expect(pinned).To(BeTrue())
		Expect(found).To(Equal(id))
		Expect(r.visitor(names+"red", nsutil.Net).NS(nsutil.Net)).To(Equal(id), "when the process has ended")
	})

	It("identify and pids go by the network namespace that a process is in", Proves("ip-netns-identify-and-pids"), func() {
		r := netRoom()
		r.Does(ipNetns("add", "red")...)
		r.Does(ipNetns("add", "blue")...)
		inside := map[string][]string{"red": nil, "blue": nil}
		for _, name := range []string{"red", "red", "blue"} {
			visitor := r.visitor(names+name, nsutil.Net)
			number := fmt.Sprint(visitor.NSPID())
			Expect(r.Does(ipNetns("identify", number)...)).To(Equal(name))
			inside[name] = append(inside[name], number)
		}
		outside, number := r.resident(0)
		Get(outside.Open(names+"red", unix.O_RDONLY)) // is no membership
		Expect(r.Does(ipNetns("identify", number.String())...)).To(BeEmpty(), "outside")
		for name, members := range inside {
			Expect(strings.Fields(r.Does(ipNetns("pids", name)...))).To(ConsistOf(members), name)
		}
	})

	It("exec binds the files of its name over those in /etc, in a mount namespace of its own", Proves("ip-netns-exec-binds-etc"), func() {
		r := netRoom()
		Arrange(r.Mount("none", "/etc", "tmpfs", 0, "mode=755"))
		for _, dir := range []string{"/etc/netns", "/etc/netns/red"} {
			Arrange(r.Mkdir(dir))
		}
		for name, text := range map[string]string{"/etc/answer": "everywhere\n", "/etc/other": "everywhere\n", "/etc/netns/red/answer": "red\n"} {
			Arrange(r.WriteFile(name, text, unix.O_CREAT))
		}
		Arrange(r.Mount("none", "/", "", unix.MS_SHARED|unix.MS_REC, ""))
		const show = "read -r answer </etc/answer; read -r other </etc/other; echo $answer $other"
		for name, want := range map[string]string{"red": "red everywhere", "blue": "everywhere everywhere"} {
			r.Does(ipNetns("add", name)...)
			before := Get(mounts.Text(r.Subject))
			m := r.member(ipNetns("exec", name), show+"; echo /sys/class/net/*")
			Expect(strings.Split(m.said, "\n")[0]).To(Equal(want), name)
			id, _ := r.isPinned(names + name)
			Expect(m.ns(nsutil.Net)).To(Equal(id), name)
			Expect(m.said).To(ContainSubstring("/sys/class/net/lo"), name)
			Expect(m.ns(nsutil.Mnt)).NotTo(Equal(rooms.NS(r.PID(), nsutil.Mnt)), name)
			Expect(mounts.Text(r.Subject)).To(Equal(before), "the room's mounts, which are shared")
			Expect(r.Does(shell, "-c", show)).To(Equal("everywhere everywhere"), "in the room")
			m.end()
		}
	})
})

var _ = Specs("ip-netns(8) del", Label("tools", "sch_teql"), func() {
	It("does not bring a physical device back before the last process has ended", Proves("ip-netns-physical-device-returns-late"), func() {
		NeedInitial(nsutil.Net)
		const device = "teql0" // of a driver; rtnetlink could not make it
		home := Spawn(harness.Named("home"))
		if !slices.Contains(links(home), device) {
			SkipFor(reports.SkipResource, "there is no device %s", device)
		}
		r := netRoom()
		r.Does(ipNetns("add", "red")...)
		id, _ := r.isPinned(names + "red")
		r.Does(NeedProgram("ip").Path, "link", "set", device, "netns", "red")
		visitor := r.visitor(names+"red", nsutil.Net)
		Expect(links(visitor)).To(ContainElement(device))
		Expect(links(home)).NotTo(ContainElement(device))
		r.Does(ipNetns("del", "red")...)
		Expect(visitor.NS(nsutil.Net)).To(Equal(id))
		Expect(links(visitor)).To(ContainElement(device), "while a process is in there")
		Expect(links(home)).NotTo(ContainElement(device), "while a process is in there")
		Arrange(visitor.End())
		Eventually(func() []string { return links(home) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
			Should(ContainElement(device), "when the last process has ended")
	})
})
