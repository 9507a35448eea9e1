package stats

import (
	"cmp"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// MannWhitney returns how probable values so far apart are if both measured the same.
func MannWhitney(a, b []float64) float64 {
	sample := func(values []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	}
	p := benchmath.AssumeNothing.Compare(sample(a), sample(b)).P
	if math.IsNaN(p) {
		return 1
	}
	return p
}

// SignTest returns how probable ratios so much on one side of 1 are if neither side is
// likelier. It is the test that the order-statistics interval of the median belongs to.
func SignTest(ratios []float64) float64 {
	above, below := 0, 0
	for _, r := range ratios {
		switch {
		case r > 1:
			above++
		case r < 1:
			below++
		}
	}
	n := above + below
	tail := 0.0
	for k := range min(above, below) + 1 {
		tail += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(1, 2*tail)
}

func logChoose(n, k int) float64 {
	lgamma := func(x int) float64 {
		v, _ := math.Lgamma(float64(x) + 1)
		return v
	}
	return lgamma(n) - lgamma(k) - lgamma(n-k)
}

// BestSignTest returns the smallest result that SignTest has for n ratios.
func BestSignTest(n int) float64 { return min(1, 2*math.Exp(-float64(n)*math.Ln2)) }

// BestMannWhitney returns the smallest result that MannWhitney has for n and m values.
func BestMannWhitney(n, m int) float64 { return min(1, 2*math.Exp(-logChoose(n+m, n))) }

// Holm corrects the results of a family of tests for their number, by Holm's method:
// that one of them is below a level by chance is then no likelier than that level.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	corrected := make([]float64, len(p))
	worst := 0.0
	for rank, i := range order {
		worst = max(worst, min(1, p[i]*float64(len(p)-rank)))
		corrected[i] = worst
	}
	return corrected
}

// resamples is how many times the bootstrap draws.
const resamples = 400

// RatioOfMedians returns the ratio of b's median to a's, with its interval by
// bootstrap: boots are drawn first, rounds of them then, as rounds of one boot are
// alike by more than chance. It is not known where a side has fewer rounds than a
// median's interval needs.
func RatioOfMedians(a, b []Round) Interval {
	ratio := median(Values(b)) / median(Values(a))
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return Interval{Center: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	}
	if !Median(Values(a)).Known || !Median(Values(b)).Known {
		return Interval{Center: ratio, Lo: ratio, Hi: ratio}
	}
	draw := newDraw()
	bootsA, bootsB := Boots(a), Boots(b)
	var drawn []float64
	resample := func(boots [][]float64) float64 {
		drawn = drawn[:0]
		for range boots {
			values := boots[draw.IntN(len(boots))]
			for range values {
				drawn = append(drawn, values[draw.IntN(len(values))])
			}
		}
		return median(drawn)
	}
	ratios := make([]float64, resamples)
	for i := range ratios {
		ratios[i] = resample(bootsB) / resample(bootsA)
	}
	tail := (1 - Confidence) / 2
	lo, hi := quantile(ratios, tail), quantile(ratios, 1-tail)
	if math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(hi, 0) {
		return Interval{Center: ratio, Lo: ratio, Hi: ratio}
	}
	return Interval{Center: ratio, Lo: min(lo, ratio), Hi: max(hi, ratio), Known: true}
}
