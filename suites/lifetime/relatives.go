package lifetime

import (
	"math"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	It("a user namespace without members lives as long as a child of it does", Label("user"), Proves("life-child-keeps-parent"), func() {
		r := roomFor(nsutil.User, 3)
		parent, other := r.admit(), r.admit()
		id := parent.id()
		Expect(parent.inside.Unshare(unix.CLONE_NEWUSER)).To(Succeed())
		child := parent.inside // where it is now
		Expect(child.NS(nsutil.User)).NotTo(Equal(id))
		r.expectFull("three are there")

		other.end()
		r.expectOneEnded("the other one has neither members nor children")
		fd := Get(r.keeper.OpenNS(child, nsutil.User))
		survivor, err := r.keeper.NSParent(fd)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.keeper.NSOf(survivor)).To(Equal(id))
		r.expectKept(r.keeper, survivor)
		Arrange(r.keeper.Close(survivor))
		Arrange(r.keeper.Close(fd))
		r.expectFull("the child has a member")

		Arrange(child.End())
		r.expectEnded(2, "the child has no members")
	})

	It("a PID namespace without members lives as long as a child of it does", Label("pid"), Proves("life-child-keeps-parent"), func() {
		r := roomFor(nsutil.PID, 3)
		parent, other := r.admit(), r.admit()
		Expect(parent.inside.Unshare(unix.CLONE_NEWPID)).To(Succeed())
		child := Get(parent.inside.Fork())
		id, fd := parent.id(), Get(r.keeper.OpenNS(child, nsutil.PID))
		Expect(r.keeper.NSOf(fd)).NotTo(Equal(id))
		r.expectFull("three are there")

		Arrange(child.End())
		parent.end()
		other.end()
		r.expectOneEnded("the other one has neither members nor children")
		survivor, err := r.keeper.NSParent(fd)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.keeper.NSOf(survivor)).To(Equal(id))
		r.expectKept(r.keeper, survivor)
		Arrange(r.keeper.Close(survivor))
		r.expectFull("the child is open")

		Arrange(r.keeper.Close(fd))
		r.expectEnded(2, "nobody has the child open")
	})

	for _, kind := range owned() {
		It("a user namespace without members lives as long as a "+string(kind)+" namespace that it owns does", Label(string(kind)), Proves("life-owned-keeps-userns", "nsfs-returned-fd-usable-and-pins"), func() {
			r := roomFor(nsutil.User, 1)
			owner := r.admit()
			id, fd := owner.id(), r.openOwnedBy(owner, kind)
			owner.end()
			r.expectFull("what it owns is open")
			survivor, err := r.keeper.NSUserns(fd)
			Expect(err).NotTo(HaveOccurred())
			Expect(r.keeper.NSOf(survivor)).To(Equal(id))
			r.expectKept(r.keeper, survivor)

			Arrange(r.keeper.Close(fd))
			r.expectKept(r.keeper, survivor)
			r.expectFull("the answer is open")
			Arrange(r.keeper.Close(survivor))
			r.expectOneEnded("what it owned and the answer are closed")
		})
	}

	It("a user namespace without members ends with the last namespace that it owns", Label("user"), Proves("life-owned-keeps-userns"), func() {
		r := roomFor(nsutil.User, len(owned())+1)
		other := r.admit()
		var fds []int
		for _, kind := range owned() {
			owner := r.admit()
			fds = append(fds, r.openOwnedBy(owner, kind))
			owner.end()
		}
		r.expectFull("one has a member, and what the others own is open")
		other.end()
		r.expectOneEnded("the one that owned nothing has no members")
		for _, fd := range fds {
			r.expectKept(r.keeper, r.answer(r.keeper.NSUserns(fd)))
		}
		Get(r.keeper.Syscall("close_range", unix.SYS_CLOSE_RANGE, 0, harness.Hex(math.MaxUint32), 0))
		r.expectEnded(len(fds), "nobody has open what they owned")
	})
})

// owned returns the kinds that user namespaces own.
func owned() []nsutil.Kind {
	return slices.DeleteFunc(nsutil.Kinds(), func(kind nsutil.Kind) bool { return kind == nsutil.User })
}

// openOwnedBy has the tenant of a user namespace make a namespace of another kind,
// which ends with the tenant's processes, unless somebody keeps it as the keeper does
// by the descriptor returned.
func (r *room) openOwnedBy(owner tenant, kind nsutil.Kind) int {
	needKind(kind)
	Expect(owner.inside.Unshare(kind.Flag())).To(Succeed())
	member := owner.inside
	if kinds.ForChildren(kind) {
		member = Get(owner.inside.Fork())
	}
	fd := Get(r.keeper.OpenNS(member, kind))
	if member != owner.inside {
		Arrange(member.End())
	}
	return fd
}
