package runtimes

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// marked are the kinds of which a change shows who is in there, with what is promised.
var marked = []struct {
	kind          nsutil.Kind
	promise, text string
}{
	{nsutil.PID, "oci-namespace-pid", "numbers of processes mean nothing on the other side"},
	{nsutil.Net, "oci-namespace-network", "the MTU of lo is not the other side's"},
	{nsutil.UTS, "oci-namespace-uts", "the hostname is not the other side's"},
	{nsutil.IPC, "oci-namespace-ipc", "message queues are not the other side's"},
}

var _ = each(func(rt runtime) {
	for _, row := range marked {
		ItOf(row.kind, row.text+", unless config.json lists no such namespace",
			Proves(row.promise, "oci-namespace-inherited"), func() {
				kinds.Need(row.kind)
				rt.need()
				r := newRoom()
				own, sharing := rt.start(r, listing(row.kind)), rt.start(r, without(row.kind))
				inside, sharer := own.entered(), sharing.entered()

				outer := kinds.NewMark(row.kind)
				Arrange(outer.Put(r.Subject))
				Expect(outer.See(sharer)).To(Equal(outer.Sign), "of the outside, in a container that shares it")
				Expect(outer.See(inside)).NotTo(Equal(outer.Sign), "of the outside, in a container with its own")

				inner := kinds.NewMark(row.kind)
				Arrange(inner.Put(inside))
				Expect(inner.See(own.entered())).To(Equal(inner.Sign), "of the container, by another process in it")
				Expect(inner.See(r.Subject)).NotTo(Equal(inner.Sign), "of the container, outside")
				Expect(inner.See(sharer)).NotTo(Equal(inner.Sign), "of the container, in another one")
			})
	}

	ItOf(nsutil.PID, "the container's first process is number 1 and sees nobody outside, where it is seen", Proves("oci-namespace-pid"), func() {
		rt.need()
		r := newRoom()
		own, sharing := rt.start(r, listing(nsutil.PID)), rt.start(r, without(nsutil.PID))
		inside := own.entered()
		Expect(rooms.Status(own.pid)["NSpid"]).To(HaveSuffix(" 1"))
		Expect(containers.Numbers(Get(inside.ReadDir("/proc")))).To(ConsistOf("1", fmt.Sprint(Get(inside.Getpid()))), "in the container's procfs")
		outside := fmt.Sprint(own.state().PID)
		Expect(r.ReadDir("/proc")).To(ContainElement(outside), "the container's process, in the room's procfs")
		Expect(containers.Numbers(Get(sharing.entered().ReadDir("/proc")))).To(ContainElements("1", outside), "in a container that shares the namespace")
	})

	ItOf(nsutil.Net, "there is no device but those that a namespace begins with", Proves("oci-namespace-network"), func() {
		rt.need()
		inside := rt.start(newRoom(), listing(nsutil.Net)).entered()
		Expect(containers.Links(Get(inside.ReadFile("/proc/net/dev")))).To(ContainElement("lo"))
		for _, name := range containers.Links(Get(inside.ReadFile("/proc/net/dev"))) {
			Expect(containers.Fallback).To(HaveKey(name), "a device that no namespace is made with")
		}
	})

	ItOf(nsutil.UTS, "the hostname of config.json is set inside only", Proves("oci-hostname", "oci-namespace-uts"), func() {
		rt.need()
		r := newRoom()
		before := Get(r.Hostname())
		config := listing(nsutil.UTS)
		config.hostname = "of-the-container"
		Expect(rt.start(r, config).entered().Hostname()).To(Equal("of-the-container"))
		Expect(r.Hostname()).To(Equal(before), "outside")
	})

	ItOf(nsutil.User, "root inside is the mapped user outside, and its files are that user's",
		Proves("oci-namespace-user", "oci-user-mapping"), func() {
			rt.need()
			r := newRoom()
			for id, config := range map[uint32]config{containers.First: listing(nsutil.User), 0: without(nsutil.User)} {
				c := rt.start(r, config)
				inside := c.entered()
				Expect(inside.Getuid()).To(Equal(0))
				Arrange(inside.WriteFile("/file", "", unix.O_CREAT))
				file := Get(r.Stat(c.rootfs() + "/file"))
				Expect([]uint32{file.Uid, file.Gid}).To(Equal([]uint32{id, id}), "of the file, outside")
				for _, pid := range []int{c.pid, c.exec()} {
					Expect(rooms.Status(pid)["Uid"]).To(HavePrefix(fmt.Sprint(id, " ")), "outside")
				}
				if id != 0 {
					Expect(containers.MapOf(c.pid, "uid_map")).To(Equal(containers.Mapped))
					Expect(containers.MapOf(c.pid, "gid_map")).To(Equal(containers.Mapped))
				}
			}
		})

	ItOf(nsutil.Cgroup, "the container's cgroup is the root inside", Proves("oci-namespace-cgroup", "oci-cgroups-path"), func() {
		rt.need()
		r := newRoom()
		own, sharing := rt.start(r, listing(nsutil.Cgroup)), rt.start(r, without(nsutil.Cgroup))
		for c, path := range map[*container]string{own: "/", sharing: sharing.cgroup} {
			Expect(containers.Group(c.pid)).To(Equal(c.cgroup), "outside")
			Expect(c.entered().ReadFile("/proc/self/cgroup")).To(HaveSuffix("0::"+path+"\n"), "inside")
		}
	})

	ItOf(nsutil.Time, "clocks are ahead inside by the offsets of config.json", Proves("oci-namespace-time", "oci-time-offset"), func() {
		kinds.Need(nsutil.Time)
		rt.need(nsutil.Time)
		const ahead = 100_000 // seconds, far above what passes between two looks at a clock
		r := newRoom()
		config := listing(nsutil.Time)
		config.offset = ahead
		inside, sharer := rt.start(r, config).entered(), rt.start(r, without(nsutil.Time)).entered()
		before := Get(r.ClockGettime(unix.CLOCK_MONOTONIC))
		there, shared := Get(inside.ClockGettime(unix.CLOCK_MONOTONIC)), Get(sharer.ClockGettime(unix.CLOCK_MONOTONIC))
		after := Get(r.ClockGettime(unix.CLOCK_MONOTONIC))
		Expect(there.Seconds()).To(And(BeNumerically(">=", before.Seconds()+ahead), BeNumerically("<=", after.Seconds()+ahead)))
		Expect(shared).To(And(BeNumerically(">=", before), BeNumerically("<=", after)), "in a container that shares it")
	})
})
