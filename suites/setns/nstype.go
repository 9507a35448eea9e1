package setns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// notNamespaces are the bits of nstype that stand for no kind of namespace.
func notNamespaces() []int {
	var bits []int
	for bit := range 32 {
		if flag := int(int32(uint32(1) << bit)); flag&flags(nsutil.Kinds()) == 0 || flag < 0 {
			bits = append(bits, flag)
		}
	}
	return bits
}

var _ = Specs("setns checks the type of a namespace file", Label("setns"), func() {
	for _, kind := range nsutil.Kinds() {
		It("against a flag that is not that of "+string(kind), Label(string(kind)), Proves("setns-nstype-mismatch-einval", "setns-failure-changes-nothing"), func() {
			home := member(Spawn(), kind)
			s := Spawn(harness.Named("caller"))
			fd := Get(s.OpenNS(home, kind))
			before := stateOf(s)
			for _, wrong := range nsutil.Kinds() {
				if wrong != kind {
					Expect(s.Setns(fd, wrong.Flag())).To(MatchError(unix.EINVAL), "as %s", wrong)
				}
			}
			for _, wrong := range notNamespaces() {
				Expect(s.Setns(fd, wrong)).To(MatchError(unix.EINVAL), "as %#x", wrong)
				Expect(s.Setns(fd, kind.Flag()|wrong)).To(MatchError(unix.EINVAL), "as itself with %#x", wrong)
			}
			Expect(stateOf(s)).To(Equal(before), "what refused calls left of the caller")
			expectJoined(s, fd, kind.Flag(), home, kind)
		})

		It("against several flags, that of "+string(kind)+" among them or not", Label(string(kind)), Proves("setns-several-types-with-nsfs-einval", "setns-failure-changes-nothing"), func() {
			home := member(Spawn(), kind)
			s := Spawn(harness.Named("caller"))
			fd := Get(s.OpenNS(home, kind))
			before := stateOf(s)
			all := flags(nsutil.Kinds())
			for i, a := range nsutil.Kinds() {
				for _, b := range nsutil.Kinds()[:i] {
					Expect(s.Setns(fd, a.Flag()|b.Flag())).To(MatchError(unix.EINVAL), "as %s and %s", a, b)
				}
				Expect(s.Setns(fd, all&^a.Flag())).To(MatchError(unix.EINVAL), "as all but %s", a)
			}
			Expect(s.Setns(fd, all)).To(MatchError(unix.EINVAL), "as all")
			Expect(stateOf(s)).To(Equal(before), "what refused calls left of the caller")
			expectJoined(s, fd, kind.Flag(), home, kind)
		})
	}

	It("before it looks at the caller's privileges", Proves("setns-nstype-mismatch-einval"), func() {
		for _, kind := range kinds.Built() {
			home := member(Spawn(), kind)
			root := Spawn()
			fd := Get(root.OpenNS(home, kind))
			s := as(root, alice)
			for _, wrong := range kinds.Built() {
				if wrong != kind {
					expectRefused(s, fd, wrong.Flag(), unix.EINVAL, "a %s namespace as %s", kind, wrong)
				}
			}
			expectRefused(s, fd, kind.Flag(), unix.EPERM)
		}
	})
})
