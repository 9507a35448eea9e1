package nsfs

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("NS_GET_PARENT", Label("nsfs"), func() {
	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.User} {
		makeChild := below
		if kind == nsutil.PID {
			makeChild = func(s *harness.Subject) *harness.Subject { return isolate(s, nsutil.PID) }
		}

		It("opens the parent of a "+string(kind)+" namespace, whoever asks in an ancestor of it", Label(string(kind)), Proves("nsfs-parent-of-pid-and-user"), func() {
			needKind(kind)
			lineage := []*harness.Subject{Spawn(harness.Named("outside"))}
			for range 3 {
				lineage = append(lineage, makeChild(lineage[len(lineage)-1]))
			}
			second := makeChild(lineage[1]) // a sibling of lineage[2]
			for i, caller := range lineage {
				for j := i + 1; j < len(lineage); j++ {
					fd, expected := open(caller, lineage[j], kind), ns(lineage[j-1], kind)
					Expect(parent.of(caller, fd)).To(Equal(expected), "generation %d as generation %d asks", j, i)
					Expect(parent.of(powerless(caller), fd)).To(Equal(expected), "generation %d as generation %d asks without privilege", j, i)
				}
			}
			Expect(parent.of(lineage[0], open(lineage[0], second, kind))).To(Equal(ns(lineage[1], kind)))
		})

		It("is refused on the initial "+string(kind)+" namespace", Label(string(kind)), Proves("nsfs-parent-of-initial-eperm"), func() {
			needKind(kind)
			outside := Spawn(harness.Named("outside"))
			fd := open(outside, outside, kind)
			parent.expectRefused(outside, fd, unix.EPERM)
			child := makeChild(outside)
			Expect(parent.of(outside, open(outside, child, kind))).To(Equal(ns(outside, kind)), "it is the parent of others")

			parent.expectRefused(child, fd, unix.EPERM) // which it has inherited
		})
	}

	It("goes by where a PID namespace was made, not by its members' parents", Label("pid"), Proves("nsfs-parent-of-pid-and-user"), func() {
		needKind(nsutil.PID)
		outside := Spawn(harness.Named("outside"))
		init := isolate(outside, nsutil.PID)
		visitor := Spawn(harness.Joined(init, nsutil.PID), harness.Named("visitor"))
		child := isolate(visitor, nsutil.PID)
		Expect(parent.of(outside, open(outside, child, nsutil.PID))).To(Equal(ns(init, nsutil.PID)))
	})

	It("is refused when the parent is above the PID namespace of the caller, or beside it", Label("pid"), Proves("nsfs-parent-above-callers-pidns-eperm"), func() {
		needKind(nsutil.PID)
		outside := Spawn(harness.Named("outside"))
		upper, cousin := isolate(outside, nsutil.PID), isolate(outside, nsutil.PID)
		lower, belowCousin := isolate(upper, nsutil.PID), isolate(cousin, nsutil.PID)
		for caller, others := range map[*harness.Subject][]*harness.Subject{
			upper: {upper, outside, cousin, belowCousin},
			lower: {lower, upper, outside, cousin, belowCousin, isolate(upper, nsutil.PID)},
		} {
			for _, other := range others {
				parent.expectRefused(caller, open(caller, other, nsutil.PID), unix.EPERM)
			}
			Expect(parent.of(caller, open(caller, isolate(caller, nsutil.PID), nsutil.PID))).To(Equal(ns(caller, nsutil.PID)))
		}
		Expect(parent.of(outside, open(outside, upper, nsutil.PID))).To(Equal(ns(outside, nsutil.PID)))

		By("asking from outside, with another PID namespace for the children")
		Arrange(outside.Join(upper, nsutil.PID))
		Expect(parent.of(outside, open(outside, upper, nsutil.PID))).To(Equal(ns(outside, nsutil.PID)))
	})

	for _, kind := range []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.Time, nsutil.UTS} {
		It("is refused on a "+string(kind)+" namespace", Label(string(kind)), Proves("nsfs-parent-of-non-hierarchical-einval"), func() {
			outside, root := Spawn(harness.Named("outside")), rootOfNew("root")
			first := isolate(root, kind)
			second := isolate(first, kind)
			for _, caller := range []*harness.Subject{outside, root} {
				parent.expectRefused(caller, open(caller, second, kind), unix.EINVAL)
				parent.expectRefused(caller, open(caller, first, kind), unix.EINVAL)
				parent.expectRefused(caller, open(caller, caller, kind), unix.EINVAL)
			}
			Expect(parent.of(outside, open(outside, root, nsutil.User))).To(Equal(ns(outside, nsutil.User)), "a user namespace has a parent")
		})
	}
})
