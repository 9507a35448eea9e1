package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pair is two runs to compare.
type Pair struct {
	A, B    *Run
	InTurns bool // they took turns: what disturbed one disturbed the other
}

// Match says which runs to compare with which.
type Match struct {
	Pairs        []Pair
	OnlyA, OnlyB []*Run // that have no counterpart
}

// MatchRuns finds the runs of a and b to compare with each other: those of these names;
// without names the only one of each report, or else those that are named alike. A nil
// b stands for a: of its two runs, or those named, the first is compared with the
// second. The error names the runs to choose from.
func MatchRuns(a, b *Report, nameA, nameB string) (Match, error) {
	if b == nil {
		return matchWithin(a, nameA, nameB)
	}
	if nameA == "" && nameB == "" && !(len(a.Runs) == 1 && len(b.Runs) == 1) {
		return matchByName(a, b)
	}
	first, err := a.choose(nameA, nameB)
	if err != nil {
		return Match{}, fmt.Errorf("the first report: %w", err)
	}
	second, err := b.choose(nameB, nameA)
	if err != nil {
		return Match{}, fmt.Errorf("the second report: %w", err)
	}
	return Match{Pairs: []Pair{{first, second, false}}}, nil
}

// matchWithin compares two runs of one report. What is not named is the other one.
func matchWithin(r *Report, nameA, nameB string) (Match, error) {
	a, err := r.named(nameA)
	if err != nil {
		return Match{}, err
	}
	b, err := r.named(nameB)
	if err != nil {
		return Match{}, err
	}
	if (a == nil || b == nil) && len(r.Runs) != 2 {
		return Match{}, fmt.Errorf("a report compared with itself has two runs, or two of them are named; this has %s", runNames(r.Runs))
	}
	if a == nil {
		a = r.other(b)
	}
	if b == nil {
		b = r.other(a)
	}
	return Match{Pairs: []Pair{{a, b, inTurns(a, b)}}}, nil
}

// named returns the run of that name; nil without one.
func (r *Report) named(name string) (*Run, error) {
	run := r.Run(name)
	if run == nil && name != "" {
		return nil, fmt.Errorf("there is no run %q: it has %s", name, runNames(r.Runs))
	}
	return run, nil
}

func (r *Report) other(than *Run) *Run {
	return r.Runs[slices.IndexFunc(r.Runs, func(run *Run) bool { return run != than })]
}

func matchByName(a, b *Report) (Match, error) {
	var m Match
	for _, run := range a.Runs {
		if other := b.Run(run.Name); other != nil {
			m.Pairs = append(m.Pairs, Pair{run, other, false})
		} else {
			m.OnlyA = append(m.OnlyA, run)
		}
	}
	for _, run := range b.Runs {
		if a.Run(run.Name) == nil {
			m.OnlyB = append(m.OnlyB, run)
		}
	}
	if len(m.Pairs) == 0 {
		return m, fmt.Errorf("no runs of the reports are named alike, and none was chosen: one has %s, the other %s", runNames(a.Runs), runNames(b.Runs))
	}
	return m, nil
}

// choose returns the run of that name, without one the run named as the other report's,
// or the only one.
func (r *Report) choose(name, alike string) (*Run, error) {
	run, err := r.named(name)
	switch {
	case run != nil || err != nil:
		return run, err
	case alike != "" && r.Run(alike) != nil:
		return r.Run(alike), nil
	case len(r.Runs) == 1:
		return r.Runs[0], nil
	}
	return nil, fmt.Errorf("choose one of its runs; it has %s", runNames(r.Runs))
}

// inTurns reports whether two runs of one report took turns: one command began them
// at once. Those of a report that was merged need not have.
func inTurns(a, b *Run) bool {
	if a.Begin == nil || b.Begin == nil {
		return false
	}
	return a.Begin.Version == b.Begin.Version && a.Begin.Seed == b.Begin.Seed && slices.Equal(a.Begin.Args, b.Begin.Args) &&
		a.Began.Sub(b.Began).Abs() < time.Second
}

// measuring returns the runs that measured anything.
func (r *Report) measuring() []*Run {
	return slices.DeleteFunc(slices.Clone(r.Runs), func(run *Run) bool { return run.unit() == "" })
}

func runNames(runs []*Run) string {
	if len(runs) == 0 {
		return "none"
	}
	var names []string
	for _, r := range runs {
		names = append(names, oneLine(r.Name))
	}
	return fmt.Sprintf("%d: %s", len(runs), strings.Join(names, ", "))
}
