package limits

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// polling is how often a spec looks whether a namespace has been destroyed.
const polling = 2 * time.Millisecond

// line returns the roots of a user namespace, of one below it, and of one below that.
func line() []*harness.Subject {
	top := world()
	middle := below(top, top, onlyRoot)
	return []*harness.Subject{top, middle, below(middle, middle, onlyRoot)}
}

// charged is what the line itself costs in each of its user namespaces.
func charged(kind nsutil.Kind) []int {
	if kind == nsutil.User {
		return []int{2, 1, 0}
	}
	return []int{0, 0, 0}
}

var _ = Specs("The limit on namespaces", Label("limits"), func() {
	for _, kind := range nsutil.Kinds() {
		It("of kind "+string(kind)+" when 0 forbids them there and in all descendants", Label(string(kind)), Proves("limit-zero-forbids-in-descendants"), func() {
			need(kind)
			all := line()
			for _, s := range all {
				Expect(try(s, kind)).To(Succeed(), "while there is no limit")
			}
			other := nsutil.UTS
			if kind == other {
				other = nsutil.IPC
			}
			setLimit(all[0], kind, 0)
			for level, s := range all {
				for _, way := range []harness.Way{harness.ByClone3, harness.ByUnshare} {
					_, err := s.Isolate(way, kind)
					Expect(err).To(MatchError(unix.ENOSPC), "%d levels below", level)
				}
				Expect(try(s, other)).To(Succeed(), "of another kind, %d levels below", level)
			}
			for _, s := range all[1:] {
				Expect(limitOf(s, kind)).To(Equal("2147483647"), "what a descendant shows")
			}
			Expect(try(world(), kind)).To(Succeed(), "in a user namespace that does not descend from there")
		})

		It("of kind "+string(kind)+" is charged in every ancestor", Label(string(kind)), Proves("limit-charged-in-every-ancestor"), func() {
			need(kind)
			all, base := line(), charged(kind)
			lowest := all[2]
			for level, s := range all {
				made := level
				setLimit(s, kind, base[level]+made+1)
				Expect(try(lowest, kind)).To(Succeed(), "one more, with the limit %d levels above it", 2-level)
				Expect(try(lowest, kind)).To(MatchError(unix.ENOSPC), "two more, with the limit %d levels above them", 2-level)
				Expect(try(lowest, kind)).To(MatchError(unix.ENOSPC), "the same again")
				for _, lower := range all[level+1:] {
					Expect(limitOf(lower, kind)).To(Equal("2147483647"), "what a descendant shows")
				}
				setLimit(s, kind, unlimited)
			}
			Expect(try(lowest, kind)).To(Succeed(), "without a limit again")
		})

		It("of kind "+string(kind)+" is charged to the uid that made the user namespace below", Label(string(kind)), Proves("limit-charged-in-every-ancestor"), func() {
			need(kind)
			root := worldOfTwo()
			one := effectively(root, 1)
			byOne := below(one, root, "0 1 1\n1 0 1") // uid 0 there is uid 1 above, and the other way round
			otherThere := effectively(byOne, 1)
			base := 0
			if kind == nsutil.User {
				base = 1 // byOne itself
			}

			setLimit(root, kind, base+2)
			Expect(try(byOne, kind)).To(Succeed(), "by uid 0 below")
			Expect(try(otherThere, kind)).To(Succeed(), "by uid 1 below")
			Expect(try(byOne, kind)).To(MatchError(unix.ENOSPC), "by uid 0 below, with uid 1 above at its limit")
			Expect(try(otherThere, kind)).To(MatchError(unix.ENOSPC), "by uid 1 below, with uid 1 above at its limit")
			Expect(try(one, kind)).To(MatchError(unix.ENOSPC), "by uid 1 above, at its limit")
			Expect(try(root, kind)).To(Succeed(), "by uid 0 above")
		})

		It("of kind "+string(kind)+" counts what is there: destruction gives the charge back, here and in every ancestor", Label(string(kind)), Proves("limit-charge-returned-on-destroy"), func() {
			need(kind)
			all, base := line(), charged(kind)
			for level, s := range all {
				setLimit(s, kind, base[level]+2)
			}
			lower := all[2]
			Expect(try(lower, kind)).To(Succeed(), "the first, which stays")
			member, err := lower.Isolate(harness.ByClone3, kind)
			Expect(err).NotTo(HaveOccurred())
			Expect(try(lower, kind)).To(MatchError(unix.ENOSPC), "while there are two")

			pin := Get(all[0].OpenNS(member, kind))
			Arrange(member.End())
			Expect(try(lower, kind)).To(MatchError(unix.ENOSPC), "while a descriptor keeps it")
			Arrange(all[0].Close(pin))
			next := Get(lower.Fork())
			Eventually(func() error { return next.Unshare(kind.Flag()) }).WithPolling(polling).Should(Succeed(), "when it is gone")
			Expect(try(lower, kind)).To(MatchError(unix.ENOSPC), "two in its place")
		})

		It("of kind "+string(kind)+" counts what is there: a clone that fails after it has made one gives the charge back", Label(string(kind)), Proves("limit-charge-returned-on-destroy"), func() {
			need(kind)
			NeedKernel("5.5") // which has what makes it fail
			root := world()
			setLimit(root, kind, 1)
			refused := unix.EPERM // to choose ids in a PID namespace of others
			if kind == nsutil.PID {
				refused = unix.EINVAL // to begin a new one with 2
			}
			_, err := root.Clone3SetTID(harness.CloneArgs{Flags: uint64(kind.Flag())}, 2)
			Expect(err).To(MatchError(refused))
			next := Get(root.Fork())
			Eventually(func() error { return next.Unshare(kind.Flag()) }).WithPolling(polling).Should(Succeed(), "after the failed call")
		})
	}

	It("is charged in every ancestor, however far above", Label("ipc"), Proves("limit-charged-in-every-ancestor"), func() {
		need(nsutil.IPC)
		top := world()
		lowest := top
		for range 10 {
			lowest = below(lowest, lowest, onlyRoot)
		}
		setLimit(top, nsutil.IPC, 1)
		Expect(try(lowest, nsutil.IPC)).To(Succeed(), "the first")
		Expect(try(lowest, nsutil.IPC)).To(MatchError(unix.ENOSPC), "the second")
	})
})
