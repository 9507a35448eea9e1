// Package spec is what specs are written with, beside Ginkgo and Gomega: it says
// which requirements a spec proves, spawns the subjects that act in it, and
// takes care that a spec only runs where its requirements apply and leaves
// nothing behind.
//
//	It("shows a hostname to all members of the namespace and to nobody else",
//		Proves("uts-hostname-per-namespace", "uts-change-invisible-elsewhere"), func() {
//			inside, outside := Spawn(Cloned(nsutil.UTS)), Spawn()
//			before := Get(outside.Hostname())
//			Expect(inside.Sethostname("inside")).To(Succeed())
//			...
//		})
//
// What a spec does to arrange its scene and what it claims are different things:
// [Spawn] and [Get] end a spec as broken, verdict unknown, when the scene cannot
// be arranged; Expect fails it. A call that the requirement is about, or that a
// wrong kernel could get wrong in the requirement's sense, belongs in Expect.
package spec
