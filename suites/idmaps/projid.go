package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A map of project ids", Label("user", "idmaps"), func() {
	It("takes no capability to be written, and has any ids of the one above", Proves("user-projid-map-needs-no-capability"), func() {
		w := worldFor("projid_map")
		for _, text := range []string{several[0], several[4], "0 12 1"} {
			for _, row := range []struct {
				who string
				s   func(alices, target *harness.Subject) *harness.Subject
			}{
				{"its owner", func(alices, _ *harness.Subject) *harness.Subject { return alices }},
				{"who is inside", func(_, target *harness.Subject) *harness.Subject { return target }},
				{"who is inside without capabilities", func(_, target *harness.Subject) *harness.Subject {
					s := Get(target.Fork())
					only(s)
					return s
				}},
				{"who is above without capabilities over it", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE) }},
			} {
				alices, target := w.ofAlice()
				expectWritten(row.s(alices, target), target, "projid_map", text)
			}
		}
	})

	It("is written by a descriptor of who lacks capabilities, too", Proves("user-projid-map-needs-no-capability"), func() {
		w := worldFor("projid_map")
		alices, target := w.ofAlice()
		nobody := as(w.root, bob, bob)
		fd := w.pass(alices, nobody, open(alices, target, "projid_map"))
		Expect(writeTo(nobody, fd, "0 100 10")).To(Succeed())
		Expect(mapOf(w.root, target, "projid_map")).To(Equal(parse("0 100 10")))
	})
})
