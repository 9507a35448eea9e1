package pid

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// subordinate maps ids that own nothing on this machine.
const subordinate = "0 100000 1000"

// newInit returns the init of a new PID namespace below creator's, in which
// creator's own children are not.
func newInit(creator *harness.Subject) *harness.Subject {
	init, err := creator.Clone(unix.CLONE_NEWPID)
	Expect(err).NotTo(HaveOccurred(), "making a PID namespace")
	return init
}

// firstMember returns the process that is first in a new PID namespace made in
// the given way, and its parent.
func firstMember(creator *harness.Subject, way harness.Way) (init, parent *harness.Subject) {
	first, err := creator.Isolate(way, nsutil.PID)
	Expect(err).NotTo(HaveOccurred(), "making a PID namespace by %s", way)
	if way != harness.ByUnshare {
		return first, creator
	}
	init, err = first.Fork()
	Expect(err).NotTo(HaveOccurred(), "forking into the new PID namespace")
	return init, first
}

// fork returns a child of s.
func fork(s *harness.Subject) *harness.Subject {
	child, err := s.Fork()
	Expect(err).NotTo(HaveOccurred(), "a fork of %s", s.Name())
	return child
}

// joined returns a child that a process from outside, its parent, has placed
// into member's PID namespace.
func joined(outside, member *harness.Subject) (child, parent *harness.Subject) {
	parent = Get(outside.Fork())
	Expect(parent.Join(member, nsutil.PID)).To(Succeed())
	return fork(parent), parent
}

// pidns returns the identity of the PID namespace that s is in.
func pidns(s *harness.Subject) nsutil.ID {
	return Get(s.NS(nsutil.PID))
}

// numbers returns the process ids of s from the suite's PID namespace inwards.
func numbers(s *harness.Subject) []int {
	all := Get(nsutil.StatusOf(s.PID())).NSpid
	if len(all) == 0 {
		Arrange(errors.New("/proc/PID/status does not have NSpid (since Linux 4.1)"))
	}
	return all
}

// number returns the process id of s in the innermost PID namespace that it is in.
func number(s *harness.Subject) int {
	all := numbers(s)
	return all[len(all)-1]
}

// statusLine returns what the file says behind a line's name and colon.
func statusLine(file, name string) string {
	for line := range strings.Lines(file) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

// become gives s a uid without capabilities. It stays dumpable, for the suite to see it.
func become(s *harness.Subject, uid int) {
	Arrange(s.Setresuid(uid, uid, uid))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// patience is how long a kernel may take over what it does beside a call.
func patience() time.Duration { return max(2*time.Second, Limits.Call/2) }

// eventually polls often: what it waits for takes microseconds.
func eventually(actual any, args ...any) AsyncAssertion {
	return Eventually(actual, args...).WithTimeout(patience()).WithPolling(200 * time.Microsecond)
}

// expectEnds claims that s ends, without anybody having collected it.
func expectEnds(s *harness.Subject, why string) {
	eventually(func() bool { return ended(s) }).Should(BeTrue(), "%s goes on, although %s", s.Name(), why)
}

// ended reports whether s is gone or a zombie.
func ended(s *harness.Subject) bool {
	status, err := nsutil.StatusOf(s.PID())
	return err != nil || status.State == 'Z' || status.State == 'X'
}

// expectChildEnds claims that the child of parent with this number ends and that
// parent collects it, and returns how it ended.
func expectChildEnds(parent *harness.Subject, child int) unix.WaitStatus {
	var status unix.WaitStatus
	eventually(func() (int, error) { return parent.Wait4(child, &status, unix.WNOHANG) }).
		Should(Equal(child), "%s collects its child %d", parent.Name(), child)
	return status
}

// procPath returns a path below /proc of the process's number in the suite's namespace.
func procPath(s *harness.Subject, rest string) string {
	return fmt.Sprintf("/proc/%d/%s", s.PID(), rest)
}
