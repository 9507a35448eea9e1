package engines

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

var _ = each(func(e engine) {
	ItOf(nsutil.PID, "the container's first process is number 1 and sees nobody outside, where it is seen", Proves("engine-pid-own", "engine-pid-host"), func() {
		r := e.host()
		its, sharing := r.run(options{}), r.run(with(nsutil.PID, host))
		inside, further := its.entered(), its.exec()
		numbers := []string{"1", fmt.Sprint(Get(inside.Getpid())), innermost(further)}
		Expect(rooms.Status(its.pid)["NSpid"]).To(HaveSuffix(" 1"))
		Expect(containers.Numbers(Get(inside.ReadDir("/proc")))).To(ConsistOf(numbers), "in the container's procfs")
		outside := []string{"1", innermost(sharing.pid)}
		for _, pid := range []int{its.pid, further} {
			fields := strings.Fields(rooms.Status(pid)["NSpid"])
			outside = append(outside, fields[len(fields)-2]) // one above its own
		}
		Expect(r.ReadDir("/proc")).To(ContainElements(outside), "the containers' processes, in the host's procfs")
		Expect(containers.Numbers(Get(sharing.entered().ReadDir("/proc")))).To(ContainElements(outside), "in a container that shares the namespace")
	})

	ItOf(nsutil.UTS, "the hostname that a container is told is set inside only", Proves("engine-uts-hostname", "engine-uts-own"), func() {
		r := e.host()
		before := Get(r.Hostname())
		c := r.run(options{hostname: "of-the-container"})
		Expect(c.entered().Hostname()).To(Equal("of-the-container"))
		Expect(r.Hostname()).To(Equal(before), "of the host")
	})

	if e.has(nsutil.IPC, hidden) {
		ItOf(nsutil.IPC, "no container is made that is to join one whose namespace is private", Proves("engine-ipc-private"), func() {
			r := e.host()
			its, open := r.run(with(nsutil.IPC, hidden)), r.run(with(nsutil.IPC, own))
			its.expectMember()
			r.refuses(joining(nsutil.IPC, its))
			r.run(joining(nsutil.IPC, open)).expectShared(open, nsutil.IPC)
		})
	}

	if e.has(nsutil.Cgroup, own) {
		ItOf(nsutil.Cgroup, "the container's cgroup is the root inside, unless it shares the host's namespace", Proves("engine-cgroup-own", "engine-cgroup-host"), func() {
			r := e.host()
			its, sharing := r.run(with(nsutil.Cgroup, own)), r.run(with(nsutil.Cgroup, host))
			for _, c := range []*container{its, sharing} {
				c.expectMember()
				below, found := strings.CutPrefix(containers.Group(c.pid), r.group)
				Expect(found).To(BeTrue(), "below the host's cgroup: %s", containers.Group(c.pid))
				Expect(below).NotTo(BeEmpty())
				if c == its {
					below = "/"
				}
				Expect(c.entered().ReadFile("/proc/self/cgroup")).To(HaveSuffix("0::" + below + "\n"))
			}
			Expect(containers.Group(its.pid)).NotTo(Equal(containers.Group(sharing.pid)))
		})
	}
})

// innermost returns a process's number in its own PID namespace.
func innermost(pid int) string {
	fields := strings.Fields(rooms.Status(pid)["NSpid"])
	return fields[len(fields)-1]
}
