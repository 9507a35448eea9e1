package bench

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// pidfds measure how a namespace is found by way of a pidfd, which needs no /proc,
// against the file under /proc.
func pidfds() []experiment {
	one := func(name string, kind nsutil.Kind, timed string, needs []nsutil.Feature, run func(l *lab, s *harness.Subject)) experiment {
		return experiment{
			benchmarks: []reports.PlannedBenchmark{benchmark("nsfs/"+name, kind, timed)},
			needs:      append([]nsutil.Feature{nsutil.PidfdOpen, nsutil.Clone3}, needs...),
			times:      500,
			run:        func(l *lab) { run(l, l.subject()) },
		}
	}
	net := nsutil.Net.Feature()
	return []experiment{
		one("pidfd-open", "", "pidfd_open", nil, func(l *lab, s *harness.Subject) {
			other := l.scope.Spawn()
			fd := l.opens(s, call("pidfd_open", unix.SYS_PIDFD_OPEN, other.PID(), 0))
			info, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", s.PID(), fd))
			l.happened(strings.Contains(string(info), fmt.Sprintf("\nPid:\t%d\n", other.PID())), "the descriptor is of another process: %q", info)
		}),
		one("pidfd-get-net", nsutil.Net, "ioctl(pidfd, PIDFD_GET_NET_NAMESPACE) of a namespace that is held open", []nsutil.Feature{net, nsutil.PidfdNamespaces}, func(l *lab, s *harness.Subject) {
			l.findsNet(s, func(other *harness.Subject) harness.Step {
				return ioctl(l.must2(s.PidfdOpen(other.PID())), harness.PIDFD_GET_NET_NAMESPACE, 0)
			})
		}),
		one("open-net", nsutil.Net, "openat(\"/proc/PID/ns/net\") of a namespace that is held open", []nsutil.Feature{net}, func(l *lab, s *harness.Subject) {
			l.findsNet(s, func(other *harness.Subject) harness.Step { return open(nsutil.Net.File(other.PID()), unix.O_RDONLY) })
		}),
	}
}

// findsNet times the step by which the subject opens another's network namespace. It is
// their common one: to make one costs the round more than it shows. That somebody else
// on the machine may hold it open, so that its inode is there already, makes no
// difference when the subject does.
func (l *lab) findsNet(s *harness.Subject, step func(other *harness.Subject) harness.Step) {
	other := l.scope.Spawn()
	l.must2(s.OpenNS(other, nsutil.Net))
	l.isOf(s, l.opens(s, step(other)), other, nsutil.Net)
}
