package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("A namespace of another kind", Label("user"), func() {
	It("lets do what is privileged in it who has the capability in its owner, by all rules",
		Proves("user-resource-checks-owning-namespace", "user-caps-limited-to-owned-namespaces", "user-ns-operations-honour-owners-cap"), func() {
			home := root(alice)
			e := newEstate(home, 9)
			inside := func(from *harness.Subject) *harness.Subject { // the namespaces, not the user namespace
				s := Get(from.Fork())
				for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.Net, nsutil.IPC, nsutil.Mnt} {
					Arrange(s.Join(e.Subject, kind))
				}
				return s
			}
			above := inside(Spawn(harness.Named("root above")))
			owner := as(inside(Spawn()), alice, alice, alice)
			stranger := as(inside(Spawn()), bob, bob, bob)
			for _, d := range e.deeds() {
				d.expect(true, only(Get(e.Fork()), d.capability), "a member of the owner with the capability alone")
				d.expect(true, as(above, bob, bob, bob, d.capability), "one of the user namespace above, with the capability alone")
				d.expect(true, owner, "who owns the owner")
				d.expect(false, without(Get(e.Fork()), d.capability), "a member of the owner without the capability")
				d.expect(false, suspend(Get(e.Fork()), d.capability), "a member of the owner with the capability, but not in effect")
				d.expect(false, as(above, bob, bob, bob, allBut(d.capability)...), "one of the user namespace above, without the capability")
				d.expect(false, stranger, "a stranger")
				d.expect(false, unmapped(e.Subject), "who is in a user namespace below the owner")
				d.expect(false, unmapped(above), "who is in a user namespace beside the owner")
			}
		})

	for _, d := range joiners {
		It(fmt.Sprintf("gives no power to those who come by %s into a user namespace that does not own it", d),
			Proves("user-joining-alone-no-power-over-foreign", "user-caps-limited-to-owned-namespaces"), func() {
				e := newEstate(Spawn(harness.Named("root")), bob)
				home := root(alice)
				Arrange(home.Unshare(estateFlags))
				Arrange(home.MakePrivate())
				s := Get(e.Fork())
				fds := map[nsutil.Kind]int{}
				for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.Net, nsutil.IPC, nsutil.Mnt} {
					fds[kind] = Get(s.OpenNS(home, kind))
				}
				Expect(d.join(s, home)).To(Succeed())
				Expect(sets(s)).To(Equal(withAll()))
				all := e.deeds()
				for _, deed := range all {
					deed.expect(true, e.Subject, "before")
					deed.expect(false, s, "after joining the user namespace alone")
				}
				for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.Net, nsutil.IPC, nsutil.Mnt} {
					Expect(s.Setns(fds[kind], kind.Flag())).To(Succeed(), "what it owns can be joined, too: %s", kind)
					for _, deed := range all {
						if deed.kind == kind && deed.kind != nsutil.IPC {
							before := "nothing"
							if deed.see != nil {
								before = fmt.Sprint(Get(deed.see()))
							}
							Expect(deed.do(s)).To(Succeed(), "%s in what it owns", deed.what)
							if deed.see != nil {
								Expect(fmt.Sprint(Get(deed.see()))).To(Equal(before), "%s outside", deed.what)
							}
						}
					}
				}
			})
	}
})
