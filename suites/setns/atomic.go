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

var _ = Specs("setns with a pidfd joins all or nothing", Label("setns"), func() {
	// In each of these, one of the namespaces cannot be joined and others can.
	for _, row := range []struct {
		why      string
		obstacle nsutil.Kind
		errno    error
		scene    func() (caller, target *harness.Subject)
	}{
		{"when the target's PID namespace is above the caller's", nsutil.PID, unix.EINVAL, func() (caller, target *harness.Subject) {
			target = member(Spawn(), nsutil.UTS)
			Arrange(target.Unshare(flags(nonUser()) &^ unix.CLONE_NEWPID))
			root := Spawn()
			Get(root.PidfdOpen(target.PID()))
			caller = Get(root.Clone(unix.CLONE_NEWPID))
			return caller, target
		}},
		{"when the caller lacks CAP_SYS_CHROOT", nsutil.Mnt, unix.EPERM, func() (caller, target *harness.Subject) {
			target = Get(ownAll(0).Fork())
			caller = without(Spawn(), unix.CAP_SYS_CHROOT)
			Get(caller.PidfdOpen(target.PID()))
			return caller, target
		}},
		{"when the caller has several threads", nsutil.Time, unix.EUSERS, func() (caller, target *harness.Subject) {
			target = ownAll(0)
			caller = Spawn()
			Arrange(Get(caller.Thread()).Unshare(unix.CLONE_FS))
			Get(caller.PidfdOpen(target.PID()))
			return caller, target
		}},
		{"when the caller is in the target's user namespace already", nsutil.User, unix.EINVAL, func() (caller, target *harness.Subject) {
			target = ownAll(0)
			caller = Spawn()
			pidfd := Get(caller.PidfdOpen(target.PID()))
			Arrange(caller.Setns(pidfd, unix.CLONE_NEWUSER))
			return caller, target
		}},
	} {
		It(row.why, Proves("setns-pidfd-all-or-nothing", "setns-failure-changes-nothing"), func() {
			kinds.Need(nsutil.Kinds()...)
			caller, target := row.scene()
			const pidfd = 0                                                      // the caller's only descriptor
			changeDirectories(caller, T().TempDir(), row.obstacle != nsutil.Mnt) // joining a mount namespace would
			rest := flags(nonUser()) &^ row.obstacle.Flag()
			expectRefused(caller, pidfd, row.obstacle.Flag(), row.errno, "it alone")
			for _, kind := range nonUser() {
				if kind != row.obstacle {
					expectRefused(caller, pidfd, row.obstacle.Flag()|kind.Flag(), row.errno, "with %s", kind)
				}
			}
			expectRefused(caller, pidfd, row.obstacle.Flag()|rest, row.errno, "with all others")
			Expect(caller.Setns(pidfd, rest&^unix.CLONE_NEWNS&^unix.CLONE_NEWTIME)).To(Succeed(), "without the obstacle")
			Expect(of(caller)["uts"]).To(Equal(of(target)["uts"]))
		})
	}

	It("when the user namespace can be joined and what the target shares with others cannot", Proves("setns-pidfd-all-or-nothing", "setns-pidfd-user-first", "setns-failure-changes-nothing"), func() {
		kinds.Need(nsutil.User)
		maker := Spawn(harness.As(alice, alice), harness.Named("maker"))
		Arrange(maker.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWUTS))
		caller := Spawn(harness.As(alice, alice), harness.Named("caller"))
		pidfd := Get(caller.PidfdOpen(maker.PID()))
		for _, kind := range nonUser() {
			if kind != nsutil.UTS {
				expectRefused(caller, pidfd, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS|kind.Flag(), unix.EPERM, "with %s of the suite's", kind)
			}
		}
		expectJoined(caller, pidfd, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS, maker, nsutil.User, nsutil.UTS)
	})
})

var _ = Specs("setns with a pidfd joins the user namespace first", Label("setns", "user"), func() {
	It("so that its owner needs no capability for the others", Proves("setns-pidfd-user-first"), func() {
		kinds.Need(nsutil.Kinds()...)
		target := ownAll(alice)
		caller := Spawn(harness.As(alice, alice), harness.Named("caller"))
		pidfd := Get(caller.PidfdOpen(target.PID()))
		Expect(Get(caller.Capget()).Permitted).To(BeZero())
		for _, kind := range nonUser() {
			expectRefused(caller, pidfd, kind.Flag(), unix.EPERM, "%s alone", kind)
			expectJoined(Get(caller.Fork()), pidfd, unix.CLONE_NEWUSER|kind.Flag(), target, nsutil.User, kind)
		}
		expectRefused(caller, pidfd, flags(nonUser()), unix.EPERM, "all but user")
		expectJoined(caller, pidfd, flags(kinds.Built()), target, kinds.Built()...)

		Expect(caller.Sethostname("inside")).To(Succeed(), "with the capabilities gained")
		Expect(target.Hostname()).To(Equal("inside"))
	})

	It("whose capabilities do not count for what another user namespace owns", Proves("setns-pidfd-user-first"), func() {
		kinds.Need(nsutil.Kinds()...)
		target := Spawn(harness.As(alice, alice), harness.Named("target"))
		Arrange(target.Unshare(unix.CLONE_NEWUSER))
		caller := Spawn(harness.As(alice, alice), harness.Named("caller"))
		pidfd := Get(caller.PidfdOpen(target.PID()))
		for _, kind := range nonUser() {
			expectRefused(caller, pidfd, unix.CLONE_NEWUSER|kind.Flag(), unix.EPERM, "%s of the suite's", kind)
		}
		expectJoined(caller, pidfd, unix.CLONE_NEWUSER, target, nsutil.User)
	})
})
