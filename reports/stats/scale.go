package stats

import (
	"math"
	"slices"
)

// normalMAD makes the median absolute deviation of a normal distribution its standard
// deviation.
const normalMAD = 1.4826

// Centre returns the median of ratios on a logarithmic scale, on which twice and half
// are as far from 1; 1 where there are none.
func Centre(ratios []float64) float64 {
	if logs := logsOf(ratios); len(logs) > 0 {
		return math.Exp(median(logs))
	}
	return 1
}

// Scatter returns how far apart ratios are, most of which should be alike: the standard
// deviation of their logarithms, estimated by the median deviation, which the few that
// really differ do not move.
func Scatter(ratios []float64) float64 {
	logs := logsOf(ratios)
	if len(logs) == 0 {
		return 0
	}
	centre := median(slices.Clone(logs))
	for i, l := range logs {
		logs[i] = math.Abs(l - centre)
	}
	return normalMAD * median(logs)
}

// Between returns how much boots differ, as the standard deviation of the logarithms of
// their medians; it is not known of fewer than two.
func Between(boots [][]float64) (deviation float64, known bool) {
	logs := logsOf(Medians(boots))
	n := len(logs)
	if n < 2 {
		return 0, false
	}
	mean, squares := 0.0, 0.0
	for _, l := range logs {
		mean += l / float64(n)
	}
	for _, l := range logs {
		squares += (l - mean) * (l - mean)
	}
	return math.Sqrt(squares / float64(n-1)), true
}

// Typical returns the root of the mean of squares of deviations, the largest tenth left
// out: so much do benchmarks deviate that nothing is the matter with.
func Typical(deviations []float64) float64 {
	sorted := slices.Sorted(slices.Values(deviations))
	sorted = sorted[:len(sorted)-len(sorted)/10]
	squares := 0.0
	for _, d := range sorted {
		squares += d * d
	}
	if len(sorted) == 0 {
		return 0
	}
	return math.Sqrt(squares / float64(len(sorted)))
}

func logsOf(ratios []float64) []float64 {
	var logs []float64
	for _, r := range ratios {
		if r > 0 && finite(r) {
			logs = append(logs, math.Log(r))
		}
	}
	return logs
}
