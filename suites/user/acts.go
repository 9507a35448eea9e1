package user

import (
	"fmt"
	"slices"
	"sync"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// target is a process, of ids that nobody has who acts on it, in a user namespace
// with a network namespace that this owns. Its descriptors are those that its
// opener has of them, and all who are made by the opener later.
type target struct {
	*harness.Subject
	opener               *harness.Subject
	user, socket, handle int // the user namespace, a socket in the network namespace, a pidfd
	file                 int // the target's own
	nice, mtu            int // as last set
}

// aim makes a target of a process and gets the opener, who has all capabilities
// over it, the descriptors.
func aim(opener, s *harness.Subject) *target {
	kinds.Need(nsutil.Net, nsutil.User)
	Arrange(s.Unshare(unix.CLONE_NEWNET))
	t := &target{Subject: s, opener: opener, user: Get(opener.OpenNS(s, nsutil.User)), handle: Get(opener.PidfdOpen(s.PID()))}
	t.file = int(Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "target's", 0)))
	visitor := Get(opener.Clone(unix.CLONE_FILES))
	Arrange(visitor.Join(s, nsutil.Net))
	t.socket = Get(visitor.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0))
	return t
}

// act is something done to a target that takes a capability in its user namespace.
type act struct {
	what       string
	capability int
	refusal    error
	do         func(s *harness.Subject, t *target) error
	see        func(t *target) (any, error) // what it changes; nil when nothing
}

var acts = []act{
	{"signal it", unix.CAP_KILL, unix.EPERM, func(s *harness.Subject, t *target) error { return s.Kill(t.PID(), 0) }, nil},
	{"set its nice value", unix.CAP_SYS_NICE, unix.EPERM, func(s *harness.Subject, t *target) error {
		return setNice(s, t.Subject, t.nice+1)
	}, func(t *target) (any, error) {
		level, err := t.Syscall("getpriority", unix.SYS_GETPRIORITY, unix.PRIO_PROCESS, 0)
		t.nice = 20 - int(level)
		return t.nice, err
	}},
	{"set its processors", unix.CAP_SYS_NICE, unix.EPERM, setProcessors, nil},
	{"look into it", unix.CAP_SYS_PTRACE, unix.EPERM, func(s *harness.Subject, t *target) error { return lookInto(s, t.Subject) }, nil},
	{"take its descriptors", unix.CAP_SYS_PTRACE, unix.EPERM, func(s *harness.Subject, t *target) error {
		fd, err := s.Syscall("pidfd_getfd", unix.SYS_PIDFD_GETFD, t.handle, t.file, 0)
		if err == nil {
			Arrange(s.Close(int(fd)))
		}
		return err
	}, nil},
	{"see its limits", unix.CAP_SYS_RESOURCE, unix.EPERM, func(s *harness.Subject, t *target) error {
		var now unix.Rlimit
		_, err := s.Syscall("prlimit64", unix.SYS_PRLIMIT64, t.PID(), unix.RLIMIT_CORE, nil, harness.Struct(&now))
		return err
	}, nil},
	{"set its limits", unix.CAP_SYS_RESOURCE, unix.EPERM, lowerLimit, func(t *target) (any, error) {
		var now unix.Rlimit
		_, err := t.Syscall("prlimit64", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_SIGPENDING, nil, harness.Struct(&now))
		return now.Cur, err
	}},
	{"join its user namespace", unix.CAP_SYS_ADMIN, unix.EPERM, func(s *harness.Subject, t *target) error {
		return Get(s.Fork()).Setns(t.user, unix.CLONE_NEWUSER)
	}, nil},
	{"set the MTU of its network device", unix.CAP_NET_ADMIN, unix.EPERM, func(s *harness.Subject, t *target) error {
		t.mtu++
		return kinds.SetMTUBy(s, t.socket, 4000+t.mtu)
	}, func(t *target) (any, error) { return kinds.MTU(t.Subject) }},
}

// lookInto has s ask where another process has its list of robust futexes, which
// takes ptrace access.
func lookInto(s, other *harness.Subject) error {
	var head, length uint64
	_, err := s.Syscall("get_robust_list", unix.SYS_GET_ROBUST_LIST, other.PID(), harness.Struct(&head), harness.Struct(&length))
	return err
}

func setProcessors(s *harness.Subject, t *target) error {
	var set [128]byte
	for i := range set {
		set[i] = 0xff
	}
	_, err := s.Syscall("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, t.PID(), len(set), harness.In(set[:]))
	return err
}

// lowerLimit lowers a soft limit, which takes no capability in the initial user namespace.
func lowerLimit(s *harness.Subject, t *target) error {
	var now unix.Rlimit
	Get(t.Syscall("prlimit64", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_SIGPENDING, nil, harness.Struct(&now)))
	now.Cur--
	_, err := s.Syscall("prlimit64", unix.SYS_PRLIMIT64, t.PID(), unix.RLIMIT_SIGPENDING, harness.Struct(&now), nil)
	return err
}

// expect claims that s can, or cannot, do this to t.
func (a act) expect(may bool, s *harness.Subject, t *target, who string) {
	if a.capability == unix.CAP_SYS_ADMIN && Get(s.NS(nsutil.User)) == Get(t.NS(nsutil.User)) {
		return // nobody joins his own
	}
	look := func() any {
		if a.see == nil {
			return "nothing"
		}
		return Get(a.see(t))
	}
	before := look()
	text := fmt.Sprintf("%s, %s, who is %s", who, a.what, t.Name())
	if !may {
		Expect(a.do(s, t)).To(MatchError(a.refusal), text)
		Expect(look()).To(Equal(before), "what the refused call changed: %s", text)
		return
	}
	Expect(a.do(s, t)).To(Succeed(), text)
	if a.see != nil {
		Expect(look()).NotTo(Equal(before), text)
	}
}

// possible returns the acts whose capability the suite has: what it lacks nobody in
// its user namespace can have.
var possible = sync.OnceValue(func() []act {
	held := Get(nsutil.StatusOf(0)).CapEff
	return slices.DeleteFunc(slices.Clone(acts), func(a act) bool { return !held.Has(a.capability) })
})

// expectAll claims that s can, or cannot, do any of it to t.
func expectAll(may bool, s *harness.Subject, t *target, who string) {
	for _, a := range possible() {
		a.expect(may, s, t, who)
	}
}

// actCapabilities are those that some act takes.
func actCapabilities() (all []int) {
	for _, a := range possible() {
		if !slices.Contains(all, a.capability) {
			all = append(all, a.capability)
		}
	}
	return all
}

// expectBy claims that s can, or cannot, do to t what takes the capability.
func expectBy(capability int, may bool, s *harness.Subject, t *target, who string) {
	for _, a := range possible() {
		if a.capability == capability {
			a.expect(may, s, t, who)
		}
	}
}
