package stats

import (
	"math"
	"slices"
)

// Spread is the floor of rounds that count what no noise adds to: what the medians of
// boots differ by. Of a single boot it is what halves of its rounds differ by, and of
// very few rounds what they differ by themselves. It is not known of a single round.
func Spread(rounds []Round) (spread float64, known bool) {
	boots := Boots(rounds)
	switch {
	case len(rounds) < 2:
		return 0, false
	case len(boots) == 1 && len(rounds) >= fewestRounds:
		return Floor(rounds)
	case len(boots) == 1:
		values := Values(rounds)
		spread = Difference(slices.Min(values), slices.Max(values))
	default:
		medians := Medians(boots)
		spread = Difference(slices.Min(medians), slices.Max(medians))
	}
	return spread, finite(spread)
}

// Medians returns the median of each group of values, which it sorts.
func Medians(groups [][]float64) []float64 {
	all := make([]float64, len(groups))
	for i, values := range groups {
		all[i] = median(values)
	}
	return all
}

// medianError is the standard error of the median of a normal distribution's sample, in
// quartile distances by the root of its size.
const medianError = 0.93

// MedianError returns how far off the median of so many samples of d may be, as a share
// of it: its standard error, estimated from the quartiles, which no outlier moves.
func MedianError(d Distribution, samples int) float64 {
	middle := d.Quantile(.5)
	e := medianError * (d.Quantile(.75) - d.Quantile(.25)) / middle / math.Sqrt(float64(samples))
	if !(middle > 0) || !finite(e) {
		return 0
	}
	return e
}
