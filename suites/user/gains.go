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

// gains are the promises about what one has who comes in by a door.
var gains = map[door]string{
	byClone: "user-clone-child-has-all-caps", byClone3: "user-clone-child-has-all-caps", byUnshare: "user-unshare-gives-all-caps",
	bySetns: "user-setns-gives-all-caps", byPidfd: "user-setns-gives-all-caps",
}

// newcomers returns who may come into a user namespace, with less than everything
// or with more than root has.
func newcomers() []*harness.Subject {
	bounded := Spawn(harness.Named("root with a smaller bounding set"))
	for _, c := range []int{unix.CAP_CHOWN, unix.CAP_NET_ADMIN, unix.CAP_AUDIT_READ} {
		Get(bounded.Prctl(unix.PR_CAPBSET_DROP, c))
	}
	ambient := Spawn(harness.Named("root with ambient capabilities"))
	held := Get(ambient.Capget())
	held.Inheritable = bits(unix.CAP_KILL, unix.CAP_SYS_ADMIN)
	Arrange(ambient.Capset(held))
	Get(ambient.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_KILL))
	little := as(Spawn(), bob, alice, bob, unix.CAP_KILL)
	return []*harness.Subject{
		Spawn(harness.Named("root")),
		Spawn(harness.As(alice, alice), harness.Named("somebody without capabilities")),
		little, bounded, ambient, root(alice), below(root(bob)),
	}
}

// withAll are the sets of one who has just come in.
func withAll() [5]nsutil.CapSet {
	all := nsutil.CapSet(everything())
	return [5]nsutil.CapSet{0, all, all, all, 0}
}

// sets returns the inheritable, permitted, effective, bounding and ambient set.
func sets(s *harness.Subject) [5]nsutil.CapSet {
	status := Get(nsutil.StatusOf(s.PID()))
	return [5]nsutil.CapSet{status.CapInh, status.CapPrm, status.CapEff, status.CapBnd, status.CapAmb}
}

var _ = Specs("Who comes into a user namespace", Label("user"), func() {
	for _, d := range doors {
		It(fmt.Sprintf("by %s has all capabilities there, and nothing less to be bounded by", d), Proves(gains[d], "user-bounding-set-full"), func() {
			NeedUnprivileged()
			for _, s := range newcomers() {
				before := sets(s)
				inside, err := d.enter(s)
				Expect(err).NotTo(HaveOccurred(), "%s", s.Name())
				Expect(sets(inside)).To(Equal(withAll()), "the inheritable, permitted, effective, bounding and ambient set of who was %s", s.Name())
				all := everything()
				Expect(inside.Capget()).To(Equal(harness.Capabilities{Effective: all, Permitted: all}), "who was %s", s.Name())
				Expect(sets(s)).To(Equal(before), "those of %s, who stays", s.Name())
				for c := 0; all>>c != 0; c++ {
					Expect(inside.Prctl(unix.PR_CAPBSET_READ, c)).To(Equal(1), "capability %d is in the bounding set", c)
				}
				for _, ambient := range []int{unix.CAP_KILL, unix.CAP_CHOWN} {
					Expect(inside.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, ambient)).To(BeZero())
				}
			}
		})

		It(fmt.Sprintf("by %s can do there what takes them, and so can its children", d), Proves(gains[d]), func() {
			NeedUnprivileged()
			kinds.Need(nsutil.UTS, nsutil.Net, nsutil.Mnt)
			dir := T().TempDir()
			somebody := Spawn(harness.As(alice, alice), harness.Named("somebody without capabilities"))
			for _, s := range []*harness.Subject{Spawn(harness.Named("root")), somebody, below(root(bob))} {
				inside := Get(d.entered(s).Fork())
				Expect(inside.Unshare(unix.CLONE_NEWUTS|unix.CLONE_NEWNET|unix.CLONE_NEWNS)).To(Succeed(), "by CAP_SYS_ADMIN")
				Expect(inside.Sethostname("inside")).To(Succeed(), "by CAP_SYS_ADMIN")
				Expect(inside.Mount("none", dir, "tmpfs", 0, "")).To(Succeed(), "by CAP_SYS_ADMIN")
				Expect(openRaw(inside)).To(Succeed(), "by CAP_NET_RAW")
				Expect(kinds.SetMTU(inside, 4000)).To(Succeed(), "by CAP_NET_ADMIN")
				Expect(bindLow(inside)).To(Succeed(), "by CAP_NET_BIND_SERVICE")
				Expect(inside.Chroot("/")).To(Succeed(), "by CAP_SYS_CHROOT")
				Expect(inside.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_KILL)).Error().NotTo(HaveOccurred(), "by CAP_SETPCAP")
			}
		})
	}
})
