package reports

import (
	"math"

	"github.com/nsconform/nsconform/reports/stats"
)

// How sure a comparison of what is not exact has to be.
const (
	// alphaPaired and alphaApart are how probable one false verdict in a whole comparison
	// may be, of chance alone. Tests take rounds for independent, which rounds that were
	// not in turns are less: they share the machine's state with their neighbours.
	alphaPaired = 0.05
	alphaApart  = 0.01
	// sigmas is how many standard deviations of what boots, or whole runs, of the same
	// kernel differ by are no difference yet: beyond five are two in a million.
	sigmas = 5
	// runFloors is how many floors of a benchmark runs may differ by that were not in turns,
	// or had one boot each: the state of a machine, and a boot's memory layout, last longer
	// than halves of a run can tell. Runs of 125 system calls on a busy machine differed by
	// up to two and a half floors.
	runFloors = 3
	// smallestEffect is what no comparison goes below: a median of rounds that were
	// measured in turns is good to a per cent on a machine that is busy otherwise.
	smallestEffect = 0.02
	// loneEffect is the same where runs are not in turns and too few benchmarks are
	// compared to tell from the others how much whole runs differ.
	loneEffect     = 0.10
	fewestCompared = 10
)

// compare measures the difference and what the benchmark's own rounds differ by. The
// judgement needs all benchmarks.
func (row *ComparedCost) compare(paired bool) {
	row.Floor = math.Max(smallestEffect, math.Max(row.A.Floor, row.B.Floor))
	row.quiet = !row.A.FloorKnown || !row.B.FloorKnown
	if !paired {
		row.Ratio = stats.RatioOfMedians(row.A.steady, row.B.steady)
		return
	}
	ratios := multiplesOf(row.B.rounds, row.A.rounds)
	row.Pairs = len(ratios)
	row.Ratio = stats.Median(stats.Values(ratios))
	floor, known := stats.Floor(ratios)
	row.Floor = math.Max(row.Floor, floor)
	row.quiet = row.quiet || !known
}

// significance returns how probable so large a difference is by chance: from none, and
// from the shift that most benchmarks share.
func (row *ComparedCost) significance(paired bool, shift float64) float64 {
	if paired {
		return stats.SignTest(stats.Values(multiplesOf(row.B.rounds, row.A.rounds)))
	}
	a, b := stats.Values(row.A.steady), stats.Values(row.B.steady)
	p := stats.MannWhitney(a, b)
	for i := range b {
		b[i] /= shift
	}
	return math.Max(p, stats.MannWhitney(a, b))
}

// judge gives every row its verdict. Beside its own rounds, a benchmark is judged by
// what boots and runs differ by in all of them: rounds of one boot share its memory
// layout, rounds of one run the machine's state, and neither a test over rounds nor
// halves of them show that.
func (c *Comparison) judge() {
	var p, ratios []float64
	for _, row := range c.Rows {
		ratios = append(ratios, row.Ratio.Center)
	}
	if !c.Paired {
		// Most benchmarks are the same in both runs, so that what they share is the
		// machine's: a neighbour, its frequency. A kernel that is slower everywhere
		// looks alike, which only runs in turns can tell. So a verdict has to hold with
		// what they share and without.
		c.Shift = stats.Centre(ratios)
	}
	for i := range c.Rows {
		p = append(p, c.Rows[i].significance(c.Paired, c.Shift))
	}
	common, alike := c.common(ratios)
	for i, corrected := range stats.Holm(p) {
		row := &c.Rows[i]
		row.P = corrected
		if !alike || !row.boots {
			row.Floor = math.Pow(1+row.Floor, runFloors) - 1
		}
		row.Floor = math.Max(row.Floor, common)
		row.Change = c.verdict(row, len(c.Rows))
	}
}

func (c *Comparison) verdict(row *ComparedCost, n int) Change {
	ratio := row.Ratio.Center
	best, alpha := stats.BestMannWhitney(len(row.A.rounds), len(row.B.rounds)), alphaApart
	if c.Paired {
		best, alpha = stats.BestSignTest(row.Pairs), alphaPaired
	}
	switch {
	case row.quiet || !row.Ratio.Known || best*float64(n) > alpha || math.IsNaN(ratio) || ratio <= 0:
		return Untold
	case row.P > alpha || !row.Ratio.Excludes(1) || !row.Ratio.Excludes(c.Shift):
		return Unchanged
	}
	beyond := ratio / c.Shift
	if stats.Difference(ratio, 1) <= row.Floor || stats.Difference(beyond, 1) <= row.Floor || (ratio > 1) != (beyond > 1) {
		return Unchanged
	}
	return changeOf(ratio)
}
