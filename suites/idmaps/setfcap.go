package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Maps of ids that have the id 0 of the user namespace above, and that have not.
var (
	withZero    = []string{"0 0 1", "77 0 1", "0 0 10", "0 10 5\n5 0 1\n6 20 5", "0 10 5\n5 20 1\n6 0 5", fillers(5) + "0 0 1", fillers(7) + "0 0 5\n5 10 1", "0 0 5\n" + fillers(7)}
	withoutZero = []string{"0 1 1", "0 1 100", "0 10 5\n5 1 1", fillers(7) + "0 1 5"}
)

// rootWithout returns a child of root of the world that lacks CAP_SETFCAP: altogether, or in effect.
func (w world) rootWithout(inEffect bool) *harness.Subject {
	s := Get(w.root.Fork())
	caps := Get(s.Capget())
	caps.Effective &^= 1 << unix.CAP_SETFCAP
	if !inEffect {
		caps.Permitted &^= 1 << unix.CAP_SETFCAP
	}
	Arrange(s.Capset(caps))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

var _ = Specs("To map uid 0 of the user namespace above", Label("user", "idmaps"), func() {
	It("takes CAP_SETFCAP there, from there", Proves("user-map-parent-root-from-parent-needs-setfcap"), func() {
		w := newWorld()
		able := as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETUID, unix.CAP_SETFCAP)
		lacking := []*harness.Subject{
			w.rootWithout(false), w.rootWithout(true), as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SETPCAP),
		}
		for _, creator := range []*harness.Subject{w.root, as(w.root, alice, alice)} {
			target := fresh(creator)
			for _, s := range lacking {
				expectAllRefused(s, target, "uid_map", unix.EPERM, withZero...)
			}
			for _, text := range []string{"0 0 1", "0 0 10", withZero[6]} {
				expectWritten(able, fresh(creator), "uid_map", text)
			}
			for _, text := range withoutZero {
				expectWritten(lacking[0], fresh(creator), "uid_map", text)
			}
		}
	})

	It("takes CAP_SETFCAP by its opener, not by its writer", Proves("user-map-parent-root-from-parent-needs-setfcap", "user-map-opener-checked-like-writer"), func() {
		w := newWorld()
		target, lacking := fresh(w.root), w.rootWithout(false)
		fd := open(lacking, target, "uid_map")
		Expect(writeTo(w.root, w.pass(lacking, w.root, fd), "0 0 10")).To(MatchError(unix.EPERM))
		Expect(mapOf(w.root, target, "uid_map")).To(BeEmpty())
		fd = open(w.root, target, "uid_map")
		Expect(writeTo(lacking, w.pass(w.root, lacking, fd), "0 0 10")).To(Succeed())
		Expect(mapOf(w.root, target, "uid_map")).To(Equal(nsutil.IDMap{{Inside: 0, Outside: 0, Length: 10}}))
	})

	It("takes CAP_SETFCAP there from its uid 0 without any capability, too", Proves("user-map-parent-root-from-parent-needs-setfcap"), func() {
		w := newWorld()
		creator := as(w.root, 0, 0)
		target := fresh(creator)
		expectRefused(creator, target, "uid_map", single, unix.EPERM)
		expectWritten(as(w.root, 0, 0, unix.CAP_SETFCAP), target, "uid_map", single)
	})

	It("from inside takes a creator who had CAP_SETFCAP then", Proves("user-map-parent-root-from-inside-needs-setfcap"), func() {
		w := newWorld()
		for _, way := range harness.Ways() {
			for _, row := range []struct {
				creator *harness.Subject
				errno   error
			}{
				{w.rootWithout(false), unix.EPERM}, {w.rootWithout(true), unix.EPERM}, {as(w.root, 0, 0), unix.EPERM},
				{Get(w.root.Fork()), nil}, {as(w.root, 0, 0, unix.CAP_SETFCAP), nil},
			} {
				target := Get(row.creator.Isolate(way, nsutil.User))
				Expect(Get(target.Capget()).Effective & (1 << unix.CAP_SETFCAP)).NotTo(BeZero())
				if row.errno == nil {
					without(row.creator, unix.CAP_SETFCAP) // which comes too late to matter
					s := Get(target.Fork())
					only(s, unix.CAP_SYS_ADMIN)
					expectWritten(s, target, "uid_map", "7 0 1")
					Expect(target.Getuid()).To(Equal(7))
					continue
				}
				expectAllRefused(target, target, "uid_map", row.errno, "0 0 1", "7 0 1")
				expectWritten(w.root, target, "uid_map", single)
			}
		}
	})

	It("takes one who had CAP_SETFCAP of the two that each rule asks", Proves("user-map-parent-root-from-parent-needs-setfcap", "user-map-parent-root-from-inside-needs-setfcap"), func() {
		w := newWorld()
		able, unable := w.root, w.rootWithout(false)
		byUnable := fresh(unable)
		expectRefused(byUnable, byUnable, "uid_map", single, unix.EPERM) // from inside the creator's counts
		expectRefused(unable, byUnable, "uid_map", single, unix.EPERM)   // from above the opener's
		joiner := Get(able.Fork())
		Arrange(joiner.Join(byUnable, nsutil.User))
		expectRefused(joiner, byUnable, "uid_map", single, unix.EPERM) // inside, though it had it above
		expectWritten(able, byUnable, "uid_map", single)

		byAble := fresh(able)
		expectRefused(unable, byAble, "uid_map", single, unix.EPERM)
		expectWritten(byAble, byAble, "uid_map", single)

		owner := as(w.root, alice, alice) // who maps its own uid
		target := fresh(owner)
		expectWritten(target, target, "uid_map", "0 11 1")
	})

	It("counts the uid 0 of the one above, not of the initial one", Proves("user-map-parent-root-from-parent-needs-setfcap"), func() {
		w := newWorld()
		lacking := Get(w.outside.Fork())
		Arrange(lacking.DropCapabilities(unix.CAP_SETFCAP))
		Get(lacking.Prctl(unix.PR_SET_DUMPABLE, 1))
		target := fresh(w.outside)
		expectRefused(lacking, target, "uid_map", "0 0 1", unix.EPERM)
		expectRefused(lacking, target, "uid_map", "0 60000 10\n10 0 1", unix.EPERM)
		expectWritten(lacking, target, "uid_map", "0 60000 10") // 0 inside is not 0 outside
		Expect(write(lacking, target, "gid_map", "0 60000 10")).To(Succeed())
		Expect(target.Setresgid(0, 0, 0)).To(Succeed())
		Expect(target.Setresuid(0, 0, 0)).To(Succeed())
		Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
		without(target, unix.CAP_SETFCAP)
		inner := fresh(target)
		expectRefused(target, inner, "uid_map", "0 0 1", unix.EPERM)
		expectWritten(target, inner, "uid_map", "0 1 1")
	})

	It("takes CAP_SETFCAP, which gid 0 does not", Proves("user-map-setfcap-rule-spares-gid"), func() {
		w := newWorld()
		lacking := w.rootWithout(false)
		for _, text := range withZero {
			target := fresh(lacking)
			expectRefused(lacking, target, "uid_map", text, unix.EPERM)
			expectWritten(lacking, target, "gid_map", text)
		}
		target := fresh(lacking)
		Expect(write(target, target, "setgroups", "deny")).To(Succeed())
		expectRefused(target, target, "uid_map", single, unix.EPERM)
		expectWritten(target, target, "gid_map", single)
		Expect(target.Setresgid(0, 0, 0)).To(Succeed())
	})
})
