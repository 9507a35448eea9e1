package user

import (
	"fmt"
	"unsafe"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// deed is something that takes a capability in the user namespace that owns one
// of the doer's namespaces.
type deed struct {
	kind       nsutil.Kind
	capability int
	what       string
	refusal    error
	do         func(s *harness.Subject) error
	see        func() (any, error) // what it changes, as a member of the namespace sees it; nil when nothing
}

// estate is a process in namespaces of its own, where there is something to do.
type estate struct {
	*harness.Subject
	dir   string
	queue int // a stranger's message queue, with the key
	key   int
	done  int // so much, so that each deed changes something
}

// estateFlags are those of its namespaces.
const estateFlags = unix.CLONE_NEWUTS | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC

// newEstate has a child of s, which is root in its user namespace, make the
// namespaces; stranger is an id there that nobody has who does something.
func newEstate(s *harness.Subject, stranger int) *estate {
	kinds.Need(nsutil.UTS, nsutil.Mnt, nsutil.Net, nsutil.IPC)
	e := &estate{Subject: Get(s.Fork()), dir: T().TempDir(), key: 0x6e73}
	Arrange(e.Unshare(estateFlags))
	Arrange(e.MakePrivate())
	e.queue = Get(as(e.Subject, stranger, stranger, stranger).Msgget(e.key, unix.IPC_CREAT))
	return e
}

// deeds returns all that can be done there.
func (e *estate) deeds() []deed {
	return []deed{
		{nsutil.UTS, unix.CAP_SYS_ADMIN, "sethostname", unix.EPERM,
			func(s *harness.Subject) error { return s.Sethostname(e.next()) }, func() (any, error) { return e.Hostname() }},
		{nsutil.UTS, unix.CAP_SYS_ADMIN, "setdomainname", unix.EPERM,
			func(s *harness.Subject) error { return s.Setdomainname(e.next()) }, func() (any, error) { return e.Domainname() }},
		{nsutil.Mnt, unix.CAP_SYS_ADMIN, "bind mount", unix.EPERM,
			func(s *harness.Subject) error { e.next(); return s.Bind(e.dir, e.dir) }, e.mounts},
		{nsutil.Net, unix.CAP_NET_ADMIN, "set the MTU of a network device", unix.EPERM,
			func(s *harness.Subject) error { e.next(); return kinds.SetMTU(s, 4000+e.done) }, func() (any, error) { return kinds.MTU(e.Subject) }},
		{nsutil.Net, unix.CAP_NET_RAW, "open a raw socket", unix.EPERM, openRaw, nil},
		{nsutil.Net, unix.CAP_NET_BIND_SERVICE, "bind a low port", unix.EACCES, bindLow, nil},
		{nsutil.IPC, unix.CAP_SYS_ADMIN, "set the mode of another's message queue", unix.EPERM, e.setMode, e.mode},
		{nsutil.IPC, unix.CAP_IPC_OWNER, "open another's message queue", unix.EACCES,
			func(s *harness.Subject) error { _, err := s.Msgget(e.key, 0o400); return err }, nil},
	}
}

// next returns a name that nothing has had yet.
func (e *estate) next() string {
	e.done++
	return fmt.Sprintf("deed-%d", e.done)
}

func (e *estate) mounts() (any, error) {
	all, err := mounts.Table(e.Subject)
	return len(all), err
}

func (e *estate) mode() (any, error) {
	var ds harness.MsqidDS
	err := e.Msgctl(e.queue, unix.IPC_STAT, &ds)
	return ds.Perm.Mode, err
}

func (e *estate) setMode(s *harness.Subject) error {
	var ds harness.MsqidDS
	Arrange(e.Msgctl(e.queue, unix.IPC_STAT, &ds))
	ds.Perm.Mode ^= 0o111
	return s.Msgctl(e.queue, unix.IPC_SET, &ds)
}

func openRaw(s *harness.Subject) error {
	socket, err := s.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_UDP)
	if err == nil {
		Arrange(s.Close(socket))
	}
	return err
}

func bindLow(s *harness.Subject) error {
	const port = 80
	socket := Get(s.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	defer s.Close(socket)
	address := unix.RawSockaddrInet4{Family: unix.AF_INET}
	*(*[2]byte)(unsafe.Pointer(&address.Port)) = [2]byte{0, port}
	return s.BindSocket(socket, unsafe.Slice((*byte)(unsafe.Pointer(&address)), unix.SizeofSockaddrInet4))
}

// expect claims that s can, or cannot, do it, and that this changes something there, or nothing.
func (d deed) expect(may bool, s *harness.Subject, who ...any) {
	look := func() any {
		if d.see == nil {
			return "nothing"
		}
		return Get(d.see())
	}
	before := look()
	text := d.what
	if len(who) > 0 {
		text += ": " + fmt.Sprintf(who[0].(string), who[1:]...)
	}
	if !may {
		Expect(d.do(s)).To(MatchError(d.refusal), text)
		Expect(look()).To(Equal(before), "what the refused call changed: %s", text)
		return
	}
	Expect(d.do(s)).To(Succeed(), text)
	if d.see != nil {
		Expect(look()).NotTo(Equal(before), text)
	}
}

// setNice sets the nice value of another process.
func setNice(s, other *harness.Subject, value int) error {
	_, err := s.Syscall("setpriority", unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, other.PID(), value)
	return err
}
