package reports

import (
	"cmp"
	"fmt"
	"time"
)

// page is what the HTML template shows.
type page struct {
	Headline string
	Tone     string // CSS class of the headline: "good", "bad", "unsure"
	Version  string
	Began    string
	Runs     runTable
	Runtimes *runtimeSection // nil where none is looked at
	Failures *evidenceList
	Known    *evidenceList // deviations that are known
	Expected *evidenceList // deviations that the user expects
	Changes  []changeSection
	Mutants  []mutantTable
	Score    string // of all runs; "" without mutants
	Costs    []costSection
	Against  []comparisonSection
	Matrix   *matrix
	Coverage *Coverage
	Covered  string // of the testable statements, in percent
}

func newPage(r *Report) page {
	p := page{Version: r.Version, Runs: newRunTable(r)}
	p.Headline, p.Tone = headline(r)
	for _, run := range r.Runs {
		if p.Coverage == nil && run.Begin != nil && run.Begin.Coverage.Testable > 0 {
			p.Coverage = &run.Begin.Coverage
			p.Covered = fmt.Sprintf("%.1f %%", 100*float64(p.Coverage.Covered)/float64(p.Coverage.Testable))
		}
	}
	if len(r.Runs) > 0 && !r.Runs[0].Began.IsZero() {
		p.Began = r.Runs[0].Began.UTC().Format(time.DateTime) + " UTC"
	}
	a := newAnchors(r)
	p.Failures = newEvidenceList(r, a, (*Run).bad, unfoldedCards)
	p.Known = newEvidenceList(r, a, (*Run).known, 0)
	p.Expected = newEvidenceList(r, a, (*Run).expected, 0)
	p.Runtimes = newRuntimeSection(r, a)
	p.Matrix = newMatrix(r, a)
	if score, mutants := totalScore(r); mutants {
		p.Mutants, p.Score = newMutantTables(r), score.text(palette{})
	} else {
		p.Changes = newChangeSections(r, a)
	}
	p.Costs, p.Against = newCostSections(r), newComparisons(r)
	return p
}

// headline says in one sentence what the report says.
func headline(r *Report) (text, tone string) {
	held, violated, known, expected, surprising := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			for _, id := range s.Requirements {
				held[id] = held[id] || s.Verdict == Pass
				violated[id] = violated[id] || s.Verdict.Violation()
				known[id] = known[id] || s.Verdict == Known
				expected[id] = expected[id] || s.Verdict == XFail
				surprising[id] = surprising[id] || s.Verdict == XPass
			}
		}
	}
	score, mutants := totalScore(r)
	if onlyMeasures(r) {
		return benchHeadline(r)
	}
	if mutants && trueCount(violated, "requirement") == "" {
		return mutantHeadline(r, score)
	}
	switch ExitCode(r) {
	case ExitHeld:
		return heldHeadline(trueCount(held, "requirement"), trueCount(known, "requirement"), trueCount(expected, "requirement"))
	case ExitViolated:
		if held := trueCount(surprising, "requirement"); held != "" && trueCount(violated, "requirement") == "" {
			return held + " held, although not expected to", "bad"
		}
		return cmp.Or(trueCount(violated, "requirement"), "A spec") + " did not hold", "bad"
	case ExitInterrupted:
		return "Interrupted: the results are incomplete", "unsure"
	case ExitNothingRan:
		return "Nothing ran", "unsure"
	}
	return "No violation seen, but the results are incomplete", "unsure"
}

// heldHeadline says what a report says in which nothing is bad.
func heldHeadline(held, known, expected string) (text, tone string) {
	text = cmp.Or(held, "No requirement") + " held"
	if known != "" {
		text += ", " + known + " did not, in a way that is known"
	}
	if expected != "" {
		text += ", " + expected + " did not, as expected"
	}
	if known+expected == "" {
		return text + ", none was violated", "good"
	}
	return text, "unsure"
}

func trueCount(set map[string]bool, thing string) string {
	n := 0
	for _, in := range set {
		if in {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return count(n, thing)
}
