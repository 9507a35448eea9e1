package reports

import (
	"math"

	"github.com/nsconform/nsconform/reports/stats"
)

// costDocument is what a benchmark costs, in results.json. What is not known is left
// out, as JSON has no word for it.
type costDocument struct {
	Benchmark string    `json:"benchmark"`
	Unit      measure   `json:"unit"`
	P50       *float64  `json:"p50,omitempty"`
	Interval  []float64 `json:"interval,omitempty"`
	P90       *float64  `json:"p90,omitempty"`
	P99       *float64  `json:"p99,omitempty"`
	Getppids  *float64  `json:"x_getppid,omitempty"`
	Floor     *float64  `json:"floor,omitempty"`
	Samples   int       `json:"samples"`
	Rounds    int       `json:"rounds"`
}

func newCostDocuments(r *Run) []costDocument {
	var all []costDocument
	for _, c := range r.Costs() {
		doc := costDocument{
			Benchmark: c.Name, Unit: c.measure, Samples: c.samples, Rounds: len(c.rounds),
			P50: number(c.Typical.Center), P90: number(c.P90), P99: number(c.P99), Getppids: number(c.Multiple.Center),
			Interval: interval(c.Typical),
		}
		if c.FloorKnown {
			doc.Floor = number(c.Floor)
		}
		all = append(all, doc)
	}
	return all
}

// number returns v to six significant digits, nil where it is none.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = rounded(v, 6)
	return &v
}

func interval(i stats.Interval) []float64 {
	lo, hi := number(i.Lo), number(i.Hi)
	if !i.Known || lo == nil || hi == nil {
		return nil
	}
	return []float64{*lo, *hi}
}
