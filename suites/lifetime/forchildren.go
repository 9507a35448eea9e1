package lifetime

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	It("a PID namespace lives before its first process and after its init, as long as a process has it for its children", Label("pid"), Proves("life-pid-for-children-keeps-pidns"), func() {
		r := roomFor(nsutil.PID, 2)
		parent, other := r.guest(), r.admit()
		Expect(parent.Unshare(unix.CLONE_NEWPID)).To(Succeed())
		other.end()
		r.expectOneEnded("nobody has the other one for his children")

		child, err := parent.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(1), "it is the first process of the namespace")
		id := Get(child.NS(nsutil.PID))
		Arrange(child.End())
		Expect(lookAtFork(parent)).To(Equal(unix.ENOMEM.Error()), "the namespace is the one without init")
		Expect(r.keeper.NSFile(forChildren(parent, nsutil.PID))).To(Equal(id))
		r.expectFull("one is a process's for its children")

		Arrange(parent.End())
		r.expectOneEnded("the process has exited")
	})

	It("a time namespace lives without members, as long as a process has it for its children", Label("time"), Proves("life-time-for-children-keeps-timens"), func() {
		r := roomFor(nsutil.Time, 2)
		parent, other := r.guest(), r.admit()
		Expect(parent.Unshare(unix.CLONE_NEWTIME)).To(Succeed())
		Arrange(r.mark.Settle(parent))
		other.end()
		r.expectOneEnded("nobody has the other one for his children")

		var ids []nsutil.ID
		for range 2 {
			child, err := parent.Fork()
			Expect(err).NotTo(HaveOccurred())
			r.expectMark(child)
			ids = append(ids, Get(child.NS(nsutil.Time)))
			Arrange(child.End())
			r.expectFull("one is a process's for its children")
		}
		Expect(ids[0]).To(Equal(ids[1]))
		Expect(r.keeper.NSFile(forChildren(parent, nsutil.Time))).To(Equal(ids[0]))

		Arrange(parent.End())
		r.expectOneEnded("the process has exited")
	})

	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Time} {
		requirement := map[nsutil.Kind]string{
			nsutil.PID:  "life-pid-for-children-keeps-pidns",
			nsutil.Time: "life-time-for-children-keeps-timens",
		}[kind]
		It("a "+string(kind)+" namespace without members ends when the last process chooses another one for its children", Label(string(kind)), Proves(requirement), func() {
			r := roomFor(kind, 2)
			t, other := r.admit(), r.admit()
			Arrange(t.inside.End())
			r.expectFull("one is a process's for its children, the other one has a member")
			Expect(t.holder.Join(other.inside, kind)).To(Succeed())
			Expect(r.keeper.NSFile(forChildren(t.holder, kind))).To(Equal(other.id()))
			r.expectOneEnded("nobody has it for his children any more")
		})
	}
})

// forChildren returns the path of the file of the namespace that s has for its children.
func forChildren(s *harness.Subject, kind nsutil.Kind) string {
	return fmt.Sprintf("/proc/%d/ns/%s_for_children", s.PID(), kind)
}
