package kinds

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// JoinedAs returns a process that has joined owner's user namespace, and all
// capabilities there, with ids of its own: the real uid, and the effective uid
// and gid, as the suite's user namespace has them. The others are 0.
func JoinedAs(owner *harness.Subject, ruid, euid, egid int, name string) *harness.Subject {
	s := spec.Spawn(harness.Named(name))
	all := spec.Get(s.Capget())
	fd := spec.Get(s.OpenNS(owner, nsutil.User))
	spec.Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	spec.Arrange(s.Setresgid(0, egid, 0))
	spec.Arrange(s.Setresuid(ruid, euid, ruid))
	spec.Arrange(s.Capset(all))
	spec.Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	spec.Arrange(s.Setns(fd, unix.CLONE_NEWUSER))
	return s
}
