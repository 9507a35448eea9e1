package user

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// feat is what no namespace has a part of: it takes a capability in the initial
// user namespace.
type feat struct {
	what    string
	refusal error // to those who do not have it there
	control error // to those who have, for whom it does no harm
	do      func(s *harness.Subject) error
}

// pretenders returns roots of user namespaces, one for each way in, who have all
// namespaces of their own, and one two levels below.
func pretenders() []*harness.Subject {
	GinkgoHelper()
	parent := Spawn(harness.Named("root outside"))
	var all []*harness.Subject
	for _, d := range doors {
		all = append(all, settle(d.entered(parent), parent, "0 0 10"))
	}
	all = append(all, below(root(alice)))
	for i, s := range all {
		Expect(s.Capget()).To(HaveField("Effective", everything()))
		flags := 0
		for _, kind := range others() {
			flags |= kind.Flag()
		}
		Arrange(s.Unshare(flags))
		all[i] = Get(s.Fork())
	}
	return all
}

// expect claims that those who have capabilities only in user namespaces below the
// initial one are refused, for lack of them: root of that is not.
func (f feat) expect(pretenders []*harness.Subject) {
	GinkgoHelper()
	for _, s := range pretenders {
		Expect(f.do(s)).To(MatchError(f.refusal), f.what)
	}
	if Nested() {
		return
	}
	err := f.do(Spawn(harness.Named("root")))
	if f.control == nil {
		Expect(err).NotTo(HaveOccurred(), "%s, by root of the initial one", f.what)
	} else {
		Expect(err).To(MatchError(f.control), "%s, by root of the initial one", f.what)
	}
}

// ahead returns a time two seconds ahead of the clock.
func ahead() unix.Timespec { return unix.NsecToTimespec(time.Now().Add(2 * time.Second).UnixNano()) }

// offset returns how far the clock is ahead of one that nobody can set, in seconds.
func offset() float64 {
	GinkgoHelper()
	var steady unix.Timespec
	Arrange(unix.ClockGettime(unix.CLOCK_BOOTTIME, &steady))
	return time.Since(time.Unix(0, steady.Nano())).Seconds()
}

// adjust executes adjtimex(2) or clock_adjtime(2) with what it is about as it is.
func adjust(s *harness.Subject, modes uint32, byClock bool) error {
	var now unix.Timex
	Get(s.Syscall("adjtimex", unix.SYS_ADJTIMEX, harness.Struct(&now)))
	now.Modes = modes
	if byClock {
		_, err := s.Syscall("clock_adjtime", unix.SYS_CLOCK_ADJTIME, unix.CLOCK_REALTIME, harness.Struct(&now))
		return err
	}
	_, err := s.Syscall("adjtimex", unix.SYS_ADJTIMEX, harness.Struct(&now))
	return err
}

