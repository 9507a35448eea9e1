package reports

import (
	"github.com/nsconform/nsconform/reports/stats"
)

// measure is what costs are told in.
type measure string

// The measures. Under an emulator that counts no instructions, times are those of the
// emulator: only what they are multiples of says something.
const (
	inTime         measure = "ns"
	inInstructions measure = "instructions"
	inGetppids     measure = "x getppid"
)

// simplestCall is the baseline that costs are multiples of.
const simplestCall = "baseline/getppid"

// Cost is what a benchmark costs, as far as its run can tell.
type Cost struct {
	*BenchmarkResult
	measure measure
	samples int
	scale   float64       // of what is measured to what is told
	rounds  []stats.Round // the median of each, in order of boot and round
	steady  []stats.Round // the same without what disturbed whole rounds, where that helps
	repeats bool          // instructions are the same in each boot

	// Typical is the median over rounds of their medians, in nanoseconds, instructions
	// or, under an emulator's clock, multiples of getppid.
	Typical stats.Interval
	// P90 and P99 are quantiles of the samples of all rounds together.
	P90, P99 float64
	// Multiple says how many getppids the benchmark costs; of each round, as one round's
	// calls were measured at one time. Its center is NaN where that is not known.
	Multiple stats.Interval
	// Floor is the smallest relative difference that the run could have seen in this
	// benchmark, by its own rounds. It is meaningless unless FloorKnown.
	Floor      float64
	FloorKnown bool
}

// Costs returns what the run's benchmarks cost, in the order of the plan, those
// without samples left out.
func (r *Run) Costs() []Cost {
	baseline := r.medians(r.Benchmark(simplestCall))
	var all []Cost
	for i := range r.Benchmarks {
		if b := &r.Benchmarks[i]; b.measured() {
			if c := r.cost(b, baseline); len(c.rounds) > 0 {
				all = append(all, c)
			}
		}
	}
	disturbed := disturbances(all)
	for i := range all {
		all[i].estimateFloor(disturbed)
	}
	return all
}

func costsByName(r *Run) map[string]Cost {
	costs := map[string]Cost{}
	for _, c := range r.Costs() {
		costs[c.Name] = c
	}
	return costs
}

func (r *Run) cost(b *BenchmarkResult, baseline []stats.Round) Cost {
	c := Cost{BenchmarkResult: b, measure: r.measure(), rounds: r.medians(b)}
	pooled := b.pooled()
	multiples := multiplesOf(c.rounds, baseline)
	c.samples, c.P90, c.P99 = pooled.N(), pooled.Quantile(.9), pooled.Quantile(.99)
	c.Multiple = stats.Median(stats.Values(multiples))
	c.scale = 1
	if c.measure == inGetppids {
		c.scale = 1 / stats.Median(stats.Values(baseline)).Center
		c.rounds, c.P90, c.P99 = multiples, c.P90*c.scale, c.P99*c.scale
	}
	c.Typical = stats.Median(stats.Values(c.rounds))
	return c
}

// measure returns what the run's costs are told in.
func (r *Run) measure() measure {
	switch e := r.Environment; {
	case r.unit() == Instructions:
		return inInstructions
	case e != nil && e.VM != nil && e.VM.Accelerator == "tcg":
		return inGetppids
	}
	return inTime
}

// medians returns the median of each round of b that has samples.
func (r *Run) medians(b *BenchmarkResult) []stats.Round {
	if b == nil {
		return nil
	}
	var rounds []stats.Round
	for _, m := range b.Samples() {
		rounds = append(rounds, stats.Round{Boot: m.Boot, Round: m.Round, Value: m.distribution().Quantile(.5)})
	}
	return rounds
}

func (m Measurement) distribution() stats.Distribution {
	return stats.Distribution{Values: m.Values, Counts: m.Counts}
}

// pooled returns the samples of all rounds together.
func (b *BenchmarkResult) pooled() stats.Distribution {
	var all []stats.Distribution
	for _, m := range b.Samples() {
		all = append(all, m.distribution())
	}
	return stats.Pool(all...)
}

// multiplesOf divides rounds by the same rounds of a baseline; those that it lacks
// are left out.
func multiplesOf(rounds, baseline []stats.Round) []stats.Round {
	type place struct{ boot, round int }
	by := map[place]float64{}
	for _, b := range baseline {
		by[place{b.Boot, b.Round}] = b.Value
	}
	var all []stats.Round
	for _, r := range rounds {
		if one := by[place{r.Boot, r.Round}]; one > 0 {
			r.Value /= one
			all = append(all, r)
		}
	}
	return all
}

// floors returns the middle of the smallest differences that the run could have seen in
// its benchmarks, and the benchmark with the largest. They are not known when that of
// none is.
func floors(costs []Cost) (middle float64, worst Cost, known bool) {
	var all []float64
	for _, c := range costs {
		if !c.FloorKnown {
			continue
		}
		if len(all) == 0 || c.Floor > worst.Floor {
			worst = c
		}
		all = append(all, c.Floor)
	}
	return stats.Median(all).Center, worst, len(all) > 0
}
