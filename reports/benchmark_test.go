package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plannedBenchmarks begins a run "r" that plans one round each of these benchmarks.
func plannedBenchmarks(names ...string) Event {
	return plannedRounds(1, 1, names...)
}

func plannedRounds(boots, rounds int, names ...string) Event {
	b := &RunBegin{Schema: Schema, Version: "v1", Boots: boots, Rounds: rounds}
	for _, name := range names {
		b.Benchmarks = append(b.Benchmarks, PlannedBenchmark{Name: name, Timed: name + "()"})
	}
	return Event{Type: RunBegins, Run: "r", Begin: b}
}

func withSpec(begin Event) Event {
	begin.Begin.Plan = []PlannedSpec{{Name: "s"}}
	return begin
}

// measured is what boot 1 measured of a benchmark in a round: one sample.
func measured(name string, round int) Event {
	return notMeasured(name, Measurement{Round: round, Unit: Nanoseconds, Values: []float64{100}, Counts: []int{1}})
}

// notMeasured is a measurement of m in boot 1 and, where it names none, round 1.
func notMeasured(name string, m Measurement) Event {
	m.Benchmark, m.Boot, m.Round = name, 1, max(1, m.Round)
	return Event{Type: Measured, Run: "r", Measurement: &m}
}

func TestFoldKeepsRoundsInOrder(t *testing.T) {
	events := []Event{plannedRounds(2, 2, "a", "b")}
	for _, place := range [][2]int{{2, 1}, {1, 2}, {2, 2}, {1, 1}} {
		e := measured("a", place[1])
		e.Measurement.Boot = place[0]
		events = append(events, e)
	}
	run := fold(append(events, runEnds(RunEnd{}))...).Runs[0]
	var got []string
	for _, m := range run.Benchmark("a").Measurements {
		got = append(got, fmt.Sprint(m.Boot, ".", m.Round))
	}
	if diff := cmp.Diff([]string{"1.1", "1.2", "2.1", "2.2"}, got); diff != "" {
		t.Error(diff)
	}
	if a, b := run.Benchmark("a").trouble(), run.Benchmark("b").trouble(); a != "" || b != "not measured" {
		t.Errorf("a: %q, b: %q", a, b)
	}
}

func TestImpossibleMeasurementsAreStreamErrors(t *testing.T) {
	many := make([]float64, maxValues+1)
	counts := make([]int, maxValues+1)
	for i := range many {
		many[i], counts[i] = float64(i), 1
	}
	reasons := map[string]int{}
	for i := range maxRefused + 1 {
		reasons[fmt.Sprint(i)] = 1
	}
	one := func(v float64) Measurement {
		return Measurement{Unit: Nanoseconds, Values: []float64{v}, Counts: []int{1}}
	}
	for want, m := range map[string]Measurement{
		"2 values, but 1 counts":          {Unit: "ns", Values: []float64{1, 2}, Counts: []int{1}},
		"0 values, but 1 counts":          {Unit: "ns", Counts: []int{1}},
		"a value was measured 0 times":    {Unit: "ns", Values: []float64{1}, Counts: []int{0}},
		"a value was measured -1 times":   {Unit: "ns", Values: []float64{1}, Counts: []int{-1}},
		"more than 1000000000 samples":    {Unit: "ns", Values: []float64{1, 2}, Counts: []int{maxCount, 1}},
		"more than 100000 different":      {Unit: "ns", Values: many, Counts: counts},
		"a value of NaN cannot be":        one(math.NaN()),
		"a value of +Inf cannot be":       one(math.Inf(1)),
		"a value of -1 cannot be":         one(-1),
		"a value of 1e+16 cannot be":      one(1e16),
		"the values do not ascend":        {Unit: "ns", Values: []float64{1, 1}, Counts: []int{1, 1}},
		`"fathoms" is no unit`:            {Unit: "fathoms", Values: []float64{1}, Counts: []int{1}},
		"instructions, but others in ns":  {Unit: "instructions", Values: []float64{1}, Counts: []int{1}},
		"a rate of -1 a second cannot be": {Rate: -1},
		"calls were refused -7 times":     {Refused: map[string]int{"EPERM": -7}},
		"refused for more than 64":        {Refused: reasons},
		"no such round in the plan":       {Round: 3, Error: "none"},
	} {
		run := fold(plannedBenchmarks("a", "b"), measured("b", 1), notMeasured("a", m), runEnds(RunEnd{})).Runs[0]
		if all := strings.Join(run.StreamErrors, "\n"); !strings.Contains(all, want) {
			t.Errorf("stream errors %q, want %q", all, want)
		}
		if n := len(run.Benchmark("a").Measurements); n != 0 {
			t.Errorf("%s: kept", want)
		}
	}
}