var _ = Specs("All capabilities of a user namespace are not enough", Label("user"), func() {
	It("to set the clock", Proves("user-clock-setting-eperm", "user-caps-limited-to-owned-namespaces"), func() {
		const frequency = 0x2 // ADJ_FREQUENCY
		all := pretenders()
		before := offset()
		for _, s := range all {
			now := ahead()
			Expect(s.Syscall("clock_settime", unix.SYS_CLOCK_SETTIME, unix.CLOCK_REALTIME, harness.Struct(&now))).Error().To(MatchError(unix.EPERM), "clock_settime")
			Expect(s.Syscall("settimeofday", unix.SYS_SETTIMEOFDAY, harness.Struct(&unix.Timeval{Sec: now.Sec}), nil)).Error().To(MatchError(unix.EPERM), "settimeofday")
			Expect(s.Syscall("settimeofday", unix.SYS_SETTIMEOFDAY, nil, harness.Struct(&[2]int32{}))).Error().To(MatchError(unix.EPERM), "settimeofday of the time zone")
		}
		Expect(offset()).To(BeNumerically("~", before, 1), "the clock")
		feat{"adjtimex", unix.EPERM, nil, func(s *harness.Subject) error { return adjust(s, frequency, false) }}.expect(all)
		feat{"clock_adjtime", unix.EPERM, nil, func(s *harness.Subject) error { return adjust(s, frequency, true) }}.expect(all)
	})

	It("to load a kernel module, or to unload one", Proves("user-module-loading-eperm", "user-caps-limited-to-owned-namespaces"), func() {
		NeedKconfig("CONFIG_MODULES")
		garbage := func(s *harness.Subject) error {
			fd := Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "module", 0))
			Get(s.Write(int(fd), []byte("no module")))
			_, err := s.Syscall("finit_module", unix.SYS_FINIT_MODULE, fd, "", 0)
			return err
		}
		before := loadedModules()
		all := pretenders()
		for _, f := range []feat{
			{"init_module of nothing", unix.EPERM, unix.ENOEXEC, func(s *harness.Subject) error {
				_, err := s.Syscall("init_module", unix.SYS_INIT_MODULE, harness.In([]byte{0}), 0, "")
				return err
			}},
			{"finit_module of no file", unix.EPERM, unix.EBADF, func(s *harness.Subject) error {
				_, err := s.Syscall("finit_module", unix.SYS_FINIT_MODULE, -1, "", 0)
				return err
			}},
			{"delete_module of none", unix.EPERM, unix.ENOENT, func(s *harness.Subject) error {
				_, err := s.Syscall("delete_module", unix.SYS_DELETE_MODULE, "nsconform_none", unix.O_NONBLOCK)
				return err
			}},
		} {
			if text, _ := os.ReadFile("/proc/sys/kernel/modules_disabled"); strings.TrimSpace(string(text)) == "1" {
				f.control = f.refusal // to everybody
			}
			f.expect(all)
		}
		for _, s := range all {
			Expect(garbage(s)).To(MatchError(unix.EPERM), "finit_module of garbage")
		}
		Expect(loadedModules()).To(Equal(before))
	})

	It("to make a device, of whatever number and wherever", Proves("user-device-mknod-eperm", "user-caps-limited-to-owned-namespaces"), func() {
		kinds.Need(nsutil.User)
		stage, suites := mounts.Stage(harness.Named("root outside"))
		Arrange(stage.Chmod(suites, 0o777))
		for i, d := range doors {
			s := settle(d.entered(stage), stage, fmt.Sprintf("0 %d 10", first))
			own := T().TempDir()
			inner := Get(s.Clone(unix.CLONE_NEWNS))
			Arrange(inner.Mount("none", own, "tmpfs", 0, "mode=777"))
			for _, dir := range []string{suites, own} {
				name := fmt.Sprintf("%s/node-%d", dir, i)
				for _, device := range []uint64{unix.Mkdev(1, 3), unix.Mkdev(7, 0), unix.Mkdev(10, 229), unix.Mkdev(0, 1), unix.Mkdev(511, 0xfffff)} {
					for _, kind := range []uint32{unix.S_IFCHR, unix.S_IFBLK} {
						Expect(inner.Mknod(name, kind|0o666, device)).To(MatchError(unix.EPERM), "%#o %d", kind, device)
						Expect(inner.Lstat(name)).Error().To(MatchError(unix.ENOENT))
					}
				}
				Expect(inner.Mknod(name, unix.S_IFBLK|0o666, 0)).To(MatchError(unix.EPERM), "a block device without a number")
				for _, kind := range []uint32{unix.S_IFREG, unix.S_IFIFO, unix.S_IFSOCK} {
					Expect(inner.Mknod(name, kind|0o600, 0)).To(Succeed(), "%#o, which is no device", kind)
					Arrange(inner.Unlink(name))
				}
				if !Nested() && dir == suites {
					for _, kind := range []uint32{unix.S_IFCHR, unix.S_IFBLK} {
						Expect(stage.Mknod(name, kind|0o666, unix.Mkdev(1, 3))).To(Succeed(), "by root of the initial user namespace")
						Arrange(stage.Unlink(name))
					}
				}
			}
		}
	})

	It("to make a device, but enough for a whiteout, which is none", Proves("user-device-mknod-eperm"), func() {
		NeedKernel("5.8")
		stage, dir := mounts.Stage(harness.Named("root outside"))
		Arrange(stage.Chmod(dir, 0o777))
		for i, d := range doors {
			name := fmt.Sprintf("%s/whiteout-%d", dir, i)
			s := settle(d.entered(stage), stage, fmt.Sprintf("0 %d 10", first))
			Expect(s.Mknod(name, unix.S_IFBLK|0o600, 0)).To(MatchError(unix.EPERM), "a block device")
			Expect(s.Mknod(name, unix.S_IFCHR|0o600, 0)).To(Succeed(), "a whiteout")
			Expect(Get(s.Lstat(name)).Mode & unix.S_IFMT).To(BeEquivalentTo(unix.S_IFCHR))
		}
	})

	It("for what belongs to the machine", Proves("user-caps-limited-to-owned-namespaces"), func() {
		all := pretenders()
		for _, f := range []feat{
			{"swapon", unix.EPERM, unix.ENOENT, path("swapon", unix.SYS_SWAPON, 0)},
			{"swapoff", unix.EPERM, unix.ENOENT, path("swapoff", unix.SYS_SWAPOFF)},
			{"acct", unix.EPERM, unix.ENOENT, path("acct", unix.SYS_ACCT)},
			{"set the console's log level", unix.EPERM, unix.EINVAL, func(s *harness.Subject) error {
				_, err := s.Syscall("syslog", unix.SYS_SYSLOG, 8, nil, 0)
				return err
			}},
			{"watch files with fanotify", unix.EPERM, nil, func(s *harness.Subject) error {
				const content = 0x4 // FAN_CLASS_CONTENT
				fd, err := s.Syscall("fanotify_init", unix.SYS_FANOTIFY_INIT, content, unix.O_RDONLY)
				if err == nil {
					Arrange(s.Close(int(fd)))
				}
				return err
			}},
			{"lower the nice value", unix.EACCES, nil, func(s *harness.Subject) error {
				_, err := s.Syscall("setpriority", unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, -1)
				return err
			}},
			{"schedule in real time", unix.EPERM, nil, func(s *harness.Subject) error {
				const fifo = 1
				_, err := s.Syscall("sched_setscheduler", unix.SYS_SCHED_SETSCHEDULER, 0, fifo, harness.Struct(&[1]int32{1}))
				return err
			}},
			{"raise a hard limit", unix.EPERM, nil, func(s *harness.Subject) error {
				Arrange(s.Setrlimit(unix.RLIMIT_CORE, 0))
				return s.Setrlimit(unix.RLIMIT_CORE, 1)
			}},
			{"set a trusted attribute", unix.EPERM, nil, func(s *harness.Subject) error {
				child, dir := Get(s.Clone(unix.CLONE_NEWNS)), T().TempDir()
				Arrange(child.MakePrivate())
				mounts.Tmpfs(child, dir)
				return child.Setxattr(dir, "trusted.nsconform", []byte("x"))
			}},
		} {
			if errors.Is(f.do(Spawn()), unix.ENOSYS) {
				continue // left out of the kernel
			}
			f.expect(all)
		}
	})
})

// path is a system call with the path of a file that does not exist.
func path(name string, nr uintptr, more ...any) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		_, err := s.Syscall(name, nr, append([]any{"/nonexistent/nsconform"}, more...)...)
		return err
	}
}

// loadedModules returns how many modules the kernel has.
func loadedModules() int {
	text, _ := os.ReadFile("/proc/modules")
	return strings.Count(string(text), "\n")
}
