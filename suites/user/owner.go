package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The owner of a user namespace", Label("user"), func() {
	It("has, in the parent and without capabilities, all of them in it and in those below",
		Proves("user-owner-in-parent-has-all-caps", "user-owner-privilege-reaches-descendants"), func() {
			NeedUnprivileged()
			l := newLine()
			for _, row := range []struct {
				who  string
				s    *harness.Subject
				from int // the first level that it has power over
			}{
				{"the owner of level 1", as(l.opener, alice, alice, alice), 1},
				{"the owner of level 1, by the effective uid alone", as(l.opener, bob, alice, bob), 1},
				{"the owner of level 2, in level 1", l.member(l.members[0], maker, maker), 2},
				{"the owner of level 2, by the effective uid alone", l.member(l.members[0], actor, maker), 2},
				{"the owner of level 3, in level 2", l.member(l.members[1], maker, maker), 3},
			} {
				Expect(Get(row.s.Capget())).To(Equal(harness.Capabilities{}), row.who)
				for i, t := range l.targets {
					expectAll(i+1 >= row.from, row.s, t, row.who)
				}
			}
		})

	It("has nothing by the real or the saved uid alone, nor by the gid", Proves("user-owner-in-parent-has-all-caps"), func() {
		NeedUnprivileged()
		l := newLine()
		group := Get(l.opener.Fork())
		Arrange(group.Setresgid(alice, alice, alice))
		Arrange(group.Setresuid(bob, bob, bob))
		for who, s := range map[string]*harness.Subject{
			"the owner by the real uid":            as(l.opener, alice, bob, bob),
			"the owner by the saved uid":           as(l.opener, bob, bob, alice),
			"the owner of level 2 by the real uid": l.member(l.members[0], maker, actor),
			"another user with the owner's gid":    group,
			"another user in level 1":              l.member(l.members[0], actor, actor),
			"root outside without capabilities":    as(l.opener, 0, 0, 0),
			"root of level 1 without capabilities": l.member(l.members[0], 0, 0),
		} {
			for _, t := range l.targets {
				expectAll(false, s, t, who)
			}
		}
	})

	It("has nothing in another user namespace than the parent",
		Proves("user-owner-privilege-not-from-sibling", "user-owner-in-parent-has-all-caps"), func() {
			NeedUnprivileged()
			l := newLine()
			inside := Get(as(l.opener, alice, alice, alice).Fork())
			Arrange(inside.Setns(l.targets[0].user, unix.CLONE_NEWUSER))
			for who, s := range map[string]*harness.Subject{
				"the owner of level 1, inside and without capabilities": only(inside),
				"the owner of level 2, in the suite's":                  as(l.opener, first+maker, first+maker, first+maker),
				"the owner of level 2, in a sibling of its parent":      l.member(l.sibling, maker, maker),
				"the owner of level 2, in level 2":                      l.member(l.members[1], maker, maker),
				"the owner of level 1, in a new one":                    only(unmapped(as(l.opener, alice, alice, alice))),
			} {
				for i, t := range l.targets {
					if who == "the owner of level 2, in level 2" && i == 2 {
						continue // level 3 is his, too
					}
					expectAll(false, s, t, who)
				}
			}
		})

	for _, d := range makers {
		It(fmt.Sprintf("made by %s, is who has the creator's effective uid", d),
			Proves("user-owner-is-creators-euid", "user-owner-in-parent-has-all-caps"), func() {
				NeedUnprivileged()
				for _, parent := range []*harness.Subject{Spawn(harness.Named("root")), root(bob)} {
					euid, others, writer, outer := alice, []int{bob, bob + 1}, (*harness.Subject)(nil), alice
					extents := mapping
					if parent.Name() != "root" {
						euid, others, writer, outer, extents = maker, []int{actor, actor + 1}, parent, first+maker, "0 0 10"
					}
					creator := as(parent, others[0], euid, others[1])
					inside, err := d.enter(creator)
					Expect(err).NotTo(HaveOccurred())
					Arrange(creator.Setresuid(others[0], others[0], others[0])) // it stays what it was
					for observer, shown := range map[*harness.Subject]int{parent: euid, Spawn(): outer} {
						Expect(observer.NSOwnerUID(Get(observer.OpenNS(inside, nsutil.User)))).To(BeEquivalentTo(shown), "to %s", observer.Name())
					}
					settle(inside, writer, extents)
					opener := Get(parent.Fork())
					t := aim(opener, inside)
					become(t.Subject, victim)
					expectAll(true, as(opener, others[0], euid, others[1]), t, "who has the creator's effective uid")
					expectAll(false, as(opener, euid, others[0], euid), t, "who has it as real and saved uid")
					expectAll(false, as(opener, others[0], others[0], others[0]), t, "who has the creator's real uid")
					expectAll(false, as(opener, others[1], others[1], others[1]), t, "who has the creator's saved uid")
				}
			})
	}
})
