package stats

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Confidence is that of every interval.
const Confidence = 0.95

// Interval is an estimate and what it may be as well. Lo and Hi are those of the
// estimate where Known is false: there were too few measurements to tell.
type Interval struct {
	Center, Lo, Hi float64
	Known          bool
}

// Excludes reports whether an interval that is known does not hold v.
func (i Interval) Excludes(v float64) bool { return i.Known && (v < i.Lo || v > i.Hi) }

// Median returns the median of values, with its confidence interval by order
// statistics, which six values at least have. It is NaN where there are none.
func Median(values []float64) Interval {
	if len(values) == 0 {
		return Interval{Center: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	}
	sample := benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	s := benchmath.AssumeNothing.Summary(sample, Confidence)
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return Interval{Center: s.Center, Lo: s.Center, Hi: s.Center}
	}
	return Interval{Center: s.Center, Lo: s.Lo, Hi: s.Hi, Known: true}
}

// median returns the median of values, which it sorts.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
