package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// bench is how far a run's benchmarks are.
type bench struct {
	last  time.Time      // when the last measurement came
	done  int            // measurements that came, of all benchmarks
	name  string         // of the benchmark measured last
	unit  Unit           // of the first samples
	index map[string]int // name to its place in Benchmarks
}

// maxRounds bounds the boots and rounds that a plan may name, so that their product
// is a number that means something.
const maxRounds = 100_000

func (r *Run) planBenchmarks(begin *RunBegin) {
	boots, rounds := max(1, begin.Boots), max(1, begin.Rounds)
	if boots > maxRounds || rounds > maxRounds {
		r.streamError("%d boots of %d rounds are planned, which nothing measures", begin.Boots, begin.Rounds)
		boots, rounds = min(boots, maxRounds), min(rounds, maxRounds)
	}
	r.bench.index = make(map[string]int, len(begin.Benchmarks))
	for _, b := range r.onTheirCurves(begin) {
		if _, double := r.bench.index[b.Name]; double {
			r.streamError("benchmark %q is planned twice", b.Name)
			continue
		}
		if b.Group == "" {
			b.Group, _, _ = strings.Cut(b.Name, "/")
		}
		r.bench.index[b.Name] = len(r.Benchmarks)
		r.Benchmarks = append(r.Benchmarks, BenchmarkResult{
			PlannedBenchmark: b, Planned: boots * rounds, Measurements: []Measurement{},
		})
	}
}

// onTheirCurves returns the planned benchmarks, and makes those whose place on a curve
// is no number stand alone, in the plan as well: neither JSON nor a plot knows such.
func (r *Run) onTheirCurves(begin *RunBegin) []PlannedBenchmark {
	nowhere := func(b PlannedBenchmark) bool { return math.IsNaN(b.X) || math.IsInf(b.X, 0) }
	if !slices.ContainsFunc(begin.Benchmarks, nowhere) {
		return begin.Benchmarks
	}
	plan := *begin
	plan.Benchmarks = slices.Clone(begin.Benchmarks)
	for i, b := range plan.Benchmarks {
		if nowhere(b) {
			r.streamError("benchmark %q is nowhere on its curve", b.Name)
			plan.Benchmarks[i].Curve, plan.Benchmarks[i].Axis, plan.Benchmarks[i].X = "", "", 0
		}
	}
	r.Begin = &plan
	return plan.Benchmarks
}

// measured keeps a measurement that makes sense at its place by boot and round.
func (r *Run) measured(m *Measurement, at time.Time) {
	b := r.Benchmark(m.Benchmark)
	if b == nil {
		r.unplanned("benchmark", m.Benchmark, "was measured")
		return
	}
	sane, problem := sanitizeMeasurement(*m)
	if problem == "" {
		problem = r.misplaced(b, sane)
	}
	if problem != "" {
		r.streamError("benchmark %q, boot %d, round %d: %s", m.Benchmark, m.Boot, m.Round, problem)
		return
	}
	if len(sane.Values) > 0 {
		r.bench.unit = sane.Unit
	}
	i, _ := slices.BinarySearchFunc(b.Measurements, sane, byRound)
	b.Measurements = slices.Insert(b.Measurements, i, sane)
	r.bench.done++
	r.bench.name, r.bench.last = b.Name, at
}

func byRound(a, b Measurement) int {
	return cmp.Or(cmp.Compare(a.Boot, b.Boot), cmp.Compare(a.Round, b.Round))
}

// misplaced says why a measurement, sane in itself, does not fit the run.
func (r *Run) misplaced(b *BenchmarkResult, m Measurement) string {
	if r.Begin == nil {
		return "there is no plan"
	}
	boots, rounds := max(1, r.Begin.Boots), max(1, r.Begin.Rounds)
	switch {
	case m.Boot < 1 || m.Boot > boots || m.Round < 1 || m.Round > rounds:
		return "there is no such round in the plan"
	case len(m.Values) > 0 && r.bench.unit != "" && m.Unit != r.bench.unit:
		return "measured in " + string(m.Unit) + ", but others in " + string(r.bench.unit)
	}
	if _, double := slices.BinarySearchFunc(b.Measurements, m, byRound); double {
		return "measured twice"
	}
	return ""
}

func (r *Run) counted(c *Census) {
	negative := c.Mounts < 0 || c.Processes < 0
	for _, n := range c.Namespaces {
		negative = negative || n < 0
	}
	boots := 1
	if r.Begin != nil {
		boots = min(max(1, r.Begin.Boots), maxRounds)
	}
	switch {
	case negative:
		r.streamError("a census counts less than nothing")
	case c.When != "before" && c.When != "after":
		r.streamError("a census was taken %q, neither before nor after the measurements", c.When)
	case len(r.Censuses) >= 2*boots:
		r.streamError("there are more censuses than two a boot")
	default:
		r.Censuses = append(r.Censuses, *c)
	}
}
