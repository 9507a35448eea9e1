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
				l.record(0, l.enterByChildren(s, a, toA))
				return
			}
			l.perform(s, 1, toA)
			l.isIn(s, a, kind)
			l.perform(s, 5, toB, toA)
			r := l.perform(s, l.times()/2, toB, toA)
			l.isIn(s, a, kind)
			l.perform(s, 1, toB)
			l.isIn(s, b, kind)
			l.record(0, r.Of(1))
		},
	}
}

// isIn sees that the subject, or its children to come, are in other's namespace.
func (l *lab) isIn(s, other *harness.Subject, kind nsutil.Kind) {
	want, err := other.NS(kind)
	if err != nil {
		l.Fatalf("see what was entered: %v", err)
	}
	got, err := nsutil.IDOf(fmt.Sprintf("/proc/%d/ns/%s", s.PID(), file(kind)))
	if err != nil {
		l.Fatalf("see what was entered: %v", err)
	}
	l.happened(got == want, "the subject is in %v, not in %v", got, want)
}

// enterByChildren has one child after the other enter other's user namespace, and
// returns how long their calls took.
func (l *lab) enterByChildren(s, other *harness.Subject, enter harness.Step) harness.Track {
	want, err := other.NS(nsutil.User)
	if err != nil {
		l.Fatalf("see what was entered: %v", err)
	}
	fd := l.nextFD(s)
	l.perform(s, 1, l.child(s, vforkSharing, enter, open(selfFile("user"), unix.O_RDONLY)), wait(harness.Kept(1)))
	got := l.idOf(s, fd)
	l.happened(got == want, "the child was in %v, not in %v", got, want)
	steps := []harness.Step{l.child(s, vfork, enter), wait(harness.Kept(1))}
	l.perform(s, 5, steps...)
	return l.perform(s, l.times(), steps...).Of(1)
}
