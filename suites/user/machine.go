package user

import (
	"errors"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
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
	parent := Spawn(harness.Named("root outside"))
	var all []*harness.Subject
	for _, d := range doors {
		all = append(all, settle(d.entered(parent), parent, "0 0 10"))
	}
	all = append(all, below(root(alice)))
	for i, s := range all {
		Expect(s.Capget()).To(HaveField("Effective", everything()))
		flags := 0
		for _, kind := range otherKinds() {
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

var _ = Specs("All capabilities of a user namespace are not enough", Label("user"), func() {
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

	It("to raise a hard limit", Proves("user-caps-limited-to-owned-namespaces", "user-prlimit-cap-in-targets-namespace"), func() {
		NeedCapability("CAP_SYS_RESOURCE")
		f := feat{"raise a hard limit", unix.EPERM, nil, func(s *harness.Subject) error {
			Arrange(s.Setrlimit(unix.RLIMIT_CORE, 0))
			return s.Setrlimit(unix.RLIMIT_CORE, 1)
		}}
		f.expect(pretenders())
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
