package pid

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ctrlAltDel shows what reboot(2) with CAD_ON or CAD_OFF sets for the whole machine.
const ctrlAltDel = "/proc/sys/kernel/ctrl-alt-del"

// endings are the operations that end an init, by what its parent sees.
var endings = []struct {
	name   string
	op     int
	signal unix.Signal
	proves string
}{
	{"RESTART", unix.LINUX_REBOOT_CMD_RESTART, unix.SIGHUP, "pid-reboot-restart-sighup"},
	{"RESTART2", unix.LINUX_REBOOT_CMD_RESTART2, unix.SIGHUP, "pid-reboot-restart-sighup"},
	{"HALT", unix.LINUX_REBOOT_CMD_HALT, unix.SIGINT, "pid-reboot-halt-and-power-off-sigint"},
	{"POWER_OFF", unix.LINUX_REBOOT_CMD_POWER_OFF, unix.SIGINT, "pid-reboot-halt-and-power-off-sigint"},
}

// reboot executes reboot(2), unless s is in the machine's own PID namespace. What
// calls it here never has CAP_SYS_BOOT over the machine: a kernel that took the
// call for one about the machine would refuse it.
func reboot(s *harness.Subject, op int) error {
	if pidns(s) == Get(nsutil.IDOf(nsutil.PID.File(0))) {
		Arrange(fmt.Errorf("%s is in the suite's own PID namespace", s.Name()))
	}
	return rebootWith(s, unix.LINUX_REBOOT_MAGIC2, op)
}

func rebootWith(s *harness.Subject, magic, op int) error {
	_, err := s.Syscall("reboot", unix.SYS_REBOOT, harness.Hex(unix.LINUX_REBOOT_MAGIC1), harness.Hex(magic), harness.Hex(op), "argument")
	return err
}

// owner returns the root of a new user namespace: over the PID namespaces that it
// makes it has all capabilities, over the machine none.
func owner() *harness.Subject {
	NeedKconfig("CONFIG_USER_NS")
	return Spawn(harness.Cloned(nsutil.User), harness.Mapped(subordinate), harness.Named("owner"))
}

// isDead matches the error of a call that its caller has not survived.
func isDead(err error) bool { _, dead := err.(*harness.DeadError); return dead }

