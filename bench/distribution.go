package bench

import (
	"math"
	"slices"
)

// distribution returns samples in the unit of measurement, in ascending order, each
// value once, and how often each was seen. Times keep four significant digits,
// which is more than a clock deserves; instructions keep all.
func (l *lab) distribution(ticks []uint64) (values []float64, counts []int) {
	samples := make([]float64, len(ticks))
	for i, t := range ticks {
		samples[i] = float64(t)
		if !l.exact {
			samples[i] = significant(float64(t) / l.rate)
		}
	}
	slices.Sort(samples)
	for _, s := range samples {
		if n := len(values); n > 0 && values[n-1] == s {
			counts[n-1]++
			continue
		}
		values, counts = append(values, s), append(counts, 1)
	}
	return values, counts
}

// significant rounds to four significant digits.
func significant(x float64) float64 {
	if x <= 0 {
		return 0
	}
	digits := 3 - int(math.Floor(math.Log10(x)))
	if digits <= 0 {
		scale := math.Pow10(-digits)
		return math.Round(x/scale) * scale
	}
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}
