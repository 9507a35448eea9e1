package ipc

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// subordinate maps ids that own nothing on this machine, nobody's as well.
const subordinate = "0 100000 60000\n65534 160000 1"

// nobody is a uid that owns nothing and, with [holding], has no capabilities.
const nobody = 65534

// isolate makes a subject in a new IPC namespace that is owned by creator's user
// namespace; it shares everything else with creator.
func isolate(creator *harness.Subject, way harness.Way) *harness.Subject {
	child, err := creator.Isolate(way, nsutil.IPC)
	Expect(err).NotTo(HaveOccurred(), "making an IPC namespace by %s", way)
	return child
}

// holding makes a child of s with the given uid and these capabilities alone.
func holding(s *harness.Subject, uid int, capabilities ...int) *harness.Subject {
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(child.Setresuid(uid, uid, uid))
	set := uint64(0)
	for _, c := range capabilities {
		set |= 1 << c
	}
	Arrange(child.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return child
}

// permitted makes a child of s with the given uid that could have the capability,
// but has none in effect.
func permitted(s *harness.Subject, uid, capability int) *harness.Subject {
	child := holding(s, uid, capability)
	Arrange(child.Capset(harness.Capabilities{Permitted: 1 << capability}))
	return child
}

// allBut returns every capability that s has except one.
func allBut(s *harness.Subject, capability int) []int {
	have := Get(s.Capget()).Permitted
	var others []int
	for c := range 64 {
		if c != capability && have&(1<<c) != 0 {
			others = append(others, c)
		}
	}
	return others
}

// newRoot makes a child of s that holds all capabilities in a new user namespace
// below that of s, and none outside; to the outside it has the given uid.
func newRoot(s *harness.Subject, uid int) *harness.Subject {
	child := holding(s, uid, unix.CAP_SYS_ADMIN)
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	caps := Get(child.Capget()).Effective
	for _, c := range []int{unix.CAP_IPC_OWNER, unix.CAP_SYS_ADMIN} {
		if caps&(1<<c) == 0 {
			Arrange(fmt.Errorf("the root of a new user namespace lacks capability %d", c))
		}
	}
	return child
}

var uids atomic.Int32

// freshUID returns a uid against whose limits nothing has been charged in this
// process's lifetime: namespaces of earlier specs may still be being destroyed.
// Others' next to it, who also run specs, have pids near its own.
func freshUID() int { return 20000 + (os.Getpid()*199+int(uids.Add(1)))%40000 }
