package bench

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// entries measure setns(2), by a namespace file and by a pidfd.
func entries() []experiment {
	var all []experiment
	for _, kind := range kinds {
		all = append(all, entry("enter/fd/", kind, "fd", nil, func(l *lab, s, other *harness.Subject) int {
			return l.must2(s.OpenNS(other, kind))
		}), entry("enter/pidfd/", kind, "pidfd", []nsutil.Feature{nsutil.SetnsPidfd}, func(l *lab, s, other *harness.Subject) int {
			return l.must2(s.PidfdOpen(other.PID()))
		}))
	}
	return all
}

func entry(prefix string, kind nsutil.Kind, what string, needs []nsutil.Feature, descriptor func(l *lab, s, other *harness.Subject) int) experiment {
	times := 500
	if kind == nsutil.User {
		times = 100
	}
	timed := "setns(" + what + ", " + nsutil.FlagString(kind.Flag()) + ")"
	return experiment{
		benchmarks: []reports.PlannedBenchmark{benchmark(prefix+string(kind), kind, timed)},
		needs:      append([]nsutil.Feature{kind.Feature(), nsutil.Clone3}, needs...),
		times:      times,
		run: func(l *lab) {
			s := l.subject()
			a, b := l.scope.Spawn(harness.Isolated(harness.ByClone3, kind)), l.scope.Spawn(harness.Isolated(harness.ByClone3, kind))
			toA := own(setns(descriptor(l, s, a), kind.Flag()), 1)
			toB := own(setns(descriptor(l, s, b), kind.Flag()), 1)
			if kind == nsutil.User { // from which there is no way to another
				l.enterByChildren(s, a, toA)
				return
			}
			l.perform(s, 1, toA)
			l.isIn(s, a, kind)
			l.sample(s, 5, l.times()/2, toB, toA)
			l.isIn(s, a, kind)
			l.perform(s, 1, toB)
			l.isIn(s, b, kind)
		},
	}
}

// isIn sees that the subject, or its children to come, are in other's namespace.
func (l *lab) isIn(s, other *harness.Subject, kind nsutil.Kind) {
	want := l.ns(other, kind)
	got, err := nsutil.IDOf(fmt.Sprintf("/proc/%d/ns/%s", s.PID(), file(kind)))
	l.must(0, err)
	l.happened(got == want, "the subject is in %v, not in %v", got, want)
}

// enterByChildren has one child after the other enter other's user namespace.
func (l *lab) enterByChildren(s, other *harness.Subject, enter harness.Step) {
	fd := l.nextFD(s)
	l.perform(s, 1, l.child(s, vforkSharing, enter, open(selfFile("user"), unix.O_RDONLY)), wait(harness.Kept(1)))
	l.isOf(s, fd, other, nsutil.User)
	l.sample(s, 5, l.times(), l.child(s, vfork, enter), wait(harness.Kept(1)))
}
