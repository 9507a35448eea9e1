package stats

import "math"

// Spread returns the largest relative difference between rounds that should be alike
// to the digit: the same round in other boots, or, of a single boot, its rounds. It is
// not known of a single round.
func Spread(rounds []Round) (spread float64, known bool) {
	if len(rounds) < 2 {
		return 0, false
	}
	group := func(r Round) int { return r.Round }
	if rounds[0].Boot == rounds[len(rounds)-1].Boot {
		group = func(r Round) int { return r.Boot }
	}
	type span struct{ lo, hi float64 }
	spans := map[int]span{}
	for _, r := range rounds {
		s, seen := spans[group(r)]
		if !seen {
			s = span{r.Value, r.Value}
		}
		spans[group(r)] = span{min(s.lo, r.Value), max(s.hi, r.Value)}
	}
	for _, s := range spans {
		spread = max(spread, Difference(s.lo, s.hi))
	}
	return spread, !math.IsInf(spread, 0)
}
