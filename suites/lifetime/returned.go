package lifetime

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("Lifetime:", Label("lifetime", "nsfs"), func() {
	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.User} {
		It("a "+string(kind)+" namespace without members lives behind the descriptor that an ioctl has returned", Label(string(kind)), Proves("nsfs-returned-fd-usable-and-pins"), func() {
			r := roomFor(kind, 2)
			parent := r.admit()
			id := parent.id()
			fd := r.openChildOf(parent)
			r.expectFull("there are a parent and its child")

			answers := []int{r.answer(r.keeper.NSParent(fd))}
			if kind == nsutil.User { // where another ioctl has the same answer
				answers = append(answers, r.answer(r.keeper.NSUserns(fd)))
			}
			parent.end()
			Arrange(r.keeper.Close(fd))
			r.expectOneEnded("nobody has the child open")
			for _, answer := range answers {
				r.expectKept(r.keeper, answer)
				Expect(r.keeper.NSOf(answer)).To(Equal(id))
				r.expectFull("an answer is open")
				Arrange(r.keeper.Close(answer))
			}
			r.expectOneEnded("every answer is closed")
		})
	}
})

// answer returns the descriptor that an ioctl must return.
func (r *room) answer(fd int, err error) int {
	Expect(err).NotTo(HaveOccurred())
	return fd
}

// openChildOf makes a child of the tenant's namespace that ends with the tenant's
// processes, unless somebody keeps it as the keeper does by the descriptor returned.
func (r *room) openChildOf(t tenant) int {
	Expect(t.inside.Unshare(r.kind.Flag())).To(Succeed())
	member := t.inside // who is in the child now, if the kind lets it
	if kinds.ForChildren(r.kind) {
		member = Get(t.inside.Fork())
	}
	fd := Get(r.keeper.OpenNS(member, r.kind))
	if member != t.inside {
		Arrange(member.End())
	}
	return fd
}
