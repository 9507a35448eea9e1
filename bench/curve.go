package bench

import (
	"fmt"
	"strconv"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// roomFor ends the round as skipped where so many namespaces of a kind, each held
// by a descriptor, are not allowed.
func (l *lab) roomFor(kind nsutil.Kind, n int) {
	const others = 50 // of the experiment and of whoever else is there
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil && files.Cur < uint64(n+others) {
		l.skipFor(reports.SkipResource, "%d namespaces cannot be held: a process may have %d files open", n, files.Cur)
	}
	limit := fmt.Sprintf("/proc/sys/user/max_%s_namespaces", kind)
	most, err := strconv.Atoi(text(limit))
	if err == nil && most < n+others {
		l.skipFor(reports.SkipSysctl, "%d namespaces cannot be held: %s is %d", n, limit, most)
	}
}

// keepsUp ends the round as skipped where the kernel cannot destroy as many
// namespaces of the kind as can be made in the same time: Linux did so with ipc
// namespaces one after the other, each after a grace period of its own, before 6.3
// (da27f796a832). They pile up until there can be no more.
func (l *lab) keepsUp(kind nsutil.Kind) {
	batched := nsutil.Version{Major: 6, Minor: 3}
	if version, err := nsutil.RunningUpstream(); kind == nsutil.IPC && err == nil && !version.AtLeast(batched) {
		l.skipFor(reports.SkipKernelVersion, "before Linux 6.3 ipc namespaces may be destroyed more slowly than they are made, until no more are allowed")
	}
}

// moves sees that the subject's unshare call makes a namespace, and has it go home.
func (l *lab) moves(s *harness.Subject, kind nsutil.Kind, home int) {
	l.perform(s, 1, unshare(kind.Flag()))
	l.happened(l.ns(s, kind) != l.idOf(s, home), "the subject is in the %s namespace it was in", kind)
	l.perform(s, 1, setns(home, kind.Flag()))
}
