package tools

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("nsenter(1)", Label("tools"), func() {
	It("enters the network namespace of a socket", Proves("nsenter-net-socket"), func() {
		NeedOption("nsenter", "--net-socket", "2.41")
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWNET)
		namespace := Get(target.NS(nsutil.Net))
		socket := int(Get(target.Syscall("socket", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM, 0)))
		home := Get(target.Open(fmt.Sprintf("/proc/%d/ns/net", 1), unix.O_RDONLY))
		Arrange(target.Setns(home, unix.CLONE_NEWNET))
		Arrange(target.Close(home))
		Expect(target.NS(nsutil.Net)).NotTo(Equal(namespace))
		m := r.member(nsenter(id, "--net-socket", fmt.Sprint(socket)), "")
		Expect(m.ns(nsutil.Net)).To(Equal(namespace))
		m = r.member(nsenter(id, "--net"), "")
		Expect(m.ns(nsutil.Net)).To(Equal(rooms.NS(r.PID(), nsutil.Net)), "the target's own")
	})

	It("enters namespaces by their ids", Proves("nsenter-by-namespace-id"), func() {
		NeedOption("nsenter", "<nsid>", "2.42")
		for _, kind := range []nsutil.Kind{nsutil.User, nsutil.PID} {
			NeedInitial(kind) // who is elsewhere has to be a member of what he opens by its id
		}
		r := openRoom()
		for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Net, nsutil.Cgroup} {
			target, _ := r.resident(kind.Flag())
			fd := Get(target.Open("/proc/thread-self/ns/"+string(kind), unix.O_RDONLY))
			id := Get(target.NSID(fd))
			m := r.member([]string{NeedProgram("nsenter").Path, fmt.Sprintf("%s=:%d", option(kind), id)}, "")
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(rooms.NS(r.PID(), kind)), "%s", kind)
		}
		r.Fails(has([]string{NeedProgram("nsenter").Path, "--uts=:1"}, ":")...) // ids begin above those of the initial ones
	})

	It("opens --wd and --root before it enters the namespaces, and --wdns after", Proves("nsenter-directories-opened-before-and-after"), func() {
		NeedOption("nsenter", "--wdns", "2.38")
		r := newRoom()
		Arrange(r.Mkdir(r.Path("place")))
		Arrange(r.Chmod(r.Path("place"), 0o755))
		Arrange(r.WriteFile(r.Path("place/outside"), "", unix.O_CREAT))
		target, id := r.resident(unix.CLONE_NEWNS)
		Arrange(target.Mount("none", r.Path("place"), "tmpfs", 0, ""))
		Arrange(target.WriteFile(r.Path("place/inside"), "", unix.O_CREAT))
		place := r.Path("place")
		list := func(options ...string) string {
			m := r.member(nsenter(id, append([]string{"--mount"}, options...)...), "echo *; echo "+place+"/*")
			Expect(m.ns(nsutil.Mnt)).To(Equal(Get(target.NS(nsutil.Mnt))))
			return m.said
		}
		Expect(list("--wd="+place)).To(Equal("outside\n"+place+"/inside"), "--wd")
		Expect(list("--wdns="+place)).To(Equal("inside\n"+place+"/inside"), "--wdns")
		Expect(list("--root=/", "--wd="+place)).To(Equal("outside\n"+place+"/outside"), "--root and --wd")
		Expect(list("--root=/", "--wdns="+place)).To(Equal("outside\n"+place+"/outside"), "--root and --wdns, which is opened below it")
	})

	It("moves the program into the target's cgroup with --join-cgroup", Proves("nsenter-join-cgroup"), func() {
		NeedOption("nsenter", "--join-cgroup", "2.40")
		root := kinds.UnifiedRoot()
		if root != "/sys/fs/cgroup" {
			SkipFor(reports.SkipResource, "nsenter looks for the version 2 cgroup hierarchy at /sys/fs/cgroup, here it is %s", root)
		}
		r := newRoom()
		target, id := r.resident(0)
		group := root + "/" + harness.Mark()
		kinds.MakeCgroup(group)
		Arrange(r.WriteFile(group+"/cgroup.procs", id.String(), 0))
		before := (&member{pid: r.PID()}).file("cgroup")
		joined := (&member{pid: target.PID()}).file("cgroup")
		Expect(joined).NotTo(Equal(before))
		m := r.member(nsenter(id, "--uts", "--join-cgroup"), "")
		Expect(m.file("cgroup")).To(Equal(joined))
		m = r.member(nsenter(id, "--uts"), "")
		Expect(m.file("cgroup")).To(Equal(before), "without")
	})
})
