package bench

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// baselines are what every run measures, for the others to be compared with: calls
// that have nothing to do with namespaces.
func baselines() []experiment {
	return []experiment{
		simple("baseline/getppid", 1000, harness.Call{Name: "getppid", NR: unix.SYS_GETPPID}),
		simple("baseline/unshare0", 1000, harness.UnshareCall(0)),
		simple("baseline/open", 300, open("/dev/null", unix.O_RDONLY).Call),
		{
			benchmarks: []reports.PlannedBenchmark{benchmark("baseline/fork", "", "clone3(SIGCHLD)")},
			times:      60,
			run:        func(l *lab) { l.recordChildren(0) },
		},
		{
			benchmarks: []reports.PlannedBenchmark{benchmark("baseline/vfork", "", "clone3(CLONE_VM|CLONE_VFORK|SIGCHLD), until the child has ended")},
			times:      150,
			run:        func(l *lab) { l.recordChildren(vfork) },
		},
	}
}

// simple times one call that a fresh subject can make any number of times.
func simple(name string, times int, c harness.Call) experiment {
	return experiment{
		benchmarks: []reports.PlannedBenchmark{benchmark(name, "", c.String())},
		times:      times,
		run: func(l *lab) {
			s := l.subject()
			steps := []harness.Step{{Call: c, Own: 1, Keep: 1}}
			if c.NR == unix.SYS_OPENAT {
				steps = append(steps, closing(harness.Kept(1)))
			}
			l.sample(s, 10, l.times(), steps...)
		},
	}
}

// recordChildren times clone calls with these flags.
func (l *lab) recordChildren(flags int) {
	s := l.subject()
	l.sample(s, 5, l.times(), own(l.child(s, flags), 1), wait(harness.Kept(1)))
}
