package bench

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// experiment measures one or more benchmarks at once.
type experiment struct {
	benchmarks []reports.PlannedBenchmark
	needs      []nsutil.Feature // of the kernel
	// times is how many samples a round takes, of each benchmark; in exact mode a
	// few are as good as many: see [lab.times].
	times int
	// timely says that it cannot be measured in exact mode: it takes a clock that goes
	// on by itself, or several processors.
	timely bool
	// restless says that the kernel is to have no time between two samples.
	restless bool
	// processes is how many run at the same time; 0 where that is not the point.
	processes int
	// run measures: it records the samples of the benchmark numbered i by
	// [lab.record].
	run func(l *lab)
}

// benchmark describes a benchmark. Its group is the first part of its name.
func benchmark(name string, kind nsutil.Kind, timed string) reports.PlannedBenchmark {
	group, _, _ := strings.Cut(name, "/")
	return reports.PlannedBenchmark{Name: name, Group: group, Kind: string(kind), Timed: timed}
}

// point describes a benchmark that is a point of a curve: "live/net/n=100".
func point(curve, axis, unit string, x int, kind nsutil.Kind, timed string) reports.PlannedBenchmark {
	b := benchmark(fmt.Sprintf("%s/%s=%d", curve, unit, x), kind, timed)
	b.Curve, b.Axis, b.X = curve, axis, float64(x)
	return b
}

// kinds are in the order in which people name them.
var kinds = []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.User, nsutil.Cgroup, nsutil.Time}

// experiments returns all of them, in a stable order.
func experiments() []experiment {
	return slices.Concat(baselines(), creations(), drains(), entries(), carries(),
		creationsOfSets(), entriesOfSets(), looks(), questions(), pidfds(), pins(),
		mappings(), networks(),
		lives(), sideBySide(), mountCounts(), depths(), batches(), offers())
}

// All returns every benchmark that suits a machine like this or, exact, one that
// counts instructions.
func All(exact bool) []reports.PlannedBenchmark {
	return planned(slices.DeleteFunc(experiments(), func(e experiment) bool { return crowded(e.processes) || exact && e.timely }))
}

func planned(all []experiment) []reports.PlannedBenchmark {
	var plan []reports.PlannedBenchmark
	for _, e := range all {
		plan = append(plan, e.benchmarks...)
	}
	return plan
}

// Select returns the benchmarks that patterns choose: a name ("create/net"), the
// beginning of one ("create", "enter/fd"), a pattern for one ("*/net"), or a kind.
// The baselines, to which all others are compared, are always among them. Without
// a pattern it returns all; see [All].
func Select(exact bool, patterns ...string) ([]reports.PlannedBenchmark, error) {
	all := All(exact)
	if len(patterns) == 0 {
		return all, nil
	}
	var chosen []string
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("select benchmarks: %q: %w", pattern, err)
		}
		names := matching(all, pattern)
		switch {
		case len(names) == 0 && exact && len(matching(All(false), pattern)) > 0:
			return nil, fmt.Errorf("benchmark %q takes time, or several processors: it is not for exact mode", pattern)
		case len(names) == 0:
			return nil, fmt.Errorf("unknown benchmark %q: it is no name, beginning of one, pattern or kind; see nsconform bench --list", pattern)
		}
		chosen = append(chosen, names...)
	}
	return slices.DeleteFunc(all, func(b reports.PlannedBenchmark) bool {
		return !slices.Contains(chosen, b.Name) && b.Group != "baseline"
	}), nil
}

// matching returns the names of those that the pattern chooses.
func matching(all []reports.PlannedBenchmark, pattern string) []string {
	var names []string
	for _, b := range all {
		match, _ := path.Match(pattern, b.Name)
		if match || b.Kind == pattern || strings.HasPrefix(b.Name, pattern+"/") {
			names = append(names, b.Name)
		}
	}
	return names
}

// of returns the experiments that measure any of the benchmarks with these names.
func of(names []string) []experiment {
	return slices.DeleteFunc(experiments(), func(e experiment) bool {
		return !slices.ContainsFunc(e.benchmarks, func(b reports.PlannedBenchmark) bool { return slices.Contains(names, b.Name) })
	})
}
