package reports

import (
	"math"

	"github.com/nsconform/nsconform/reports/stats"
)

// What the same kernel may show as a difference in instructions: what it hashes by, and
// where its slabs end, is random, and moves a few, one more step along a chain perhaps.
const (
	exactGuard = 0.005 // of the cost
	exactSteps = 8     // instructions
)

// compareExact compares instructions: what both ran is counted, not sampled, so that a
// difference which no two boots of a run show is one of the kernels.
func (row *ComparedCost) compareExact() {
	a, b := row.A.Typical.Center, row.B.Typical.Center
	ratio := b / a
	if a == 0 && b == 0 {
		ratio = 1
	}
	row.Ratio = stats.Interval{Center: ratio, Lo: ratio, Hi: ratio}
	row.Floor = math.Max(exactGuard, math.Max(row.A.Floor, row.B.Floor))
	if least := math.Min(a, b); least > 0 {
		row.Floor = math.Max(row.Floor, exactSteps/least)
	}
	if d := math.Abs(b - a); d > row.Floor*math.Min(a, b) {
		row.Change = changeOf(ratio)
	}
}
