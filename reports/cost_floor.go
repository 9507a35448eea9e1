package reports

import "github.com/nsconform/nsconform/reports/stats"

// fewestShared is how many benchmarks tell a disturbance of a whole round from one of
// their own.
const fewestShared = 10

// disturbances returns what each round of a run cost more than others in most of its
// benchmarks, as the ratio that they share: something else ran on the machine. It has
// none where too few benchmarks were measured, and none of instructions, which nothing
// disturbs.
func disturbances(costs []Cost) []stats.Round {
	if len(costs) < fewestShared || costs[0].measure == inInstructions {
		return nil
	}
	type place struct{ boot, round int }
	ratios := map[place][]float64{}
	var places []stats.Round
	for _, c := range costs {
		for _, r := range c.rounds {
			at := place{r.Boot, r.Round}
			if _, seen := ratios[at]; !seen {
				places = append(places, stats.Round{Boot: r.Boot, Round: r.Round})
			}
			ratios[at] = append(ratios[at], r.Value/c.Typical.Center)
		}
	}
	for i, p := range places {
		places[i].Value = stats.Centre(ratios[place{p.Boot, p.Round}])
	}
	return places
}

// exactErrors is how many standard errors of its median an exact cost may be off. Of
// what is not the same each time, such as a fork that needs a new page now and then, a
// boot repeats the samples to the digit; but another kernel takes its pages at another
// time, and its median is another of them.
const exactErrors = 2

// leastSamples returns how many samples the round has that has fewest.
func (b *BenchmarkResult) leastSamples() int {
	least := 0
	for _, m := range b.Samples() {
		if n := m.distribution().N(); least == 0 || n < least {
			least = n
		}
	}
	return least
}

// estimateFloor finds the smallest difference that the rounds could have shown. Rounds
// that were disturbed are put right where that makes them more alike: what waits for
// the clock does not wait longer on a busy machine.
func (c *Cost) estimateFloor(disturbed []stats.Round) {
	c.steady = c.rounds
	if c.measure == inInstructions {
		c.Floor, c.FloorKnown = stats.Spread(c.rounds)
		c.repeats = c.FloorKnown && c.Floor == 0
		c.Floor = max(c.Floor, exactErrors*stats.MedianError(c.pooled(), c.leastSamples()))
		return
	}
	c.Floor, c.FloorKnown = stats.Floor(c.rounds)
	if len(disturbed) == 0 {
		return
	}
	steady := multiplesOf(c.rounds, disturbed)
	if floor, known := stats.Floor(steady); known && len(steady) == len(c.rounds) && (!c.FloorKnown || floor < c.Floor) {
		c.steady, c.Floor, c.FloorKnown = steady, floor, true
	}
}
