package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mixed returns a process of the world whose effective uid and gid differ from
// the real and saved ones, with these capabilities.
func (w world) mixed(real, effective int, caps ...int) *harness.Subject {
	s := Get(w.root.Fork())
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Expect(s.Setresgid(real, effective, real)).To(Succeed())
	Expect(s.Setresuid(real, effective, real)).To(Succeed())
	only(s, caps...)
	return s
}

// byBoth calls try for a target of its own that creator makes, once with creator
// as the writer, once with who is inside.
func byBoth(creator *harness.Subject, try func(s, target *harness.Subject)) {
	for _, inside := range []bool{false, true} {
		target := fresh(creator)
		Expect(write(target, target, "setgroups", "deny")).To(Succeed())
		if inside {
			try(target, target)
		} else {
			try(creator, target)
		}
	}
}

var _ = Specs("Without capabilities in the user namespace above, a map of ids", Label("user", "idmaps"), func() {
	for _, file := range idFiles {
		It("has a single line, in "+file, Proves("user-map-unprivileged-single-line", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			byBoth(as(w.root, alice, alice), func(s, target *harness.Subject) {
				expectAllRefused(s, target, file, unix.EPERM,
					"0 11 1\n1 12 1", "1 12 1\n0 11 1", "0 11 1\n1 11000 1", "0 11 1\n"+fillers(3), "0 11 1\n"+fillers(7), fillers(7)+"0 11 1")
				expectWritten(s, target, file, "0 11 1\n")
			})
		})

		It("has no id but one's own effective one, under any number, in "+file, Proves("user-map-unprivileged-own-id-only", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			for _, inside := range []string{"0", "11", "4294967294"} {
				byBoth(as(w.root, alice, alice), func(s, target *harness.Subject) {
					expectAllRefused(s, target, file, unix.EPERM, inside+" 12 1", inside+" 10 1", inside+" 0 1", inside+" 60011 1")
					if inside != "4294967294" { // after which there is none
						expectAllRefused(s, target, file, unix.EPERM, inside+" 11 2", inside+" 10 2", inside+" 10 3", inside+" 0 100", inside+" 11 4989")
					}
					expectWritten(s, target, file, inside+" 11 1")
				})
			}
		})

		It("has not one's real or saved id, in "+file, Proves("user-map-unprivileged-own-id-only", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			byBoth(w.mixed(alice, bob), func(s, target *harness.Subject) {
				expectRefused(s, target, file, "0 11 1", unix.EPERM)
				expectWritten(s, target, file, "0 12 1")
			})
		})

		It("has not one's id for files, in "+file, Proves("user-map-unprivileged-own-id-only", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			creator := w.mixed(bob, alice, unix.CAP_DAC_OVERRIDE)
			target := fresh(creator)
			Expect(write(target, target, "setgroups", "deny")).To(Succeed())
			Arrange(creator.Setfsuid(bob))
			Arrange(creator.Setfsgid(bob))
			expectRefused(creator, target, file, "0 12 1", unix.EPERM)
			expectWritten(creator, target, file, "0 11 1")
		})

		It("is written by whose effective uid is the creator's, in "+file, Proves("user-map-unprivileged-writer-is-creator", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			for _, row := range []struct {
				who   string
				s     func(target *harness.Subject) *harness.Subject
				own   string
				errno error
			}{
				{"the creator's uid, inside", func(t *harness.Subject) *harness.Subject { return w.joined(t, outer+alice, outer+alice) }, "11", nil},
				{"another uid, inside", func(t *harness.Subject) *harness.Subject { return w.joined(t, outer+bob, outer+bob) }, "12", unix.EPERM},
				{"another uid, inside, with the creator's gid", func(t *harness.Subject) *harness.Subject { return w.joined(t, outer+bob, outer+alice) }, "12", unix.EPERM},
				{"root above, inside", func(t *harness.Subject) *harness.Subject { return w.joined(t, outer, outer) }, "0", unix.EPERM},
				{"another uid, above", func(*harness.Subject) *harness.Subject {
					return as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETFCAP)
				}, "12", unix.EPERM},
				{"root above, without the capability", func(*harness.Subject) *harness.Subject {
					return as(w.root, 0, 0, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETFCAP)
				}, "0", unix.EPERM},
				{"the creator's uid as the real one, above", func(*harness.Subject) *harness.Subject {
					return w.mixed(alice, bob, unix.CAP_DAC_OVERRIDE)
				}, "12", unix.EPERM},
				{"the creator's uid as that for files, above", func(*harness.Subject) *harness.Subject {
					s := w.mixed(alice, bob)
					Arrange(s.Setfsuid(alice))
					return s
				}, "12", unix.EPERM},
				{"the creator's uid as the effective one, above", func(*harness.Subject) *harness.Subject { return w.mixed(bob, alice) }, "11", nil},
			} {
				_, target := w.denied()
				s := row.s(target)
				if row.errno == nil {
					expectWritten(s, target, file, "0 "+row.own+" 1")
					continue
				}
				for _, id := range []string{row.own, "11"} {
					expectRefused(s, target, file, "0 "+id+" 1", row.errno)
				}
			}
		})
	}

	It("is in effect", Proves("user-map-unprivileged-own-id-only", "user-gid-map-unprivileged-needs-setgroups-deny"), func() {
		w := newWorld()
		byBoth(as(w.root, alice, bob), func(s, target *harness.Subject) {
			expectWritten(s, target, "uid_map", "3 11 1")
			expectWritten(s, target, "gid_map", "4 12 1")
			expectIs(target, 3, 4, outer+alice, outer+bob)
			for _, id := range []int{0, 2, 4, alice} {
				Expect(target.Setresuid(id, id, id)).To(MatchError(unix.EINVAL), "to %d", id)
			}
			for _, id := range []int{0, 3, 5, bob} {
				Expect(target.Setresgid(id, id, id)).To(MatchError(unix.EINVAL), "to %d", id)
			}
		})
	})

	It("of gids is one's own effective gid, whatever one's uid is", Proves("user-map-unprivileged-own-id-only", "user-map-unprivileged-writer-is-creator"), func() {
		w := newWorld()
		byBoth(as(w.root, alice, bob), func(s, target *harness.Subject) {
			expectRefused(s, target, "gid_map", "0 11 1", unix.EPERM)
			expectRefused(s, target, "uid_map", "0 12 1", unix.EPERM)
			expectWritten(s, target, "gid_map", "0 12 1")
			expectWritten(s, target, "uid_map", "0 11 1")
		})
		_, target := w.denied()
		expectWritten(w.joined(target, outer+alice, outer+bob), target, "gid_map", "0 12 1")

		member := as(w.root, alice, alice, unix.CAP_SETGID)
		Expect(setgroups(member, bob, 13)).To(Succeed())
		only(member)
		byBoth(member, func(s, target *harness.Subject) {
			expectAllRefused(s, target, "gid_map", unix.EPERM, "0 12 1", "0 13 1")
			expectWritten(s, target, "gid_map", "0 11 1")
		})
	})

	It("of gids takes deny in setgroups first", Proves("user-gid-map-unprivileged-needs-setgroups-deny", "user-setgroups-deny-enables-gid-map", "user-map-rule-violation-eperm"), func() {
		w := newWorld()
		for _, creator := range []*harness.Subject{as(w.root, alice, alice), as(w.root, alice, bob)} {
			own := "0 11 1"
			if Get(creator.Syscall("getegid", unix.SYS_GETEGID)) == bob {
				own = "0 12 1"
			}
			for _, inside := range []bool{false, true} {
				target := fresh(creator)
				s := creator
				if inside {
					s = target
				}
				expectRefused(s, target, "gid_map", own, unix.EPERM)
				expectWritten(s, target, "uid_map", "0 11 1") // which does not take it
				expectRefused(s, target, "gid_map", own, unix.EPERM)
				Expect(write(s, target, "setgroups", "allow")).To(Succeed())
				expectRefused(s, target, "gid_map", own, unix.EPERM)
				Expect(write(s, target, "setgroups", "deny")).To(Succeed())
				expectWritten(s, target, "gid_map", own)
				Expect(target.Syscall("setgroups", unix.SYS_SETGROUPS, 0, nil)).Error().To(MatchError(unix.EPERM), "for good")
			}
		}
	})
})
