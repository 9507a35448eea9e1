package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// BenchmarkResult is a planned benchmark with what was measured of it.
type BenchmarkResult struct {
	PlannedBenchmark
	// Planned is how many measurements the run intended: its rounds in all boots.
	Planned int `json:"planned"`
	// Measurements are sorted by boot and round; each pair of them is there once.
	Measurements []Measurement `json:"measurements"`
}

// Samples returns the rounds that have samples.
func (b *BenchmarkResult) Samples() []Measurement {
	var all []Measurement
	for _, m := range b.Measurements {
		if len(m.Values) > 0 {
			all = append(all, m)
		}
	}
	return all
}

// measured reports whether any round has samples.
func (b *BenchmarkResult) measured() bool {
	return slices.ContainsFunc(b.Measurements, func(m Measurement) bool { return len(m.Values) > 0 })
}

// skip returns why the benchmark does not apply, nil where it does.
func (b *BenchmarkResult) skip() *Skip {
	if b.measured() {
		return nil
	}
	for _, m := range b.Measurements {
		if m.Error != "" || m.Skip == nil {
			return nil
		}
	}
	if len(b.Measurements) == 0 {
		return nil
	}
	return b.Measurements[0].Skip
}

// trouble says why the benchmark was not measured as planned; "" where it was, and
// where it does not apply.
func (b *BenchmarkResult) trouble() string {
	n := len(b.Measurements)
	for _, m := range b.Measurements {
		if m.Error != "" {
			return m.Error
		}
		if len(m.Values) == 0 && m.Skip == nil {
			return noSamples(m)
		}
	}
	switch {
	case b.skip() != nil:
		return ""
	case n == 0:
		return "not measured"
	case n < b.Planned:
		return fmt.Sprintf("measured in %d of %s", n, count(b.Planned, "round"))
	}
	return ""
}

func noSamples(m Measurement) string {
	if refused := refusedText(m.Refused); refused != "" {
		return "every call was refused: " + refused
	}
	return "there are no samples"
}

// verdict says how far a benchmark went in the terms of a spec, so that reports treat
// one that was not measured as they treat a spec that did not run.
func (b *BenchmarkResult) verdict() Verdict {
	switch {
	case b.skip() != nil:
		return Skipped
	case b.trouble() == "":
		return Pass
	case len(b.Measurements) < b.Planned && !b.failed():
		return Missing
	}
	return Broken
}

// failed reports whether a round was tried and has nothing to show for it.
func (b *BenchmarkResult) failed() bool {
	return slices.ContainsFunc(b.Measurements, func(m Measurement) bool {
		return m.Error != "" || len(m.Values) == 0 && m.Skip == nil
	})
}

// refused adds up the calls of all rounds that were not done, by errno.
func (b *BenchmarkResult) refused() map[string]int {
	all := map[string]int{}
	for _, m := range b.Measurements {
		for errno, n := range m.Refused {
			all[errno] += n
		}
	}
	return all
}

// refusedText writes refused calls: "12 EPERM, 1 EAGAIN".
func refusedText(refused map[string]int) string {
	var parts []string
	for _, errno := range slices.Sorted(maps.Keys(refused)) {
		parts = append(parts, fmt.Sprintf("%d %s", refused[errno], oneLine(errno)))
	}
	return strings.Join(parts, ", ")
}

// Benchmark returns the planned benchmark of that name, nil if there is none.
func (r *Run) Benchmark(name string) *BenchmarkResult {
	if r.bench.index == nil {
		r.bench.index = make(map[string]int, len(r.Benchmarks))
		for i, b := range r.Benchmarks {
			r.bench.index[b.Name] = i
		}
	}
	if i, ok := r.bench.index[name]; ok {
		return &r.Benchmarks[i]
	}
	return nil
}

// unit returns what the run's samples are measured in; "" when there are none.
func (r *Run) unit() Unit {
	for _, b := range r.Benchmarks {
		for _, m := range b.Measurements {
			if len(m.Values) > 0 {
				return m.Unit
			}
		}
	}
	return ""
}
