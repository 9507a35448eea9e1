package reports

import (
	"math"
	"slices"
	"strconv"
)

// axis maps values to places in a picture. Neither it nor anything that is drawn by it
// leaves the picture, whatever the values are.
type axis struct {
	lo, hi   float64 // values at its ends
	from, to float64 // where its ends are
	log      bool
}

// tick is a mark on an axis.
type tick struct {
	At    float64
	Label string
}

// newAxis returns an axis that holds all values that are finite. A logarithmic one
// needs values above 0, and is linear where there are none.
func newAxis(values []float64, log bool, from, to float64) axis {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool {
		return math.IsNaN(v) || math.IsInf(v, 0) || log && v <= 0
	})
	if len(values) == 0 {
		return axis{0, 1, from, to, false}
	}
	lo, hi := slices.Min(values), slices.Max(values)
	a := axis{lo, hi, from, to, log}
	if log {
		a.lo, a.hi = lo/1.1, hi*1.1
		if decade := math.Pow(10, math.Floor(math.Log10(lo))); hi > 100*lo && lo < 3*decade {
			a.lo = min(a.lo, decade)
		}
	} else if lo == hi {
		a.lo, a.hi = lo-1, hi+1
	}
	return a
}

// padded returns a linear axis with some room at its ends.
func (a axis) padded() axis {
	room := (a.hi - a.lo) / 10
	a.lo, a.hi = a.lo-room, a.hi+room
	return a
}

// at returns the place of a value, to a tenth of a pixel.
func (a axis) at(v float64) float64 {
	v = min(max(v, a.lo), a.hi)
	share := (v - a.lo) / (a.hi - a.lo)
	if a.log {
		share = math.Log(v/a.lo) / math.Log(a.hi/a.lo)
	}
	if math.IsNaN(share) || math.IsInf(share, 0) {
		share = 0
	}
	return math.Round(10*(a.from+share*(a.to-a.from))) / 10
}

// ticks returns about five marks with round labels.
func (a axis) ticks(label func(float64) string) []tick {
	values := a.linearTicks()
	if a.log {
		values = a.logTicks()
	}
	var all []tick
	for _, v := range values {
		all = append(all, tick{a.at(v), label(v)})
	}
	return all
}

func (a axis) logTicks() []float64 {
	decades := math.Log10(a.hi / a.lo)
	steps := []float64{1, 2, 5}
	every := 1
	if decades > 2 {
		steps, every = []float64{1}, int(math.Ceil(decades/6))
	}
	if decades < .7 {
		return a.linearTicks()
	}
	var all []float64
	for exponent := int(math.Floor(math.Log10(a.lo))); exponent <= int(math.Ceil(math.Log10(a.hi))); exponent++ {
		if exponent%every != 0 {
			continue
		}
		for _, step := range steps {
			if v := step * math.Pow(10, float64(exponent)); v >= a.lo && v <= a.hi {
				all = append(all, v)
			}
		}
	}
	return all
}

func (a axis) linearTicks() []float64 {
	step := math.Pow(10, math.Floor(math.Log10((a.hi-a.lo)/2)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (a.hi-a.lo)/(step*times) <= 7 {
			step *= times
			break
		}
	}
	var all []float64
	for i := math.Ceil(a.lo / step); i*step <= a.hi && len(all) < 20; i++ {
		all = append(all, i*step)
	}
	return all
}

// tickText labels what is no cost: "1000", "0.5".
func tickText(v float64) string {
	return strconv.FormatFloat(rounded(v, 6), 'f', -1, 64)
}

// label labels costs on an axis: "1 us", "200 ns".
func (m measure) label(v float64) string {
	if m == inTime {
		units := []string{"ns", "us", "ms", "s"}
		i := 0
		for v >= 999.9999 && i < len(units)-1 {
			v /= 1000
			i++
		}
		return tickText(v) + " " + units[i]
	}
	return tickText(v)
}
