package idmaps

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// who may open a map file of alice's user namespace, or write by the descriptor.
const (
	roots   = "root of the one above"   // with all capabilities
	alices  = "its owner"               // without capabilities
	insides = "root of it"              // with all capabilities there
	bobs    = "bob"                     // without capabilities that count
	outers  = "root two above"          // with all capabilities
	setters = "bob, who may set ids"    // with the capability for the file and CAP_SYS_ADMIN
	admins  = "bob, who may all but it" // with CAP_SYS_ADMIN
)

// actors returns one of each but insides, which every target has of its own.
func (w world) actors(file string) map[string]*harness.Subject {
	return map[string]*harness.Subject{
		roots: w.root, alices: as(w.root, alice, alice), outers: w.outside,
		bobs:    as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE),
		setters: as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, mapCaps[file]),
		admins:  as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, otherCap[file]),
	}
}

var _ = Specs("A descriptor of a map of ids", Label("user", "idmaps"), func() {
	for _, file := range idFiles {
		for _, row := range []struct {
			what, text string
			// may says which writers may write by the descriptor of an opener.
			may map[string][]string
		}{
			{"several ids takes the capability by opener and writer", "0 100 10\n10 200 10", map[string][]string{
				roots:   {roots, outers, setters},
				setters: {roots, outers, setters},
				outers:  {}, alices: {}, insides: {}, bobs: {}, admins: {},
			}},
			{"the owner's own id takes the owner as opener, or the capability by both", "0 11 1", map[string][]string{
				alices:  {roots, outers, setters, alices, insides, bobs, admins},
				insides: {roots, outers, setters, alices, insides, bobs, admins},
				roots:   {roots, outers, setters},
				setters: {roots, outers, setters},
				outers:  {}, bobs: {}, admins: {},
			}},
		} {
			It("for "+row.what+", "+file, Proves("user-map-opener-checked-like-writer", "user-map-rule-violation-eperm"), func() {
				w := newWorld()
				all := w.actors(file)
				newTarget := func() *harness.Subject {
					target := fresh(all[alices])
					Expect(write(target, target, "setgroups", "deny")).To(Succeed())
					all[insides] = target
					return target
				}
				for opener, may := range row.may {
					target := newTarget()
					fd := open(all[opener], target, file)
					for writer := range all {
						if !slices.Contains(may, writer) {
							passed := w.pass(all[opener], all[writer], fd)
							Expect(writeTo(all[writer], passed, row.text)).To(MatchError(unix.EPERM), "opened by %s, written by %s", opener, writer)
						}
					}
					Expect(mapOf(w.root, target, file)).To(BeEmpty(), "opened by %s", opener)
					for _, writer := range may {
						target := newTarget()
						fd := w.pass(all[opener], all[writer], open(all[opener], target, file))
						Expect(writeTo(all[writer], fd, row.text)).To(Succeed(), "opened by %s, written by %s", opener, writer)
						Expect(mapOf(w.root, target, file)).To(ConsistOf(parse(row.text)))
					}
				}
			})
		}

		It("counts with what its opener was then, for "+file, Proves("user-map-opener-checked-like-writer"), func() {
			w := newWorld()
			const text = "0 100 10"
			_, target := w.ofAlice()
			s := as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, mapCaps[file])
			caps := Get(s.Capget())
			lower := caps
			lower.Effective &^= 1<<mapCaps[file] | 1<<unix.CAP_SYS_ADMIN
			able := open(s, target, file)
			Arrange(s.Capset(lower))
			unable := open(s, target, file)
			Expect(writeTo(s, able, text)).To(MatchError(unix.EPERM), "without the capability that the opener had")
			Arrange(s.Capset(caps))
			Expect(writeTo(s, unable, text)).To(MatchError(unix.EPERM), "with the capability that the opener had not")
			Expect(mapOf(w.root, target, file)).To(BeEmpty())
			lower.Effective |= 1 << mapCaps[file]
			Arrange(s.Capset(lower))
			Expect(writeTo(s, able, text)).To(Succeed(), "with it, and without CAP_SYS_ADMIN, which the opener had")
			Expect(mapOf(w.root, target, file)).To(Equal(parse(text)))
		})
	}
})
