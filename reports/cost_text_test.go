package reports

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCostsAsText(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		m    measure
		v    float64
		want string
	}{
		{inTime, 0, "0 ns"}, {inTime, .1234, "0.123 ns"}, {inTime, 9.999, "10.0 ns"}, {inTime, 342.2, "342 ns"},
		{inTime, 999.4, "999 ns"}, {inTime, 999.6, "1.00 us"}, {inTime, 1342, "1.34 us"}, {inTime, 31.4e6, "31.4 ms"},
		{inTime, 4.5e12, "4500 s"}, {inTime, 1e15, "1000000 s"}, {inTime, nan, "?"}, {inTime, inf, "?"},
		{inInstructions, 1544, "1544"}, {inInstructions, 1544.5, "1545"}, {inInstructions, 1e15, "1000000000000000"},
		{inGetppids, 12.345, "x 12.3"}, {inGetppids, 1, "x 1.00"}, {inGetppids, 1e-300, "x 0.000000000000"},
	} {
		if got := c.m.text(c.v); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.m, got, c.want)
		}
	}
	var got []string
	for _, share := range []float64{0, .00001, .0034, .1, .126, 2, 1e9, inf, nan} {
		got = append(got, percent(share))
	}
	want := []string{"0 %", "<0.01 %", "0.34 %", "10 %", "13 %", "200 %", ">10000 %", "? %", "? %"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCostsOfAnEmulatorAreMultiples(t *testing.T) {
	run := readSampleOf(t, benchSample).Run("debian:bullseye")
	for _, c := range run.Costs() {
		if c.Name == simplestCall && c.Typical.Center != 1 {
			t.Errorf("getppid costs %v getppids", c.Typical.Center)
		}
		if c.Name == "enter/fd/uts" && (c.Typical.Center < 7 || c.Typical.Center > 9 || c.P90 < c.Typical.Center) {
			t.Errorf("setns costs %+v", c.Typical)
		}
	}
	without := fold(plannedBenchmarks("a"), measured("a", 1), runEnds(RunEnd{})).Runs[0]
	without.Environment = &Environment{VM: &VM{Accelerator: "tcg"}}
	if costs := without.Costs(); len(costs) != 0 {
		t.Errorf("without a baseline: %+v", costs)
	}
	if text := floorText(without); !strings.HasPrefix(text, "no costs can be told") {
		t.Errorf("without a baseline: %q", text)
	}
}
