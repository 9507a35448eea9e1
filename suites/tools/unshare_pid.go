package tools

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const processes = `for p in /proc/[0-9]*; do echo $p; done`

var _ = Specs("unshare(1) --fork --pid", Label("tools"), func() {
	It("makes the program the init of the namespace", Proves("unshare-tool-fork-pid-is-init"), func() {
		r := newRoom()
		m := r.member(unshare("--fork", "--pid"), "echo $$")
		Expect(m.said).To(Equal("1"))
		Expect(m.pid).NotTo(Equal(m.tool.PID()), "it is not unshare itself")
		Expect(m.ns(nsutil.PID)).NotTo(Equal(rooms.NS(r.PID(), nsutil.PID)))
		Expect(m.ns(nsutil.PID)).To(Equal(rooms.NS(m.tool.PID(), "pid_for_children")))

		without := r.member(unshare("--pid"), "echo $$")
		Expect(without.said).To(Equal(without.number()), "without --fork")
		Expect(without.ns(nsutil.PID)).To(Equal(rooms.NS(r.PID(), nsutil.PID)), "without --fork")
	})

	It("shows only the namespace's processes in a procfs of its own with --mount-proc", Proves("unshare-tool-mount-proc"), func() {
		r := newRoom()
		before := Get(mounts.Text(r.Subject))
		m := r.member(unshare("--fork", "--pid", "--mount-proc"), processes)
		Expect(m.said).To(Equal("/proc/1"))
		Expect(m.ns(nsutil.Mnt)).NotTo(Equal(rooms.NS(r.PID(), nsutil.Mnt)), "the mount namespace")
		Expect(mounts.Text(r.Subject)).To(Equal(before), "the room's mounts")

		without := r.member(unshare("--fork", "--pid"), processes)
		Expect(without.said).To(ContainSubstring("/proc/"+m.number()+"\n"), "without --mount-proc")
		Expect(without.ns(nsutil.Mnt)).To(Equal(rooms.NS(r.PID(), nsutil.Mnt)), "without --mount-proc")
	})

	It("mounts that procfs as private where others are shared", Proves("unshare-tool-mount-proc"), func() {
		r := newRoom()
		Arrange(r.Mount("none", "/", "", unix.MS_SHARED|unix.MS_REC, ""))
		before := Get(mounts.Text(r.Subject))
		point := r.Path("proc")
		Arrange(r.Mkdir(point))
		m := r.member(unshare("--fork", "--pid", "--propagation", "slave", "--mount-proc="+point), "echo "+point+"/[0-9]*")
		Expect(m.said).To(Equal(point + "/1"))
		visitor := r.visitor("/proc/"+m.number()+"/ns/mnt", nsutil.Mnt)
		mount, err := mounts.At(visitor, point)
		Expect(err).NotTo(HaveOccurred())
		Expect(mount.FSType).To(Equal("proc"))
		Expect(Get(mounts.PropagationOf(mount)).Type()).To(Equal("private"))
		Expect(mounts.Text(r.Subject)).To(Equal(before), "the room's mounts")
	})
})

var _ = Specs("unshare(1) --kill-child", Label("tools"), func() {
	It("takes the PID namespace along when unshare is killed", Proves("unshare-tool-kill-child"), func() {
		r := newRoom()
		m := r.member(unshare("--pid", "--kill-child"), "(read -r word <"+r.Path("hold")+")& exec 0</dev/null")
		Expect(m.pid).NotTo(Equal(m.tool.PID()))
		namespace := m.ns(nsutil.PID)
		init := rooms.Children(m.tool.PID())[0]
		Expect(rooms.Status(m.pid)["NSpid"]).To(HaveSuffix(" 2"), "a second process of the namespace")
		Expect(namespace).To(Equal(rooms.NS(init, nsutil.PID)))
		Arrange(m.tool.End())
		for _, pid := range []int{init, m.pid} {
			Eventually(rooms.Ended).WithArguments(pid).WithTimeout(Patience()).WithPolling(rooms.Interval).Should(BeTrue())
		}
	})

	It("sends the signal that it names", Proves("unshare-tool-kill-child"), func() {
		r := newRoom()
		m := r.member(unshare("--kill-child=USR1"), "")
		number := seconds(m.number())
		Arrange(m.tool.End())
		var status unix.WaitStatus
		Expect(r.Wait4(number, &status, 0)).To(Equal(number), "an orphan is the room's")
		Expect(status.Signal()).To(Equal(unix.SIGUSR1))
	})

	It("is what the child of unshare survives without", Proves("unshare-tool-kill-child"), func() {
		r := newRoom()
		m := r.member(unshare("--pid", "--fork"), "")
		Arrange(m.tool.Signal(unix.SIGKILL))
		Get(m.tool.Wait())
		m.goOn()
		Eventually(m.tool.Output).WithTimeout(Patience()).WithPolling(rooms.Interval).Should(ContainSubstring("went on"))
	})
})
