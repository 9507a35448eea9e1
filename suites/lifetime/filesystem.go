package lifetime

import (
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	It("an IPC namespace ends although its message queues are mounted, and the mount makes no more of them", Label("ipc"), Proves("life-mqueue-mount-does-not-keep-ipcns"), func() {
		r := roomFor(nsutil.IPC, 1)
		t := r.admit()
		queues := r.directory() + "/queues"
		Arrange(r.keeper.Mkdir(queues))
		guest := r.join(t)
		Arrange(guest.inside.Mount("none", queues, "mqueue", 0, ""))
		t.end()
		Expect(r.create(queues + "/while-alive")).To(Succeed())
		Get(guest.inside.MqOpen("while-alive", unix.O_RDONLY, nil)) // the mount is that namespace's
		r.expectFull("there is a member")

		guest.end()
		r.expectOneEnded("the last member is gone")
		Expect(r.create(queues + "/afterwards")).To(MatchError(unix.EACCES))
		Expect(r.keeper.ReadDir(queues)).NotTo(ContainElement("afterwards"))
		Expect(r.keeper.Umount(queues, 0)).To(Succeed(), "it has been mounted all the time")
	})

	It("a PID namespace without members lives as long as its procfs is mounted", Label("pid"), Proves("life-proc-mount-keeps-pidns"), func() {
		r := roomFor(nsutil.PID, 2)
		t, other := r.admit(), r.admit()
		r.expectFull("two are there")
		proc := r.directory() + "/proc"
		Arrange(r.keeper.Mkdir(proc))
		guest := r.join(t)
		Arrange(guest.inside.Mount("none", proc, "proc", 0, ""))
		Expect(r.keeper.NSFile(proc+"/1/ns/pid")).To(Equal(t.id()), "the mount is that namespace's")

		guest.end()
		t.end()
		other.end()
		r.expectOneEnded("the other one's procfs is not mounted")
		_, err := r.keeper.Stat(proc + "/1")
		Expect(err).To(MatchError(unix.ENOENT))
		r.expectFull("the procfs of one is mounted")

		Expect(r.keeper.Umount(proc, 0)).To(Succeed())
		r.expectOneEnded("the procfs is not mounted any more")
	})
})

// create makes a file, which for a mount of mqueue is a queue.
func (r *room) create(path string) error {
	fd, err := r.keeper.Open(path, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_CLOEXEC)
	if err == nil {
		err = r.keeper.Close(fd)
	}
	return err
}
