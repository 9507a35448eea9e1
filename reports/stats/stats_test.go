package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuantilesAreSamples(t *testing.T) {
	d := Distribution{Values: []float64{1, 2, 10}, Counts: []int{50, 49, 1}}
	for q, want := range map[float64]float64{0: 1, .5: 1, .505: 2, .51: 2, .9: 2, .99: 2, .995: 10, 1: 10} {
		if got := d.Quantile(q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	ten := Distribution{Values: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Counts: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}
	if got := ten.Quantile(.7); got != 7 { // .7*10 is 7.000000000000001
		t.Errorf("the seventh of ten is %v", got)
	}
	if got := (Distribution{}).Quantile(.5); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestPool(t *testing.T) {
	got := Pool(Distribution{[]float64{1, 3}, []int{1, 2}}, Distribution{}, Distribution{[]float64{1, 2}, []int{4, 1}})
	if diff := cmp.Diff(Distribution{[]float64{1, 2, 3}, []int{5, 1, 2}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMedianHasAnIntervalOfSix(t *testing.T) {
	five, six := Median([]float64{3, 1, 2, 5, 4}), Median([]float64{3, 1, 2, 5, 4, 6})
	if five.Known || five.Center != 3 || five.Lo != 3 {
		t.Errorf("of five: %+v", five)
	}
	if !six.Known || six.Center != 3.5 || six.Lo != 1 || six.Hi != 6 {
		t.Errorf("of six: %+v", six)
	}
	if none := Median(nil); none.Known || !math.IsNaN(none.Center) {
		t.Errorf("of none: %+v", none)
	}
}

func rounds(boots int, values ...float64) []Round {
	var all []Round
	each := len(values) / boots
	for i, v := range values {
		all = append(all, Round{Boot: i/each + 1, Round: i%each + 1, Value: v})
	}
	return all
}

func TestFloor(t *testing.T) {
	for name, c := range map[string]struct {
		rounds []Round
		want   float64
		known  bool
	}{
		"three rounds":      {rounds(1, 1, 2, 3), 0, false},
		"all the same":      {rounds(1, 5, 5, 5, 5), 0, true},
		"one that is off":   {rounds(1, 100, 100, 100, 100, 100, 100, 100, 140), 0, true},
		"drift":             {rounds(1, 100, 100, 100, 110, 110, 110), .1, true},
		"boots that differ": {rounds(4, 100, 100, 100, 120, 120, 120, 100, 100, 100, 120, 120, 120), .2, true},
		"nothing at all":    {rounds(1, 0, 0, 0, 0), 0, true},
		"from nothing":      {rounds(1, 0, 0, 0, 1, 1, 1), math.Inf(1), false},
	} {
		got, known := Floor(c.rounds)
		if math.Abs(got-c.want) > 1e-12 && !math.IsInf(c.want, 0) || known != c.known {
			t.Errorf("%s: %v %v, want %v %v", name, got, known, c.want, c.known)
		}
	}
}

// TestFloorCoversItself: two sets of rounds of one distribution differ by more than the
// floor of either hardly ever.
func TestFloorCoversItself(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	const trials = 300
	above := 0
	for range trials {
		var sides [2][]Round
		for i := range sides {
			values := make([]float64, 12)
			for j := range values {
				values[j] = 1000 * math.Exp(.05*draw.NormFloat64())
			}
			sides[i] = rounds(1, values...)
		}
		a, _ := Floor(sides[0])
		b, _ := Floor(sides[1])
		if Difference(median(Values(sides[0])), median(Values(sides[1]))) > max(a, b) {
			above++
		}
	}
	if above > trials/50 {
		t.Errorf("%d of %d pairs differ by more than their floors", above, trials)
	}
}

func TestSpread(t *testing.T) {
	for name, c := range map[string]struct {
		rounds []Round
		want   float64
		known  bool
	}{
		"one round":              {rounds(1, 100), 0, false},
		"rounds of one boot":     {rounds(1, 100, 104, 102), .04, true},
		"the same in both boots": {rounds(2, 100, 104, 100, 104), 0, true},
		"boots differ":           {rounds(2, 100, 104, 104, 101, 105, 105), 1.0 / 104, true},
	} {
		got, known := Spread(c.rounds)
		if math.Abs(got-c.want) > 1e-12 || known != c.known {
			t.Errorf("%s: %v %v, want %v %v", name, got, known, c.want, c.known)
		}
	}
}

func TestSignTest(t *testing.T) {
	for want, ratios := range map[float64][]float64{
		1:           {1, 1, 1},
		.0625:       {2, 2, 2, 2, 2, 1},
		.375:        {2, 2, 2, 2, .5},
		2. / 131072: {.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .9},
	} {
		if got := SignTest(ratios); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: %v, want %v", ratios, got, want)
		}
	}
	if got := BestSignTest(6); math.Abs(got-.03125) > 1e-12 {
		t.Errorf("best of six: %v", got)
	}
}

func TestMannWhitney(t *testing.T) {
	a, b := []float64{1, 2, 3, 4, 5, 6}, []float64{11, 12, 13, 14, 15, 16}
	if got, best := MannWhitney(a, b), BestMannWhitney(6, 6); math.Abs(got-best) > 1e-9 || math.Abs(best-2./924) > 1e-9 {
		t.Errorf("apart: %v, best %v", got, best)
	}
	if got := MannWhitney([]float64{1, 1}, []float64{1, 1}); got != 1 {
		t.Errorf("alike: %v", got)
	}
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{.04, .01, .03, .9})
	want := []float64{.09, .04, .09, .9}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestRatioOfMedians(t *testing.T) {
	a := rounds(2, 100, 101, 102, 99, 98, 103)
	b := rounds(2, 200, 202, 204, 198, 196, 206)
	r := RatioOfMedians(a, b)
	if !r.Known || r.Center != 2 || r.Lo < 1.9 || r.Hi > 2.1 || !r.Excludes(1) {
		t.Errorf("%+v", r)
	}
	if again := RatioOfMedians(a, b); again != r {
		t.Errorf("%+v, then %+v", r, again)
	}
	if few := RatioOfMedians(a[:3], b); few.Known || few.Center == 0 {
		t.Errorf("of three: %+v", few)
	}
	if none := RatioOfMedians(rounds(1, 0, 0), b); !math.IsNaN(none.Center) {
		t.Errorf("to nothing: %+v", none)
	}
}

func TestScatterIgnoresTheFewThatDiffer(t *testing.T) {
	ratios := []float64{.99, 1, 1, 1.01, .98, 1.02, 1, 3, .2, math.NaN(), 0, math.Inf(1)}
	if c, s := Centre(ratios), Scatter(ratios); c != 1 || s < .005 || s > .03 {
		t.Errorf("centre %v, scatter %v", c, s)
	}
	if c, s := Centre(nil), Scatter(nil); c != 1 || s != 0 {
		t.Errorf("of none: centre %v, scatter %v", c, s)
	}
}

func TestBetween(t *testing.T) {
	got, known := Between([][]float64{{1, 1, 9}, {math.E}})
	if want := math.Sqrt(.5); !known || math.Abs(got-want) > 1e-12 {
		t.Errorf("%v %v, want %v", got, known, want)
	}
	if _, known := Between([][]float64{{1, 2, 3}}); known {
		t.Error("one boot differs from another")
	}
	deviations := []float64{3, 3, 3, 3, 3, 3, 3, 3, 3, 100}
	if got := Typical(deviations); got != 3 {
		t.Errorf("typical of %v: %v", deviations, got)
	}
}

func TestMedianError(t *testing.T) {
	d := Distribution{[]float64{100, 110, 120, 900}, []int{3, 2, 2, 1}}
	if got, want := MedianError(d, 4), .93*20/110/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
	for _, none := range []Distribution{{}, {[]float64{0}, []int{5}}, {[]float64{7}, []int{5}}} {
		if got := MedianError(none, 5); got != 0 {
			t.Errorf("of %v: %v", none, got)
		}
	}
}
