package newer

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("open_by_handle_at with the handle", Label("newer"), func() {
	for _, kind := range nsutil.Kinds() {
		It("of a "+string(kind)+" namespace that the caller is not in needs privilege", Label(string(kind)), Proves("nsfs-file-handle-of-foreign-needs-privilege"), func() {
			kinds.Need(nsutil.User)
			outside := Spawn(harness.Named("outside"))
			foreign, settler := member(outside, kind), settle("settler")
			own, foreigns, settlers := handleOf(outside, outside, kind), handleOf(outside, foreign, kind), handleOf(outside, settler, kind)
			Expect(reopened(outside, foreigns)).To(Equal(ns(foreign, kind)), "with privilege")
			Expect(reopened(outside, settlers)).To(Equal(ns(settler, kind)), "with privilege")
			Expect(reopened(settler, settlers)).To(Equal(ns(settler, kind)), "its own")

			stranger := as(outside, alice)
			Expect(reopened(stranger, own)).To(Equal(ns(outside, kind)), "its own")
			expectNotReopened(stranger, foreigns, settlers)
			expectNotReopened(settler, foreigns, own)
			if kind == nsutil.User {
				return // root has made these, and has all privileges there without capabilities
			}
			dropped := Get(outside.Fork())
			Arrange(dropped.DropCapabilities(unix.CAP_SYS_ADMIN))
			for _, s := range []*harness.Subject{powerless(outside), dropped} {
				Expect(reopened(s, own)).To(Equal(ns(outside, kind)), "its own")
				expectNotReopened(s, foreigns)
			}
		})

		It("of a "+string(kind)+" namespace that the caller is not in needs more privilege than over its owner", Label(string(kind)), Proves("nsfs-file-handle-of-foreign-needs-privilege"), func() {
			NeedKernel("7.0")
			kinds.Need(nsutil.User, nsutil.PID)
			outside, settler := Spawn(harness.Named("outside")), settle("settler")
			settlers := handleOf(outside, settler, kind)
			expectNotReopened(powerless(outside), settlers) // it owns the user namespace
			mover := Get(settler.Fork())
			Arrange(mover.Unshare(kind.Flag()))
			if kinds.ForChildren(kind) {
				mover = Get(mover.Fork())
			}
			expectNotReopened(mover, settlers)
			expectNotReopened(Get(outside.Clone(unix.CLONE_NEWPID)), settlers)
			Expect(reopened(outside, settlers)).To(Equal(ns(settler, kind)))
		})
	}
})

// expectNotReopened claims that the handles are to s like those of nothing.
func expectNotReopened(s *harness.Subject, handles ...harness.NSHandle) {
	before := descriptors(s)
	for _, handle := range handles {
		_, err := s.OpenByHandle(handle)
		Expect(err).To(MatchError(unix.ESTALE), "as %s asks", s.Name())
	}
	Expect(descriptors(s)).To(Equal(before))
}
