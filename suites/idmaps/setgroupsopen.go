package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The file setgroups", Label("user", "idmaps"), func() {
	It("can be opened for writing with CAP_SYS_ADMIN there only, else with EACCES", Proves("user-setgroups-file-write-needs-cap-eacces"), func() {
		w := newWorld()
		lacks := []int{unix.CAP_DAC_OVERRIDE, unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SYS_RESOURCE}
		for _, row := range []struct {
			who string
			s   func(alices, target *harness.Subject) *harness.Subject
			may bool
		}{
			{"root of the one above", func(_, _ *harness.Subject) *harness.Subject { return w.root }, true},
			{"bob above, with CAP_SYS_ADMIN", func(_, _ *harness.Subject) *harness.Subject {
				return as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN)
			}, true},
			{"bob above, without", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, bob, bob, lacks...) }, false},
			{"root above, without", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, 0, 0, lacks...) }, false},
			{"root two above", func(_, _ *harness.Subject) *harness.Subject { return w.outside }, true},
			{"the owner", func(alices, _ *harness.Subject) *harness.Subject { return alices }, true},
			{"inside", func(_, target *harness.Subject) *harness.Subject { return target }, true},
			{"inside, with CAP_SYS_ADMIN alone", func(_, target *harness.Subject) *harness.Subject { return capable(target, unix.CAP_SYS_ADMIN) }, true},
			{"inside, without", func(_, target *harness.Subject) *harness.Subject { return capable(target, lacks...) }, false},
			{"inside, without any", func(_, target *harness.Subject) *harness.Subject { return capable(target) }, false},
			{"beside, of the same uid", func(alices, _ *harness.Subject) *harness.Subject { return fresh(alices) }, false},
		} {
			alices, target := w.ofAlice()
			s := row.s(alices, target)
			for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR} {
				fd, err := s.Open(path(target, "setgroups"), flags)
				if row.may {
					Expect(err).NotTo(HaveOccurred(), row.who)
					Expect(writeTo(s, fd, "deny")).To(Succeed(), row.who)
					continue
				}
				Expect(err).To(MatchError(unix.EACCES), row.who)
			}
			if row.may {
				expectSays(target, "deny", s)
			} else {
				expectSays(target, "allow", s) // for reading it can be opened
				Expect(write(target, target, "setgroups", "deny")).To(Succeed())
			}
		}
	})
})
