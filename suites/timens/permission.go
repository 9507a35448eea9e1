package timens

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// alice is an id that owns nothing on this machine.
const alice = 60001

// only leaves the subject these capabilities.
func only(s *harness.Subject, caps ...int) *harness.Subject {
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return s
}

// expectNoNew claims that the call, which makes a time namespace, fails with
// EPERM and changes nothing.
func expectNoNew(s *harness.Subject, why string) {
	before := Get(s.Namespaces())
	own, childrens := ids(s)
	Expect(s.Unshare(newtime)).To(MatchError(unix.EPERM), why)
	Expect(s.Unshare(newtime|unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM), why)
	if !tooOldForClone3() {
		_, err := s.Clone3(harness.CloneArgs{Flags: newtime})
		Expect(err).To(MatchError(unix.EPERM), why)
	}
	Expect(s.Namespaces()).To(Equal(before))
	stillOwn, stillChildrens := ids(s)
	Expect([]nsutil.ID{stillOwn, stillChildrens}).To(Equal([]nsutil.ID{own, childrens}))
}

// tooOldForClone3 says whether clone3(2) does not know CLONE_NEWTIME.
func tooOldForClone3() bool {
	v := Get(nsutil.Running())
	return !v.AtLeast(nsutil.Version{Major: 6, Minor: 3})
}

var _ = Specs("Making a time namespace", Label("time"), func() {
	It("requires CAP_SYS_ADMIN", Proves("time-creation-needs-cap-sys-admin"), func() {
		expectNoNew(Spawn(harness.As(alice, alice)), "a user")
		deprived := Spawn()
		Arrange(deprived.DropCapabilities(unix.CAP_SYS_ADMIN))
		expectNoNew(deprived, "root without it")
		keeper := only(Spawn(), unix.CAP_SYS_TIME, unix.CAP_WAKE_ALARM, unix.CAP_SYS_PTRACE)
		expectNoNew(keeper, "who may set clocks")
		idle := Spawn()
		caps := Get(idle.Capget())
		caps.Effective &^= 1 << unix.CAP_SYS_ADMIN
		Arrange(idle.Capset(caps))
		expectNoNew(idle, "root with it permitted, not in effect")

		for _, s := range []*harness.Subject{only(Spawn(), unix.CAP_SYS_ADMIN), Spawn()} {
			own, _ := ids(s)
			Expect(s.Unshare(newtime)).To(Succeed())
			still, childrens := ids(s)
			Expect(still).To(Equal(own))
			Expect(childrens).NotTo(Equal(own))
		}
	})

	It("requires CAP_SYS_ADMIN in the user namespace that will own it", Label("user"), Proves("time-creation-needs-cap-sys-admin"), func() {
		s := Spawn(harness.As(alice, alice))
		expectNoNew(s, "a user")
		Expect(s.Unshare(unix.CLONE_NEWUSER|newtime)).To(Succeed(), "with a user namespace")
		Expect(s.Unshare(newtime)).To(Succeed(), "in its user namespace")
		Arrange(s.DropCapabilities(unix.CAP_SYS_ADMIN))
		expectNoNew(s, "without it in its user namespace")
	})
})
