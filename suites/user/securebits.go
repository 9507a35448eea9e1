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

// The securebits, each with its lock above it; see capabilities(7).
const (
	noRoot          = 1 << 0
	noSetuidFixup   = 1 << 2
	keepCaps        = 1 << 4
	noAmbientRaise  = 1 << 6
	restrictFile    = 1 << 8 // since Linux 6.14, as the next one
	denyInteractive = 1 << 10
)

// settings are securebits to come in with, in all their combinations with locks that matter.
func settings(of ...int) (all []int) {
	together := 0
	for _, bit := range of {
		all = append(all, bit, bit|bit<<1, bit<<1)
		together |= bit | bit<<1
	}
	return append(all, together)
}

func securebits(s *harness.Subject) int {
	GinkgoHelper()
	return Get(s.Prctl(unix.PR_GET_SECUREBITS))
}

var _ = Specs("The securebits of who comes into a user namespace", Label("user"), func() {
	resets := map[door]string{
		byClone: "user-creation-resets-securebits", byClone3: "user-creation-resets-securebits", byUnshare: "user-creation-resets-securebits",
		bySetns: "user-setns-resets-securebits", byPidfd: "user-setns-resets-securebits",
	}
	for _, d := range doors {
		It(fmt.Sprintf("by %s are off and unlocked, as far as they are about capabilities", d), Proves(resets[d]), func() {
			kinds.Need(nsutil.User)
			for _, parent := range []*harness.Subject{Spawn(harness.Named("root")), root(alice)} {
				for _, bits := range settings(noRoot, noSetuidFixup, keepCaps, noAmbientRaise) {
					s := Get(parent.Fork())
					Get(s.Prctl(unix.PR_SET_SECUREBITS, bits))
					Arrange(equal(securebits(s), bits))
					inside, err := d.enter(s)
					Expect(err).NotTo(HaveOccurred())
					Expect(securebits(inside)).To(BeZero(), "of %#x", bits)
					Expect(securebits(s)).To(Equal(bits), "those of who stays")
					Expect(inside.Prctl(unix.PR_SET_SECUREBITS, noRoot|noSetuidFixup|keepCaps|noAmbientRaise)).Error().NotTo(HaveOccurred(), "none is locked")
				}
			}
		})
	}
})

func equal(a, b int) error {
	if a != b {
		return fmt.Errorf("set securebits %#x: they are %#x", b, a)
	}
	return nil
}

var _ = Specs("EXPERIMENT", Label("user"), func() {
	for _, d := range doors {
		It("exec bits "+string(d), Proves(map[bool]string{true: "user-creation-resets-securebits", false: "user-setns-resets-securebits"}[d == byClone || d == byClone3 || d == byUnshare]), func() {
			s := Spawn()
			text := ""
			for _, bits := range append(settings(restrictFile, denyInteractive), settings(noRoot, restrictFile, denyInteractive)[9]) {
				s := Get(s.Fork())
				_, err := s.Prctl(unix.PR_SET_SECUREBITS, bits)
				text += fmt.Sprintf("%#x (%v): %#x; ", bits, err, securebits(d.entered(s)))
			}
			Fail(text)
		})
	}
})
