package clone

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

// owners returns root of a user namespace, init of a PID namespace that this one
// owns, and the same of namespaces below these two.
func owners() (middle, inner *harness.Subject) {
	middle = Spawn(harness.Cloned(nsutil.User, nsutil.PID), harness.Mapped("0 0 1"), harness.Named("middle"))
	inner = Get(middle.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWPID))
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(middle.WriteFile(fmt.Sprintf("/proc/%d/%s", inner.PID(), file), "0 0 1", 0))
	}
	return middle, inner
}

// having returns a child of s with these capabilities and no others.
func having(s *harness.Subject, caps uint64) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Capset(harness.Capabilities{Effective: caps, Permitted: caps}))
	return child
}

// childInto has s, who may, make its children in other's PID namespace.
func childInto(s, other *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Join(other, nsutil.PID))
	return child
}

// expectTID holds that s gets a child with the ids.
func expectTID(s *harness.Subject, what string, tids ...int32) {
	child, err := setTID(s, tids...)
	Expect(err).NotTo(HaveOccurred(), "%v by %s", tids, what)
	var want []int
	for _, tid := range tids {
		want = append(want, int(tid))
	}
	Expect(innermost(child, len(tids))).To(Equal(want), what)
}

// expectNoTID holds that s is refused a child with the ids for a lack of privilege.
func expectNoTID(s *harness.Subject, what string, tids ...int32) {
	expectRefused(s, unix.EPERM, func() (*harness.Subject, error) { return setTID(s, tids...) }, "%v by %s", tids, what)
}

const (
	sysAdmin          = 1 << unix.CAP_SYS_ADMIN
	checkpointRestore = 1 << unix.CAP_CHECKPOINT_RESTORE
)

var _ = Specs("set_tid needs a capability", Label("clone", "pid", "user"), func() {
	It("in the owner of every PID namespace that it has a pid for, and in no other", Proves("clone-set-tid-needs-cap-in-every-owner"), func() {
		middle, inner := owners()
		outer := kinds.FreePID()
		s := Get(inner.Fork())
		expectNoTID(s, "who lacks it one level out", 5, 60)
		expectNoTID(s, "who lacks it two levels out", 5, 60, outer)
		expectTID(s, "who has it where the pid is", 5)

		s = childInto(middle, inner)
		expectNoTID(s, "who lacks it in the outermost alone", 6, 60, outer)
		expectTID(s, "who has it above", 6)
		expectTID(s, "who has it above and there", 7, 60)

		expectTID(childInto(Spawn(harness.Named("outer")), inner), "who has it in all", 8, 61, outer)
	})

	It("which is of no use in a user namespace below the owner, but for what this owns", Proves("clone-set-tid-needs-cap-in-every-owner"), func() {
		_, inner := owners()
		s := Get(inner.Fork())
		Arrange(s.Unshare(unix.CLONE_NEWUSER))
		Expect(Get(s.Capget()).Effective & (sysAdmin | checkpointRestore)).NotTo(BeZero())
		expectNoTID(s, "who has it below", 5)
		expectRefused(s, unix.EPERM, func() (*harness.Subject, error) { return setTIDNew(s, 1, 5) }, "with CLONE_NEWPID, further out")
		child, err := setTIDNew(s, 1)
		Expect(err).NotTo(HaveOccurred(), "with CLONE_NEWPID")
		Expect(child.Getpid()).To(Equal(1))

		both := func(tids ...int32) (*harness.Subject, error) {
			return s.Clone3SetTID(harness.CloneArgs{Flags: unix.CLONE_NEWUSER | unix.CLONE_NEWPID}, tids...)
		}
		s = having(inner, 0)
		expectRefused(s, unix.EPERM, func() (*harness.Subject, error) { return both(1, 5) }, "without it, further out")
		child, err = both(1)
		Expect(err).NotTo(HaveOccurred(), "of a PID namespace whose owner is made with it")
		Expect(child.Getpid()).To(Equal(1))
	})

	It("that is CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN", Proves("clone-set-tid-cap-checkpoint-restore"), func() {
		middle, inner := owners()
		outer := kinds.FreePID()
		all := Get(inner.Capget()).Effective
		for i, caps := range []uint64{sysAdmin, checkpointRestore, sysAdmin | checkpointRestore} {
			s := having(inner, caps)
			expectTID(s, "who has either", 105+int32(i))
			expectNoTID(Get(s.Fork()), "who has either in one of two owners", 150, 160)
			expectTID(childInto(middle, inner), "who has all above", 115+int32(i), 160+int32(i))
		}
		expectNoTID(having(inner, all&^(sysAdmin|checkpointRestore)), "who has all others", 150)
		s := childInto(middle, inner)
		Arrange(s.Capset(harness.Capabilities{Effective: checkpointRestore, Permitted: checkpointRestore}))
		expectTID(s, "who has it in the owner above", 170, 180)
		expectNoTID(Get(childInto(middle, inner).Fork()), "who has none in the outermost", 171, 181, outer)
		expectRefused(having(inner, checkpointRestore), unix.EPERM, func() (*harness.Subject, error) {
			return setTIDNew(having(inner, checkpointRestore), 1)
		}, "for CLONE_NEWPID, which takes CAP_SYS_ADMIN")
	})

	It("that is CAP_CHECKPOINT_RESTORE in the suite's own PID namespace, too", Proves("clone-set-tid-cap-checkpoint-restore"), func() {
		NeedCapability("CAP_CHECKPOINT_RESTORE")
		expectTID(only(unix.CAP_CHECKPOINT_RESTORE), "who is root in nothing else", kinds.FreePID())
	})

	It("and is refused to everybody without", Proves("clone-set-tid-without-cap-eperm"), func() {
		pid := kinds.FreePID()
		root := Spawn(harness.Named("root"))
		Arrange(root.DropCapabilities(unix.CAP_SYS_ADMIN, unix.CAP_CHECKPOINT_RESTORE))
		expectNoTID(root, "root without it", pid)
		expectNoTID(Spawn(harness.As(nobody, nobody)), "nobody", pid)
		expectNoTID(Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping)), "root of a user namespace that owns none of it", pid)

		middle, inner := owners()
		for _, owner := range []*harness.Subject{middle, inner} {
			s := having(owner, 0)
			expectNoTID(s, "root without it", 5)
			expectNoTID(s, "root without it", 5, 60)
			expectTID(Get(owner.Fork()), "root", 5)
		}
		expectTID(Spawn(), "root with it", pid)
	})
})