func TestStreamErrorsOfBenchmarks(t *testing.T) {
	nowhere := plannedBenchmarks("a")
	nowhere.Begin.Benchmarks[0].X = math.NaN()
	for want, events := range map[string][]Event{
		`benchmark "a" is planned twice`:                          {plannedBenchmarks("a", "a"), measured("a", 1)},
		`"a", boot 1, round 1: measured twice`:                    {plannedBenchmarks("a"), measured("a", 1), measured("a", 1)},
		`benchmark "x", which was not planned, was measured`:      {plannedBenchmarks("a"), measured("a", 1), measured("x", 1)},
		`2000000000 boots of 1 rounds are planned, which nothing`: {plannedRounds(2e9, 1, "a")},
		`benchmark "a" is nowhere on its curve`:                   {nowhere, measured("a", 1)},
		`a census event says nothing`:                             {plannedBenchmarks(), {Type: Counted, Run: "r"}},
		`a census counts less than nothing`:                       {plannedBenchmarks(), {Type: Counted, Run: "r", Census: &Census{When: "after", Mounts: -1}}},
		`a census was taken "now"`:                                {plannedBenchmarks(), {Type: Counted, Run: "r", Census: &Census{When: "now"}}},
		`more censuses than two a boot`:                           slices.Concat([]Event{plannedBenchmarks()}, slices.Repeat([]Event{{Type: Counted, Run: "r", Census: &Census{When: "after"}}}, 3)),
	} {
		r := fold(append(events, runEnds(RunEnd{}))...)
		if all := strings.Join(r.Runs[0].StreamErrors, "\n"); !strings.Contains(all, want) {
			t.Errorf("stream errors %q, want %q", all, want)
		}
		if code := ExitCode(r); code != ExitBroken {
			t.Errorf("%s: exit code %d, want %d", want, code, ExitBroken)
		}
		checkEveryFormat(t, r)
	}
}

func TestRoundsThatFailed(t *testing.T) {
	skip := Measurement{Round: 2, Skip: &Skip{Code: SkipResource, Text: "no memory"}}
	for want, second := range map[string]Event{
		"":                                   notMeasured("a", skip),
		"it did not":                         notMeasured("a", Measurement{Round: 2, Error: "it did not", Unit: Nanoseconds, Values: []float64{1}, Counts: []int{1}}),
		"every call was refused: 3 EPERM":    notMeasured("a", Measurement{Round: 2, Refused: map[string]int{"EPERM": 3}}),
		"there are no samples":               notMeasured("a", Measurement{Round: 2}),
		`skipped for the unknown reason "x"`: notMeasured("a", Measurement{Round: 2, Skip: &Skip{Code: "x"}}),
		"measured in 1 of 2 rounds":          {Type: SpecBegins, Run: "r", Spec: "none"},
	} {
		b := fold(plannedRounds(1, 2, "a"), measured("a", 1), second).Runs[0].Benchmark("a")
		if got := b.trouble(); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q, want %q", got, want)
		}
		if bad := b.verdict().Bad(); bad != (want != "") {
			t.Errorf("%q: %s", want, b.verdict())
		}
	}
}

func TestJSONKeepsSamplesOnOneLine(t *testing.T) {
	m := Measurement{Unit: Nanoseconds, Values: []float64{1, 2.5, 1e15}, Counts: []int{1, 2, 3}, Error: ""}
	r := fold(plannedBenchmarks(`a [1, 2] \"`), notMeasured(`a [1, 2] \"`, m), runEnds(RunEnd{}))
	r.Runs[0].Began = time.Unix(0, 0).UTC()
	text := render(t, "json", r)
	for _, want := range []string{`"values": [1,2.5,1000000000000000]`, `"counts": [1,2,3]`, `"a [1, 2] \\\""`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if !json.Valid(text) {
		t.Error("not JSON")
	}
}
