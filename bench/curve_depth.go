package bench

import (
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// depths measure what a child costs by how many pid namespaces it has an id in:
// pid_namespaces(7) allows 32 of them, one in the other.
func depths() []experiment {
	var all []experiment
	for _, n := range []int{0, 8, 16, 24, 31} {
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{point("depth", "pid namespaces around", "n", n, nsutil.PID,
				fmt.Sprintf("clone3(CLONE_VM|CLONE_VFORK|SIGCHLD) and wait4, %d pid namespaces deep", n))},
			needs: []nsutil.Feature{nsutil.PID.Feature(), nsutil.Clone3},
			times: 150,
			run: func(l *lab) {
				top := l.subject()
				s := l.deeper(top, n)
				l.sample(s, 5, l.times(), span(1, l.child(s, vfork), wait(harness.Kept(1)))...)
			},
		})
	}
	return all
}

// deeper returns a descendant of the subject that is n pid namespaces below it.
func (l *lab) deeper(top *harness.Subject, n int) *harness.Subject {
	s := top
	for level := range n {
		child, err := s.Isolate(harness.ByClone3, nsutil.PID)
		if errors.Is(err, unix.ENOSPC) {
			l.skipFor(reports.SkipNested, "%d pid namespaces, one in the other, fit below this one: %d of 32 are around it, or a sysctl allows no more", level, 31-level)
		}
		l.must(0, err)
		s = child
	}
	inner, err := nsutil.StatusOf(s.PID())
	l.must(0, err)
	outer, err := nsutil.StatusOf(top.PID())
	l.must(0, err)
	l.happened(len(inner.NSpid)-len(outer.NSpid) == n, "the subject has ids %v, not %d more than %v", inner.NSpid, n, outer.NSpid)
	return s
}
