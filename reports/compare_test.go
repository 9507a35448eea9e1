package reports

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// noise is how a machine disturbs measurements: standard deviations of logarithms.
type noise struct {
	name          string
	boots, rounds int
	sample        float64 // of each round, of some benchmarks three times that
	spike         float64 // how probable it is that a whole round of all benchmarks is off
	boot, run     float64 // of each benchmark in a boot, in a run
	machine       float64 // of all benchmarks in a run
	paired        bool
	effect        float64 // that must be reported
	times         int     // that the kernel is compared with itself, where it is not 5
}

var noises = []noise{
	{name: "quiet, in turns", boots: 4, rounds: 5, sample: .003, paired: true, effect: .05},
	{name: "busy, in turns", boots: 4, rounds: 5, sample: .03, spike: .1, boot: .01, machine: .05, paired: true, effect: .25, times: 20},
	{name: "boots differ much, in turns", boots: 5, rounds: 4, sample: .01, boot: .03, paired: true, effect: .4},
	{name: "one boot each, in turns", boots: 1, rounds: 16, sample: .01, boot: .015, paired: true, effect: .25},
	{name: "this host twice", boots: 1, rounds: 12, sample: .01, spike: .1, run: .01, machine: .05, effect: .2, times: 20},
	{name: "this host twice, busy", boots: 1, rounds: 12, sample: .04, spike: .2, run: .02, machine: .1, effect: .7},
	{name: "two reports of a machine", boots: 4, rounds: 5, sample: .02, spike: .1, boot: .01, run: .01, machine: .03, effect: .25},
}

// measure returns two runs of a kernel, of which B costs more in one benchmark.
func (n noise) measure(draw *rand.Rand, benchmarks int, effect float64) (a, b *Run) {
	names := []string{simplestCall}
	for i := 1; i < benchmarks; i++ {
		names = append(names, fmt.Sprintf("create/%d", i))
	}
	runs := []*Run{}
	for range 2 {
		r := &Report{}
		r.Apply(plannedRounds(n.boots, n.rounds, names...))
		runs = append(runs, r.Runs[0])
	}
	log := func(deviation float64) float64 { return math.Exp(deviation * draw.NormFloat64()) }
	machine := [2]float64{log(n.machine), log(n.machine)}
	if n.paired {
		machine[1] = machine[0]
	}
	spikes := [2][]float64{}
	for side := range spikes {
		for range n.boots * n.rounds {
			spike := 1.0
			if draw.Float64() < n.spike {
				spike = 1.4
			}
			spikes[side] = append(spikes[side], spike)
		}
	}
	if n.paired {
		spikes[1] = spikes[0]
	}
	for i, name := range names {
		for side, run := range runs {
			cost := 200 * math.Pow(1.06, float64(i)) * machine[side] * log(n.run)
			if side == 1 && i == benchmarks/2 {
				cost *= 1 + effect
			}
			for boot := range n.boots {
				layout := log(n.boot)
				for round := range n.rounds {
					wide := n.sample * float64(1+2*(i%4/3))
					v := cost * layout * log(wide) * spikes[side][boot*n.rounds+round]
					run.measured(&Measurement{Benchmark: name, Boot: boot + 1, Round: round + 1, Unit: Nanoseconds, Values: []float64{v}, Counts: []int{9}}, run.Began)
				}
			}
		}
	}
	return runs[0], runs[1]
}

// TestTheSameKernelShowsNoDifference compares a kernel with itself: 20 times out of 20
// none of 170 benchmarks is slower or faster.
func TestTheSameKernelShowsNoDifference(t *testing.T) {
	for _, n := range noises {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			draw := rand.New(rand.NewPCG(uint64(n.boots), uint64(n.rounds)))
			for range cmp.Or(n.times, 5) {
				a, b := n.measure(draw, 170, 0)
				c, err := Compare(a, b, n.paired)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range c.Rows {
					if row.Change != Unchanged {
						t.Errorf("%s: %s: %+v, floor %v", row.Name, row.Change, row.Ratio, row.Floor)
					}
				}
			}
		})
	}
}

