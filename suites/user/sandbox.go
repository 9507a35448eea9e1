package user

import (
	"encoding/binary"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// filter has s install a seccomp filter by which getppid(2) fails with EXDEV.
func filter(s *harness.Subject) error {
	var b []byte
	for _, op := range []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_GETPPID},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0x00050000 | uint32(unix.EXDEV)}, // SECCOMP_RET_ERRNO
		{Code: unix.BPF_RET | unix.BPF_K, K: 0x7fff0000},                      // SECCOMP_RET_ALLOW
	} {
		b = binary.LittleEndian.AppendUint16(b, op.Code)
		b = append(b, op.Jt, op.Jf)
		b = binary.LittleEndian.AppendUint32(b, op.K)
	}
	memory := Get(s.Map(4096))
	Arrange(s.Poke(memory, b))
	_, err := s.Syscall("seccomp", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, harness.Struct(&struct {
		length  uint64
		program uint64
	}{uint64(len(b) / 8), uint64(memory)}))
	return err
}

var _ = Specs("A seccomp filter", Label("user"), func() {
	It("is for CAP_SYS_ADMIN in one's own user namespace, or no new privileges", Proves("user-seccomp-filter-cap-in-own-namespace"), func() {
		NeedUnprivileged()
		expect := func(may bool, s *harness.Subject, who string) {
			if may {
				Expect(filter(s)).To(Succeed(), who)
				Expect(s.Getppid()).Error().To(MatchError(unix.EXDEV), who)
				return
			}
			Expect(filter(s)).To(MatchError(unix.EACCES), who)
			Expect(s.Getppid()).Error().NotTo(HaveOccurred(), who)
		}
		homes := map[string]*harness.Subject{"the suite's": Spawn(harness.Named("root")), "alice's": root(alice), "one below alice's": below(root(alice))}
		for _, d := range doors {
			homes["one entered by "+string(d)] = d.entered(Spawn(harness.As(alice, alice)))
		}
		for which, home := range homes {
			expect(true, only(Get(home.Fork()), unix.CAP_SYS_ADMIN), which+", with nothing but the capability")
			expect(false, without(Get(home.Fork()), unix.CAP_SYS_ADMIN), which+", with all other capabilities")
			expect(false, suspend(Get(home.Fork()), unix.CAP_SYS_ADMIN), which+", with the capability not in effect")
			bare := only(Get(home.Fork()))
			expect(false, bare, which+", without capabilities")
			Get(bare.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1))
			expect(true, bare, which+", without capabilities and new privileges")
		}
		expect(false, Spawn(harness.As(alice, alice)), "alice, who owns user namespaces")
	})
})

// watchFaults has s make a userfaultfd, and close it.
func watchFaults(s *harness.Subject, flags int) error {
	fd, err := s.Syscall("userfaultfd", unix.SYS_USERFAULTFD, unix.O_CLOEXEC|flags)
	if err == nil {
		Arrange(s.Close(int(fd)))
	}
	return err
}

var _ = Specs("userfaultfd", Label("user"), func() {
	It("is for CAP_SYS_PTRACE in the initial user namespace, where it is not for all", Proves("user-userfaultfd-cap-in-initial-namespace"), func() {
		const setting = "/proc/sys/vm/unprivileged_userfaultfd"
		if strings.TrimSpace(string(Get(os.ReadFile(setting)))) != "0" {
			SkipFor(reports.SkipSysctl, "%s is not 0", setting)
		}
		parent := Spawn(harness.Named("root"))
		for _, d := range doors {
			s := settle(d.entered(parent), parent, "0 0 10")
			Expect(watchFaults(s, 0)).To(MatchError(unix.EPERM), "root of a user namespace entered by %s", d)
			Expect(watchFaults(only(Get(s.Fork()), unix.CAP_SYS_PTRACE), 0)).To(MatchError(unix.EPERM))
		}
		Expect(watchFaults(below(root(alice)), 0)).To(MatchError(unix.EPERM))
		Expect(watchFaults(Spawn(harness.As(alice, alice)), 0)).To(MatchError(unix.EPERM))
		if Nested() {
			Expect(watchFaults(parent, 0)).To(MatchError(unix.EPERM), "root of the suite's user namespace")
			return
		}
		Expect(watchFaults(as(parent, bob, bob, bob, unix.CAP_SYS_PTRACE), 0)).To(Succeed())
		Expect(watchFaults(as(parent, bob, bob, bob, allBut(unix.CAP_SYS_PTRACE)...), 0)).To(MatchError(unix.EPERM))
	})
})
