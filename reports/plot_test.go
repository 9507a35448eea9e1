package reports

import (
	"math"
	"strings"
	"testing"
)

func TestAxisStaysInThePicture(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, values := range [][]float64{
		nil, {nan}, {inf, -inf}, {0}, {0, 0}, {5}, {1, 1e15}, {-1e308, 1e308}, {1e-320, 1}, {0, 1, 1000}, {3, 3.0000001}, {1e15, 1e15 + 1},
	} {
		for _, log := range []bool{false, true} {
			a := newAxis(values, log, 50, 300)
			for _, v := range append(values, nan, inf, -inf, 0, -1, 1e300) {
				if at := a.at(v); math.IsNaN(at) || at < 50 || at > 300 {
					t.Errorf("%v, log %v: %v is at %v", values, log, v, at)
				}
			}
			ticks := a.ticks(tickText)
			if len(ticks) > 20 {
				t.Errorf("%v, log %v: %d ticks", values, log, len(ticks))
			}
			for _, tick := range ticks {
				if math.IsNaN(tick.At) || tick.At < 50 || tick.At > 300 {
					t.Errorf("%v, log %v: tick %+v", values, log, tick)
				}
			}
		}
	}
}

func TestTicksAreRound(t *testing.T) {
	for want, a := range map[string]axis{
		"0 200 400 600 800 1000": newAxis([]float64{0, 1000}, false, 0, 100),
		"1 10 100 1000":          newAxis([]float64{1, 1000}, true, 0, 100),
		"2 5 10 20":              newAxis([]float64{2, 20}, true, 0, 100),
		"0.9 1 1.1 1.2 1.3":      newAxis([]float64{.9, 1.2}, true, 0, 100),
	} {
		var labels []string
		for _, tick := range a.ticks(tickText) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := inTime.label(2e6) + ", " + inTime.label(999) + ", " + inTime.label(1e3); got != "2 ms, 999 ns, 1 us" {
		t.Error(got)
	}
}

func TestThin(t *testing.T) {
	all := make([]int, 1000)
	for i := range all {
		all[i] = i
	}
	kept := thin(all)
	if len(kept) != mostPoints || kept[0] != 0 || kept[mostPoints-1] != 999 {
		t.Errorf("kept %d, %d to %d", len(kept), kept[0], kept[len(kept)-1])
	}
}
