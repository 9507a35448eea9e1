// Package stats describes measurements and compares them without assuming a shape
// of their distribution: by medians, order statistics and resampling, never by means.
// Whatever it draws at random it draws from a fixed seed, so that one result file
// always says the same.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Distribution is a set of samples: each value once, in ascending order, with how
// often it was measured.
type Distribution struct {
	Values []float64
	Counts []int
}

// N returns the number of samples.
func (d Distribution) N() int {
	n := 0
	for _, c := range d.Counts {
		n += c
	}
	return n
}

// slack keeps the product of a quantile and a number of samples, which binary
// fractions round up now and then, from reaching the next rank.
const slack = 1e-9

// Quantile returns the nearest-rank quantile: the smallest sample that at least the
// share q of all samples does not exceed. It is one that was measured, never between
// two. It is NaN where there are no samples.
func (d Distribution) Quantile(q float64) float64 {
	rank := max(1, int(math.Ceil(q*float64(d.N())-slack)))
	for i, c := range d.Counts {
		if rank -= c; rank <= 0 {
			return d.Values[i]
		}
	}
	if len(d.Values) == 0 {
		return math.NaN()
	}
	return d.Values[len(d.Values)-1]
}

// Pool returns the samples of all distributions together.
func Pool(all ...Distribution) Distribution {
	type sample struct {
		value float64
		count int
	}
	var samples []sample
	for _, d := range all {
		for i, v := range d.Values {
			samples = append(samples, sample{v, d.Counts[i]})
		}
	}
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.value, b.value) })
	var pooled Distribution
	for _, s := range samples {
		if last := len(pooled.Values) - 1; last >= 0 && pooled.Values[last] == s.value {
			pooled.Counts[last] += s.count
			continue
		}
		pooled.Values = append(pooled.Values, s.value)
		pooled.Counts = append(pooled.Counts, s.count)
	}
	return pooled
}
