package reports

import (
	"fmt"
	"strings"
	"testing"
)

// reportOf returns a report with runs of these names.
func reportOf(names ...string) *Report {
	r := &Report{}
	for _, name := range names {
		r.Runs = append(r.Runs, &Run{Name: name})
	}
	return r
}

func TestMatchRuns(t *testing.T) {
	const self = "a report compared with itself has two runs, or two of them are named; this has "
	for _, c := range []struct {
		a, b         *Report
		nameA, nameB string
		want         string
	}{
		{reportOf("x", "y"), nil, "", "", "x-y"},
		{reportOf("x", "y"), nil, "y", "", "y-x"},
		{reportOf("x", "y"), nil, "", "x", "y-x"},
		{reportOf("x", "y", "z"), nil, "z", "x", "z-x"},
		{reportOf("x", "y", "z"), nil, "z", "", self + "3: x, y, z"},
		{reportOf("x"), nil, "", "", self + "1: x"},
		{reportOf(), nil, "", "", self + "none"},
		{reportOf("x", "y"), nil, "x", "w", `there is no run "w": it has 2: x, y`},

		{reportOf("x"), reportOf("y"), "", "", "x-y"},
		{reportOf("x", "y"), reportOf("z", "y", "x"), "", "", "x-x y-y, only z"},
		{reportOf("x", "w"), reportOf("x"), "", "", "x-x, only w"},
		{reportOf("x", "y"), reportOf("z"), "", "", "no runs of the reports are named alike, and none was chosen: one has 2: x, y, the other 1: z"},
		{reportOf("x", "y"), reportOf("z"), "y", "", "y-z"},
		{reportOf("x", "y"), reportOf("z"), "", "", "no runs"},
		{reportOf("x"), reportOf("y", "x"), "", "", "x-x, only y"},
		{reportOf("x", "y"), reportOf("x", "y"), "y", "", "y-y"},
		{reportOf("x", "y"), reportOf("x", "y"), "", "x", "x-x"},
		{reportOf("x", "y"), reportOf("x", "y"), "x", "y", "x-y"},
		{reportOf("x", "y"), reportOf("v", "w"), "x", "", "the second report: choose one of its runs; it has 2: v, w"},
		{reportOf("x", "y"), reportOf("v"), "q", "", `the first report: there is no run "q"`},
		{reportOf(), reportOf(), "", "", "no runs of the reports are named alike"},
	} {
		m, err := MatchRuns(c.a, c.b, c.nameA, c.nameB)
		got := fmt.Sprint(err)
		if err == nil {
			got = matchText(m)
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func matchText(m Match) string {
	var pairs []string
	for _, p := range m.Pairs {
		pairs = append(pairs, p.A.Name+"-"+p.B.Name)
	}
	text := strings.Join(pairs, " ")
	for _, r := range append(m.OnlyA, m.OnlyB...) {
		text += ", only " + r.Name
	}
	return text
}

// TestRunsInTurns: rounds are paired only of runs that one command measured in turns.
func TestRunsInTurns(t *testing.T) {
	r := readSampleOf(t, benchSample)
	for _, c := range []struct {
		a, b string
		want bool
	}{{"debian:bookworm", "debian:trixie", true}, {"debian:trixie", "debian:bookworm", true}, {"here", "debian:bookworm", false}} {
		m, err := MatchRuns(r, nil, c.a, c.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Pairs[0].InTurns; got != c.want {
			t.Errorf("%s and %s in turns: %t", c.a, c.b, got)
		}
	}
	m, err := MatchRuns(r, readSampleOf(t, benchSample), "debian:bookworm", "debian:trixie")
	if err != nil || m.Pairs[0].InTurns {
		t.Errorf("runs of two reports are in turns: %v", err)
	}
}