// TestAnEffectIsReported: what one benchmark costs more is found, and nothing else.
func TestAnEffectIsReported(t *testing.T) {
	for _, n := range noises {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			draw := rand.New(rand.NewPCG(5, 6))
			a, b := n.measure(draw, 60, n.effect)
			c, err := Compare(a, b, n.paired)
			if err != nil {
				t.Fatal(err)
			}
			worst, share, found := c.WorstSlowdown()
			if !found || worst.Name != "create/30" || share < n.effect/2 || strings.Count(comparisonText(c, palette{}), "slower") != 2 {
				t.Errorf("%s", comparisonText(c, palette{}))
			}
		})
	}
}

func sampleRun(t *testing.T, name string) *Run {
	t.Helper()
	return readSampleOf(t, benchSample).Run(name)
}

func TestComparisonGolden(t *testing.T) {
	c, err := Compare(sampleRun(t, "debian:bookworm"), sampleRun(t, "debian:trixie"), true)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join(benchSample, "compare-exact.txt"), []byte(comparisonText(c, palette{})))
	here := sampleRun(t, "here")
	c, err = Compare(here, here, false)
	if err != nil {
		t.Fatal(err)
	}
	text := comparisonText(c, palette{})
	harmless(t, text)
	golden(t, filepath.Join(benchSample, "compare-self.txt"), []byte(text))
}

func TestExactDifferences(t *testing.T) {
	run := func(boots ...float64) *Run {
		r := &Report{}
		r.Apply(plannedRounds(len(boots), 1, "enter/fd/uts"))
		for i, v := range boots {
			r.Runs[0].measured(&Measurement{Benchmark: "enter/fd/uts", Boot: i + 1, Round: 1, Unit: Instructions, Values: []float64{v}, Counts: []int{9}}, r.Runs[0].Began)
		}
		return r.Runs[0]
	}
	for _, c := range []struct {
		a, b *Run
		want Change
	}{
		{run(1544, 1544), run(1544, 1544), Unchanged},
		{run(1544, 1544), run(1551, 1551), Unchanged}, // within half a per cent
		{run(1544, 1544), run(1553, 1553), Slower},
		{run(170, 170), run(178, 178), Unchanged}, // a few instructions
		{run(170, 170), run(179, 179), Slower},
		{run(299009, 299009), run(300400, 300400), Unchanged},
		{run(299009, 299009), run(300600, 300600), Slower},
		{run(1544, 1544), run(1856, 1856), Slower},
		{run(1856, 1856), run(1544, 1544), Faster},
		{run(1544, 1604), run(1604, 1604), Unchanged}, // boots of A differ as much
		{run(1544, 1604), run(1944, 1944), Slower},
		{run(1544), run(1856), Slower},
		{run(0, 0), run(0, 0), Unchanged},
		{run(0, 0), run(7, 7), Slower},
		{run(7, 7), run(0, 0), Faster},
	} {
		got, err := Compare(c.a, c.b, false)
		if err != nil {
			t.Fatal(err)
		}
		if row := got.Rows[0]; row.Change != c.want {
			t.Errorf("%v against %v: %s, want %s", row.B.Typical.Center, row.A.Typical.Center, row.Change, c.want)
		}
		harmless(t, comparisonText(got, palette{}))
	}
}

func TestRunsThatCannotBeCompared(t *testing.T) {
	other := fold(plannedBenchmarks("other"), measured("other", 1)).Runs[0]
	for want, runs := range map[string][2]*Run{
		`costs in time cannot be compared with costs in instructions: run "here" told the time, run "debian:trixie" ran in exact mode`: {sampleRun(t, "here"), sampleRun(t, "debian:trixie")},
		`costs in multiples of getppid cannot be compared with costs in time: run "debian:bullseye" ran under an emulator`:             {sampleRun(t, "debian:bullseye"), sampleRun(t, "here")},
		`run "r" measured nothing`:             {sampleRun(t, "here"), fold(planned("a")).Runs[0]},
		"the runs have no benchmark in common": {sampleRun(t, "here"), other},
	} {
		if _, err := Compare(runs[0], runs[1], false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestFewRoundsTellNothing(t *testing.T) {
	n := noise{boots: 1, rounds: 3, sample: .01}
	for _, n.paired = range []bool{false, true} {
		a, b := n.measure(rand.New(rand.NewPCG(1, 1)), 20, 3)
		c, err := Compare(a, b, n.paired)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range c.Rows {
			if row.Change != Untold {
				t.Errorf("%s: %s", row.Name, row.Change)
			}
		}
		if _, _, found := c.WorstSlowdown(); found {
			t.Error("there is a slowdown")
		}
	}
}
