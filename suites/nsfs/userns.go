package nsfs

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("NS_GET_USERNS", Label("nsfs"), func() {
	for _, kind := range nonUser() {
		Describe("on a "+string(kind)+" namespace", Label(string(kind)), func() {
			It("opens the user namespace in which it was made, whoever asks and whoever is in it", Proves("nsfs-userns-is-owner"), func() {
				outside := Spawn(harness.Named("outside"))
				maker, stranger := rootOfNew("maker"), rootOfNew("stranger")
				grandchild := below(maker)
				member, other, deeper := isolate(maker, kind), isolate(stranger, kind), isolate(grandchild, kind)
				its, others, deepers := ns(maker, nsutil.User), ns(stranger, nsutil.User), ns(grandchild, nsutil.User)

				for _, caller := range []*harness.Subject{outside, maker, member} {
					fd, deeperFd := open(caller, member, kind), open(caller, deeper, kind)
					for _, asking := range []*harness.Subject{caller, powerless(caller)} {
						Expect(owner.of(asking, fd)).To(Equal(its), "as %s asks", asking.Name())
						Expect(owner.of(asking, deeperFd)).To(Equal(deepers), "as %s asks", asking.Name())
					}
				}
				Expect(owner.of(outside, open(outside, other, kind))).To(Equal(others))

				Arrange(member.Unshare(unix.CLONE_NEWUSER))
				Expect(ns(member, nsutil.User)).NotTo(Equal(its))
				Expect(owner.of(outside, open(outside, member, kind))).To(Equal(its), "its member is in another user namespace now")
			})

			It("opens the user namespace that was made together with it", Proves("nsfs-userns-is-owner"), func() {
				needKind(kind, nsutil.User)
				outside := Spawn(harness.Named("outside"))
				for _, way := range harness.Ways() {
					if kind == nsutil.Time && way != harness.ByUnshare {
						continue // clone(2) has no flag for it, clone3(2) takes it since Linux 6.3 only
					}
					member := Spawn(harness.Isolated(way, nsutil.User, kind))
					Expect(owner.of(outside, open(outside, member, kind))).To(Equal(ns(member, nsutil.User)), "made by %s", way)
				}
			})
		})
	}

	It("on a user namespace opens its parent, as NS_GET_PARENT does", Label("user"), Proves("nsfs-userns-of-userns-is-parent"), func() {
		outside := Spawn(harness.Named("outside"))
		lineage := []*harness.Subject{outside, rootOfNew("child")}
		for range 2 {
			lineage = append(lineage, below(lineage[len(lineage)-1]))
		}
		for i, caller := range lineage {
			for j := i + 1; j < len(lineage); j++ {
				fd, expected := open(caller, lineage[j], nsutil.User), ns(lineage[j-1], nsutil.User)
				Expect(owner.of(caller, fd)).To(Equal(expected), "generation %d as generation %d asks", j, i)
				Expect(parent.of(caller, fd)).To(Equal(expected), "generation %d as generation %d asks", j, i)
			}
		}
		for _, caller := range lineage[1:] { // a parent is not in its scope
			fd := open(caller, caller, nsutil.User)
			owner.expectRefused(caller, fd, unix.EPERM)
			parent.expectRefused(caller, fd, unix.EPERM)
		}

		beside := Get(outside.Fork())
		fd := open(beside, lineage[2], nsutil.User)
		Expect(parent.of(beside, fd)).To(Equal(ns(lineage[1], nsutil.User)))
		Arrange(beside.Unshare(unix.CLONE_NEWUSER))
		owner.expectRefused(beside, fd, unix.EPERM)
		parent.expectRefused(beside, fd, unix.EPERM)
	})

	for _, kind := range nsutil.Kinds() {
		It("is refused on a "+string(kind)+" namespace whose owner is neither the caller's user namespace nor below it",
			Label(string(kind)), Proves("nsfs-userns-outside-scope-eperm"), func() {
				outside, maker := Spawn(harness.Named("outside")), rootOfNew("maker")
				var member *harness.Subject
				var its nsutil.ID // the owner
				if kind == nsutil.User {
					member, its = below(maker), ns(maker, nsutil.User)
				} else {
					member, its = isolate(maker, kind), ns(maker, nsutil.User)
				}
				Expect(owner.of(outside, open(outside, member, kind))).To(Equal(its))
				Expect(owner.of(maker, open(maker, member, kind))).To(Equal(its))

				descendant := Get(maker.Fork())
				fd := open(descendant, member, kind)
				Expect(owner.of(descendant, fd)).To(Equal(its))
				Arrange(descendant.Unshare(unix.CLONE_NEWUSER))
				owner.expectRefused(descendant, fd, unix.EPERM)

				sibling := Get(outside.Fork())
				fd = open(sibling, member, kind)
				Expect(owner.of(sibling, fd)).To(Equal(its))
				Arrange(sibling.Unshare(unix.CLONE_NEWUSER))
				owner.expectRefused(sibling, fd, unix.EPERM)

				Arrange(member.Unshare(unix.CLONE_NEWUSER)) // a member, but no longer of its owner
				if kind != nsutil.User {
					owner.expectRefused(member, open(member, member, kind), unix.EPERM)
				}
				Expect(owner.of(outside, open(outside, member, kind))).NotTo(BeZero(), "for root of the initial user namespace it is there all the same")
			})
	}

	It("is refused on the initial user namespace", Label("user"), Proves("nsfs-userns-of-initial-userns-eperm"), func() {
		outside := Spawn(harness.Named("outside"))
		fd := open(outside, outside, nsutil.User)
		owner.expectRefused(outside, fd, unix.EPERM)
		child := rootOfNew("child")
		Expect(owner.of(outside, open(outside, child, nsutil.User))).To(Equal(ns(outside, nsutil.User)), "it is the owner of others")

		Arrange(outside.Unshare(unix.CLONE_NEWUSER))
		owner.expectRefused(outside, fd, unix.EPERM)
	})
})
