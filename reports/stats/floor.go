package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Round is what one round of a benchmark amounts to.
type Round struct {
	Boot, Round int
	Value       float64
}

// Values returns the values of rounds.
func Values(rounds []Round) []float64 {
	all := make([]float64, len(rounds))
	for i, r := range rounds {
		all[i] = r.Value
	}
	return all
}

// Splits of a run's rounds: how many are drawn, which of their differences stands,
// and how many boots are split in every way there is instead.
const (
	draws    = 200
	centile  = 0.99
	fewBoots = 8
)

// fewestRounds is how many rounds can be halved so that the halves have medians.
const fewestRounds = 4

// Floor returns the smallest relative difference that rounds could have shown: what
// halves of them differ by although they measured the same. The halves are drawn at
// random, which tells the noise; are the first and the second, which tells the drift
// over the run; and are those of half the boots each, which tells what a boot changes.
// The largest of the three stands. As a half has fewer rounds than the run, it differs
// by more than two runs would: the floor is on the safe side.
//
// It is not known of fewer than four rounds.
func Floor(rounds []Round) (floor float64, known bool) {
	if len(rounds) < fewestRounds {
		return 0, false
	}
	values := Values(rounds)
	half := len(values) / 2
	floor = math.Max(drawnHalves(values), Difference(median(slices.Clone(values[:half])), median(slices.Clone(values[half:]))))
	floor = math.Max(floor, bootHalves(rounds))
	return floor, finite(floor)
}

func finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }

// Difference returns by how much the larger of two values exceeds the smaller, as a
// share of the smaller.
func Difference(a, b float64) float64 {
	switch lo, hi := min(a, b), max(a, b); {
	case lo == hi:
		return 0
	case lo <= 0:
		return math.Inf(1)
	default:
		return hi/lo - 1
	}
}

func drawnHalves(values []float64) float64 {
	draw := newDraw()
	shuffled := slices.Clone(values)
	half := len(shuffled) / 2
	differences := make([]float64, draws)
	for i := range differences {
		draw.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		differences[i] = Difference(median(shuffled[:half]), median(shuffled[half:]))
	}
	return quantile(differences, centile)
}

// bootHalves splits boots rather than rounds: those of one boot share its memory
// layout, and so are alike by more than chance.
func bootHalves(rounds []Round) float64 {
	boots := Boots(rounds)
	n := len(boots)
	if n < 2 {
		return 0
	}
	var differences []float64
	if n <= fewBoots {
		for set := 1; set < 1<<(n-1); set++ { // the last boot is on the other side: a split has no order
			if size := bits.OnesCount(uint(set)); size == n/2 || size == n-n/2 {
				differences = append(differences, splitBoots(boots, func(i int) bool { return set&(1<<i) != 0 }))
			}
		}
		return slices.Max(differences)
	}
	draw := newDraw()
	for range draws {
		order := draw.Perm(n)
		differences = append(differences, splitBoots(boots, func(i int) bool { return order[i] < n/2 }))
	}
	return quantile(differences, centile)
}

func splitBoots(boots [][]float64, left func(boot int) bool) float64 {
	var a, b []float64
	for i, values := range boots {
		if left(i) {
			a = append(a, values...)
		} else {
			b = append(b, values...)
		}
	}
	return Difference(median(a), median(b))
}

// Boots groups the values of rounds, which are sorted by boot.
func Boots(rounds []Round) [][]float64 {
	var boots [][]float64
	for i, r := range rounds {
		if i == 0 || r.Boot != rounds[i-1].Boot {
			boots = append(boots, nil)
		}
		boots[len(boots)-1] = append(boots[len(boots)-1], r.Value)
	}
	return boots
}

// quantile returns the nearest-rank quantile of values, which it sorts.
func quantile(values []float64, q float64) float64 {
	slices.Sort(values)
	rank := int(math.Ceil(q*float64(len(values)) - slack))
	return values[max(1, rank)-1]
}

// newDraw returns a source of random numbers that are the same each time.
func newDraw() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
