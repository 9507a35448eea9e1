package reports

import (
	"fmt"
	"slices"
)

// comparisonSection is what one run costs against another.
type comparisonSection struct {
	Title, Summary string
	Warnings       []string
	Plot           *plot
}

// newComparisons compares the first run that measured with each other that can be
// compared with it.
func newComparisons(r *Report) []comparisonSection {
	var all []comparisonSection
	runs := r.measuring()
	for i := 1; i < len(runs); i++ {
		for j := range i {
			c, err := Compare(runs[j], runs[i], inTurns(runs[j], runs[i]))
			if err != nil {
				continue
			}
			all = append(all, comparisonSection{
				Title: fmt.Sprintf("B: %s against A: %s", runs[i].Name, runs[j].Name), Summary: c.summary(palette{}),
				Warnings: c.Warnings, Plot: plotComparison(c),
			})
			break
		}
	}
	return all
}

// onlyMeasures reports whether a report is about benchmarks and nothing else.
func onlyMeasures(r *Report) bool {
	return hasBenchmarks(r) && !slices.ContainsFunc(r.Runs, func(run *Run) bool { return len(run.Results)+len(run.Mutants) > 0 })
}

// benchHeadline says what a report says that only measured.
func benchHeadline(r *Report) (text, tone string) {
	t, all := totals(nil), 0
	for _, run := range r.Runs {
		t.add(benchmarkTotals(run))
		all += len(run.Benchmarks)
	}
	text = fmt.Sprintf("%d of %s measured", t[Pass], count(all, "benchmark"))
	if t[Pass] == all {
		text = count(all, "benchmark") + " measured"
	}
	switch ExitCode(r) {
	case ExitHeld:
		return text, "good"
	case ExitInterrupted:
		return "Interrupted: the results are incomplete", "unsure"
	case ExitNothingRan:
		return "No benchmark applies", "unsure"
	}
	return text + ", but the results are incomplete", "unsure"
}
