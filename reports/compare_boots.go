package reports

import (
	"math"

	"github.com/nsconform/nsconform/reports/stats"
)

// common returns the relative difference that boots and runs of one kernel may show in
// any benchmark. The runs are alike where they were in turns and the difference between
// boots is known.
func (c *Comparison) common(ratios []float64) (difference float64, alike bool) {
	boots, known := c.betweenBoots()
	if c.Paired && known {
		return boots, true
	}
	// What whole runs differ by shows only in how the benchmarks scatter, most of
	// which are the same in both.
	runs := math.Expm1(sigmas * stats.Scatter(ratios))
	if len(ratios) < fewestCompared {
		runs = math.Max(runs, loneEffect)
	}
	return math.Max(boots, runs), false
}

// betweenBoots returns what the boots of one kernel may make both runs differ by, from
// what they differ by in all benchmarks. It is not known where the runs have one boot.
func (c *Comparison) betweenBoots() (difference float64, known bool) {
	var deviations []float64
	differences := 0 // between boots, that the estimate rests on
	for i := range c.Rows {
		row := &c.Rows[i]
		d, boots := row.betweenBoots(c.Paired)
		if row.boots = boots > 1; row.boots {
			deviations = append(deviations, d)
			differences += boots - 1
		}
	}
	if len(deviations) == 0 {
		return 0, false
	}
	difference = math.Expm1(sigmas * stats.Typical(deviations))
	if differences < fewestCompared {
		difference = math.Max(difference, loneEffect)
	}
	return difference, true
}

// betweenBoots returns the standard deviation of the ratio over the boots, and how many
// there are of the run that has fewer.
func (row *ComparedCost) betweenBoots(paired bool) (deviation float64, boots int) {
	sides := [][]stats.Round{row.A.steady, row.B.steady}
	if paired {
		sides = [][]stats.Round{multiplesOf(row.B.rounds, row.A.rounds)}
	}
	variance := 0.0
	for i, rounds := range sides {
		groups := stats.Boots(rounds)
		d, _ := stats.Between(groups)
		variance += d * d / math.Max(1, float64(len(groups)))
		if n := len(groups); i == 0 || n < boots {
			boots = n
		}
	}
	return math.Sqrt(variance), boots
}
