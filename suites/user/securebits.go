package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The securebits; the lock of each is the bit above it. See capabilities(7).
const (
	noRoot          = 1 << 0
	noSetuidFixup   = 1 << 2
	keepCaps        = 1 << 4
	noAmbientRaise  = 1 << 6
	restrictFile    = 1 << 8 // since Linux 6.14, as the next one
	denyInteractive = 1 << 10
)

// lockable returns each of the bits alone, with its lock and as a lock alone, and
// all of them together.
func lockable(of ...int) (all []int) {
	together := 0
	for _, bit := range of {
		all = append(all, bit, bit|bit<<1, bit<<1)
		together |= bit | bit<<1
	}
	return append(all, together)
}

// having returns a child of s with these securebits.
func having(s *harness.Subject, bits int) *harness.Subject {
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_SECUREBITS, bits))
	if now := securebits(child); now != bits {
		Arrange(fmt.Errorf("set securebits %#x: they are %#x", bits, now))
	}
	return child
}

func securebits(s *harness.Subject) int {
	return Get(s.Prctl(unix.PR_GET_SECUREBITS))
}

var _ = Specs("Securebits of who comes into a user namespace", Label("user"), func() {
	for _, d := range doors {
		resets, keeps := "user-creation-resets-securebits", "user-creation-keeps-exec-securebits"
		if d == bySetns || d == byPidfd {
			resets, keeps = "user-setns-resets-securebits", "user-setns-keeps-exec-securebits"
		}

		It(fmt.Sprintf("by %s are off and unlocked, as far as they are about capabilities", d), Proves(resets), func() {
			kinds.Need(nsutil.User)
			outside, below, each := Spawn(harness.Named("root")), root(alice), lockable(noRoot, noSetuidFixup, keepCaps, noAmbientRaise)
			for parent, all := range map[*harness.Subject][]int{outside: each, below: each[len(each)-1:]} {
				for _, bits := range all {
					s := having(parent, bits)
					inside, err := d.enter(s)
					Expect(err).NotTo(HaveOccurred())
					Expect(securebits(inside)).To(BeZero(), "of %#x", bits)
					Expect(securebits(s)).To(Equal(bits), "those of who stays")
					Expect(inside.Prctl(unix.PR_SET_SECUREBITS, noRoot|noSetuidFixup|keepCaps|noAmbientRaise)).Error().NotTo(HaveOccurred(), "none is locked")
				}
			}
		})

		It(fmt.Sprintf("by %s have no effect inside, as far as they are about capabilities", d), Proves(resets), func() {
			kinds.Need(nsutil.User)
			none := nsutil.CapSet(0)
			for _, parent := range []*harness.Subject{Spawn(harness.Named("root")), root(alice)} {
				s := having(parent, noRoot|noSetuidFixup|keepCaps|noAmbientRaise|0xaa)
				inside := func() *harness.Subject { return settle(d.entered(s), parent, "0 0 10") }
				program := inside()
				Expect(run(program)).To(Equal(withAll()), "execve by root, of SECBIT_NOROOT")
				for what, leaves := range map[string]func(s *harness.Subject) error{
					"SECBIT_KEEP_CAPS and SECBIT_NO_SETUID_FIXUP": func(s *harness.Subject) error { return s.Setresuid(1, 1, 1) },
					"SECBIT_NO_SETUID_FIXUP":                      func(s *harness.Subject) error { return s.Setresuid(0, 1, 0) },
				} {
					s := inside()
					Expect(leaves(s)).To(Succeed())
					Expect(sets(s)[2]).To(Equal(none), "a change of ids from root, of %s", what)
				}
				raised := inside()
				all := everything()
				Arrange(raised.Capset(harness.Capabilities{Effective: all, Permitted: all, Inheritable: all}))
				Expect(raised.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_KILL)).Error().NotTo(HaveOccurred(), "of SECBIT_NO_CAP_AMBIENT_RAISE")
			}
		})

		It(fmt.Sprintf("by %s stay, with their locks, as far as they are about programs", d), Proves(keeps), func() {
			kinds.Need(nsutil.User)
			NeedUnprivileged()
			for _, parent := range []*harness.Subject{Spawn(harness.Named("root")), Spawn(harness.As(alice, alice)), root(alice)} {
				for _, bits := range lockable(restrictFile, denyInteractive) {
					s := having(parent, bits)
					inside, err := d.enter(s)
					Expect(err).NotTo(HaveOccurred())
					if now := securebits(inside); now == 0 {
						Deviates("user-entering-drops-exec-securebits", "of securebits %#x none is left", bits)
						Expect(inside.Prctl(unix.PR_SET_SECUREBITS, restrictFile)).Error().NotTo(HaveOccurred())
						continue
					}
					Expect(securebits(inside)).To(Equal(bits))
					Expect(securebits(s)).To(Equal(bits), "those of who stays")
					if locks := bits & 0xa00; locks != 0 {
						Expect(inside.Prctl(unix.PR_SET_SECUREBITS, bits&^locks)).Error().To(MatchError(unix.EPERM), "they are locked inside, too")
					}
				}
			}
		})
	}

	It("are sorted out when all are set",
		Proves("user-creation-keeps-exec-securebits", "user-setns-keeps-exec-securebits", "user-creation-resets-securebits"), func() {
			kinds.Need(nsutil.User)
			for _, d := range doors {
				inside := d.entered(having(Spawn(harness.Named("root")), 0xfff))
				if now := securebits(inside); now == 0 {
					Deviates("user-entering-drops-exec-securebits", "by %s none is left of all securebits", d)
					continue
				}
				Expect(securebits(inside)).To(Equal(0xf00), "by %s", d)
			}
		})
})
