package runtimes

import (
	"fmt"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// all are the kinds that every runtime makes.
var all = []nsutil.Kind{nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC, nsutil.User, nsutil.Cgroup}

// residue is what there is of containers outside of them.
type residue struct {
	Processes, Mounts, State, Groups []string
}

func residueOf(c *container) (left residue) {
	c.reap()
	left.Processes = containers.Numbers(containers.Names(c.room.Seen("/proc")))
	left.Mounts = Get(mounts.Lines(c.room.Subject))
	left.State = containers.Names(c.room.Seen(c.stateDir()))
	left.Groups = c.groups()
	return left
}

// interval is between two looks at what is left.
const interval = 5 * time.Millisecond

// expectResidue claims that there is no more, and no less, in the end.
func (c *container) expectResidue(want residue) {
	Eventually(func() residue { return residueOf(c) }).WithTimeout(Patience()).WithPolling(interval).Should(Equal(want))
}

// reap collects what runtimes have left to the room's first process, which is theirs to
// do without: they count on an init.
func (c *container) reap() {
	for {
		var status unix.WaitStatus
		if pid, err := c.room.Wait4(-1, &status, unix.WNOHANG|unix.WALL); err != nil || pid == 0 {
			return
		}
	}
}

var _ = each(func(rt runtime) {
	It("state tells of the container while it runs and when it has ended", Proves("oci-state", "oci-kill-sends-signal"), func() {
		rt.need()
		c := rt.start(newRoom(), with(all...))
		s := c.state()
		Expect(s).To(Equal(state{ID: c.id, Status: "running", PID: s.PID, Bundle: c.bundle}))
		Expect(c.find(s.PID)).To(Equal(c.pid))
		Expect(rooms.Status(c.pid)["NSpid"]).To(HaveSuffix(" 1"))
		c.end()
		Expect(c.room.ReadDir("/proc")).NotTo(ContainElement(fmt.Sprint(s.PID)))
		Expect(c.state().ID).To(Equal(c.id))
	})

	It("kill is refused of a container that has ended", Proves("oci-kill-stopped"), func() {
		rt.need()
		c := rt.start(newRoom(), with(all...))
		c.end()
		c.room.Fails(c.command(c.kill(c, "KILL"))...)
		Expect(c.state().Status).To(Equal("stopped"))
	})

	It("an id that is taken makes no container", Proves("oci-create-id-taken"), func() {
		rt.need()
		c := rt.start(newRoom(), with(all...))
		told := c.state()
		second := rt.prepared(c.room, with(all...))
		second.id = c.id
		before := residueOf(second)
		c.room.Fails(second.command(second.run(second))...)
		second.expectResidue(before)
		Expect(c.state()).To(Equal(told), "of the one that has it")
	})

	It("delete is refused of a container that runs", Proves("oci-delete-running"), func() {
		rt.need()
		c := rt.start(newRoom(), with(all...))
		c.room.Fails(c.command(c.delete(c))...)
		Expect(c.state().Status).To(Equal("running"))
		Expect(rooms.Ended(c.pid)).To(BeFalse())
		c.expectBeside(c.exec())
	})

	It("delete leaves neither a process nor a mount, a cgroup or a file of its own", Proves("oci-delete-undoes-create"), func() {
		rt.need()
		r := newRoom()
		c := rt.prepared(r, with(all...))
		before := residueOf(c)
		c.expectMade(c.tried())
		while := residueOf(c)
		Expect(while.Processes).To(ContainElement(fmt.Sprint(c.state().PID)))
		Expect(while.State).To(ContainElement(c.id))
		Expect(while.Groups).To(ContainElement(containers.Hierarchy + c.cgroup))
		c.end()
		c.remove()
		c.expectResidue(before)
		r.Fails(rt.command(rt.state(c))...)
		Expect(rt.start(r, with(all...)).state().Status).To(Equal("running"), "of a container after it")
	})

	It("delete leaves a namespace that config.json names, and one that a mount holds", Proves("oci-delete-spares-others"), func() {
		rt.need()
		r := newRoom()
		donor, number := containers.Donor(r, nsutil.Net, containers.Mapped)
		named := r.File("named")
		Arrange(r.Bind(fmt.Sprintf("/proc/%d/ns/net", number), named))
		net := Get(donor.NS(nsutil.Net))
		Arrange(donor.End())
		config := with(nsutil.Mnt, nsutil.PID, nsutil.UTS).joining(nsutil.Net, named)
		config.hostname = "of-the-container"
		c := rt.start(r, config)
		Expect(rooms.NS(c.pid, nsutil.Net)).To(Equal(net))
		uts := rooms.NS(c.pid, nsutil.UTS)
		held := r.File("held")
		Arrange(r.Bind(fmt.Sprintf("/proc/%d/ns/uts", c.state().PID), held))
		c.end()
		c.remove()
		visitor := Get(r.Fork())
		for file, kind := range map[string]nsutil.Kind{named: nsutil.Net, held: nsutil.UTS} {
			fd := Get(visitor.Open(file, unix.O_RDONLY|unix.O_CLOEXEC))
			Expect(visitor.Setns(fd, kind.Flag())).To(Succeed())
		}
		Expect(visitor.NS(nsutil.Net)).To(Equal(net))
		Expect(visitor.NS(nsutil.UTS)).To(Equal(uts))
		Expect(visitor.Hostname()).To(Equal("of-the-container"))
	})
})
