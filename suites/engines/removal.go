package engines

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// residue is what there is of containers outside of them.
type residue struct {
	Processes, Mounts, Groups []string
	State                     []string // files in /run
}

func (r *room) residue() (left residue) {
	left.Processes = containers.Numbers(containers.Names(r.Seen("/proc")))
	left.Mounts = Get(mounts.Lines(r.Subject))
	left.Groups = containers.Groups(r.group)
	filepath.WalkDir(r.Seen("/run"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && (r.engine.swept == "" || filepath.Dir(path) != r.Seen(r.engine.swept)) {
			left.State = append(left.State, path)
		}
		return nil
	})
	return left
}

// idle waits until no process is there but these: engines answer a moment before their
// helpers have ended.
func (r *room) idle(processes []string) {
	Eventually(func() []string { return r.residue().Processes }).WithTimeout(r.Patience).WithPolling(interval).Should(Equal(processes))
}

var _ = each(func(e engine) {
	It("removal leaves neither a process nor a mount, a cgroup or a file of the container's state", Proves("engine-remove-leaves-nothing"), func() {
		r := e.host()
		idle := r.residue().Processes
		e.remove(r.run(options{})) // some of what the first one makes is for all to come
		r.idle(idle)
		before := r.residue()
		c := r.run(options{})
		further := c.exec()
		while := r.residue()
		Expect(while.Groups).To(ContainElement(containers.Hierarchy + containers.Group(c.pid)))
		Expect(len(while.Processes)).To(BeNumerically(">=", len(before.Processes)+2))
		Expect(while.State).NotTo(Equal(before.State))
		e.remove(c)
		for _, pid := range []int{c.pid, further} {
			Eventually(rooms.Ended).WithArguments(pid).WithTimeout(r.Patience).WithPolling(interval).Should(BeTrue())
		}
		Eventually(r.residue).WithTimeout(r.Patience).WithPolling(interval).Should(Equal(before))
		r.run(options{}).expectMember()
	})

	It("a namespace that a mount holds outlives its container", Proves("engine-remove-spares-pins"), func() {
		r := e.host()
		c := r.run(options{})
		inside := c.entered()
		Arrange(inside.Sethostname("of-the-container"))
		Arrange(inside.End())
		held := map[nsutil.Kind]string{}
		ids := map[nsutil.Kind]nsutil.ID{}
		for _, kind := range []nsutil.Kind{nsutil.Net, nsutil.UTS} {
			held[kind], ids[kind] = r.File("held-"+string(kind)), rooms.NS(c.pid, kind)
			Arrange(r.Bind(fmt.Sprintf("/proc/%d/ns/%s", e.pid(c), kind), held[kind]))
		}
		e.remove(c)
		Eventually(rooms.Ended).WithArguments(c.pid).WithTimeout(r.Patience).WithPolling(interval).Should(BeTrue())
		visitor := Get(r.Fork())
		for kind, file := range held {
			fd := Get(visitor.Open(file, unix.O_RDONLY|unix.O_CLOEXEC))
			Expect(visitor.Setns(fd, kind.Flag())).To(Succeed())
			Expect(visitor.NS(kind)).To(Equal(ids[kind]))
		}
		Expect(visitor.Hostname()).To(Equal("of-the-container"))
	})
})