var _ = Specs("reboot in a PID namespace", Label("pid"), func() {
	for _, end := range endings {
		It("with "+end.name+" ends the namespace's init by a signal, and nothing else", Proves("pid-reboot-ends-init-not-machine", end.proves), func() {
			parent := owner()
			init, sibling := newInit(parent), newInit(parent)
			Expect(isDead(reboot(init, end.op))).To(BeTrue(), "the call comes back")
			status := expectChildEnds(parent, init.NSPID())
			Expect(status.Signaled()).To(BeTrue())
			Expect(status.Signal()).To(Equal(end.signal))
			Expect(status.CoreDump()).To(BeFalse())
			Expect(sibling.Getpid()).To(Equal(1))
			Expect(parent.Getpid()).To(Equal(parent.PID()))

			outer := newInit(parent)
			inner := newInit(outer)
			Expect(isDead(reboot(inner, end.op))).To(BeTrue())
			Expect(expectChildEnds(outer, inner.NSPID()).Signal()).To(Equal(end.signal))
			Expect(outer.Getpid()).To(Equal(1), "the init of the namespace above")
		})

		It("with "+end.name+" by any member ends init, and all other members with it", Proves("pid-reboot-by-any-member", end.proves), func() {
			parent := owner()
			init := newInit(parent)
			handed, outer := joined(parent, init)
			member, nested := fork(init), newInit(init)
			caller := fork(fork(init))
			Arrange(init.Handle(unix.SIGHUP, unix.SIGINT)) // it is not asked
			Arrange(caller.Unshare(unix.CLONE_NEWPID))     // for its children, of which one is there
			fork(caller)
			Expect(isDead(reboot(caller, end.op))).To(BeTrue(), "the call comes back")
			Expect(expectChildEnds(outer, handed.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			Expect(expectChildEnds(parent, init.NSPID()).Signal()).To(Equal(end.signal))
			for _, s := range []*harness.Subject{member, nested, caller} {
				Expect(ended(s)).To(BeTrue(), s.Name())
			}
			Expect(outer.Getpid()).To(Equal(number(outer)), "who made it, but is not inside")
		})
	}

	It("refuses every other operation", Proves("pid-reboot-other-operation-einval"), func() {
		parent := owner()
		init := newInit(parent)
		member := fork(init)
		host := Spawn()
		before := Get(host.ReadFile(ctrlAltDel))
		ops := map[string]int{
			"CAD_ON": unix.LINUX_REBOOT_CMD_CAD_ON, "CAD_OFF": unix.LINUX_REBOOT_CMD_CAD_OFF,
			"KEXEC": unix.LINUX_REBOOT_CMD_KEXEC, "SW_SUSPEND": unix.LINUX_REBOOT_CMD_SW_SUSPEND, "an unknown one": 0x5eed,
		}
		for _, s := range []*harness.Subject{init, member} {
			for name, op := range ops {
				Expect(reboot(s, op)).To(MatchError(unix.EINVAL), name)
				Expect(host.ReadFile(ctrlAltDel)).To(Equal(before), name)
			}
			Expect(rebootWith(s, 0x5eed, unix.LINUX_REBOOT_CMD_RESTART)).To(MatchError(unix.EINVAL), "a wrong magic number")
		}
		expectUntouched(init, "after refused calls")
		Expect(isDead(reboot(init, unix.LINUX_REBOOT_CMD_HALT))).To(BeTrue(), "the namespace can be halted")
		Expect(expectChildEnds(parent, init.NSPID()).Signal()).To(Equal(unix.SIGINT))
	})

	It("needs CAP_SYS_BOOT in the user namespace that owns the PID namespace", Proves("pid-reboot-needs-cap-sys-boot"), func() {
		parent := owner()
		init := newInit(parent)
		without, only, below := fork(init), fork(init), fork(init)
		Arrange(without.DropCapabilities(unix.CAP_SYS_BOOT))
		Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_BOOT, Permitted: 1 << unix.CAP_SYS_BOOT}))
		Arrange(below.Unshare(unix.CLONE_NEWUSER))
		Expect(Get(below.Capget()).Effective & (1 << unix.CAP_SYS_BOOT)).NotTo(BeZero())
		for who, s := range map[string]*harness.Subject{"one without the capability": without, "the root of a user namespace below": below} {
			for _, op := range []int{unix.LINUX_REBOOT_CMD_RESTART, unix.LINUX_REBOOT_CMD_RESTART2, unix.LINUX_REBOOT_CMD_HALT, unix.LINUX_REBOOT_CMD_POWER_OFF, unix.LINUX_REBOOT_CMD_CAD_ON, unix.LINUX_REBOOT_CMD_KEXEC} {
				Expect(reboot(s, op)).To(MatchError(unix.EPERM), "%s, %#x", who, op)
			}
		}
		expectUntouched(init, "after refused calls")
		own := newInit(below)
		Expect(isDead(reboot(own, unix.LINUX_REBOOT_CMD_HALT))).To(BeTrue(), "that root can halt its own")
		Expect(expectChildEnds(below, own.NSPID()).Signal()).To(Equal(unix.SIGINT))
		Expect(isDead(reboot(only, unix.LINUX_REBOOT_CMD_RESTART))).To(BeTrue(), "no other capability is needed")
		Expect(expectChildEnds(parent, init.NSPID()).Signal()).To(Equal(unix.SIGHUP))
	})

	It("is refused to the root of a user namespace in a PID namespace that this does not own", Proves("pid-reboot-needs-cap-sys-boot"), func() {
		init := newInit(Spawn())
		Arrange(init.Unshare(unix.CLONE_NEWUSER))
		Expect(Get(init.Capget()).Effective & (1 << unix.CAP_SYS_BOOT)).NotTo(BeZero())
		Expect(reboot(init, unix.LINUX_REBOOT_CMD_RESTART)).To(MatchError(unix.EPERM))
		expectUntouched(init, "after a refused call")
	})
})
