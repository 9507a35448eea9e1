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
	Runs     []runCard
	Failures []failureCard
	Known    []failureCard // deviations that are known of the kernel
	Mutants  []mutantTable
	Score    string // of all runs; "" without mutants
	Costs    []costSection
	Against  []comparisonSection
	Topics   []topicTable
	Coverage *Coverage
	Covered  string // of the testable statements, in percent
}

// runCard is what ran, on what, and what came of it.
type runCard struct {
	*Run
	Platform string
	Bar      []barPart
	Skips    string
	Unseen   string // known deviations that were not seen
	Measured string // how many benchmarks; "" without any
	Trouble  []string
	Facts    []fact
}

type barPart struct {
	Verdict Verdict
	Count   int
}

// failureCard is one spec that neither passed nor was skipped, in one run.
type failureCard struct {
	Anchor string
	Run    string
	SpecResult
	Proves []Requirement
}

func newPage(r *Report) page {
	p := page{Version: r.Version}
	p.Headline, p.Tone = headline(r)
	anchors := map[specKey]string{}
	for _, run := range r.Runs {
		p.Runs = append(p.Runs, newRunCard(run))
		p.addFailures(run, anchors)
		if p.Coverage == nil && run.Begin != nil && run.Begin.Coverage.Testable > 0 {
			p.Coverage = &run.Begin.Coverage
			p.Covered = fmt.Sprintf("%.1f %%", 100*float64(p.Coverage.Covered)/float64(p.Coverage.Testable))
		}
	}
	if len(r.Runs) > 0 && !r.Runs[0].Began.IsZero() {
		p.Began = r.Runs[0].Began.UTC().Format(time.DateTime) + " UTC"
	}
	p.Topics = newTopicTables(r, anchors)
	if score, mutants := totalScore(r); mutants {
		p.Mutants, p.Score = newMutantTables(r), score.text(palette{})
	}
	p.Costs, p.Against = newCostSections(r), newComparisons(r)
	return p
}

// specKey names a spec of a run.
type specKey struct{ run, spec string }

func (p *page) addFailures(run *Run, anchors map[specKey]string) {
	for _, s := range run.bad() {
		p.Failures = append(p.Failures, newFailureCard(run, s, fmt.Sprintf("failure-%d", len(p.Failures)+1), anchors))
	}
	for _, s := range run.known() {
		p.Known = append(p.Known, newFailureCard(run, s, fmt.Sprintf("known-%d", len(p.Known)+1), anchors))
	}
}

func newFailureCard(run *Run, s SpecResult, anchor string, anchors map[specKey]string) failureCard {
	card := failureCard{Anchor: anchor, Run: run.Name, SpecResult: s}
	statements := run.requirements()
	for _, id := range s.Requirements {
		q := statements[id]
		q.ID = id
		card.Proves = append(card.Proves, q)
	}
	anchors[specKey{run.Name, s.Spec}] = anchor
	return card
}

func newRunCard(run *Run) runCard {
	card := runCard{Run: run, Platform: platform(run), Skips: skipCounts(run), Unseen: deviationCounts(run.unseen()), Trouble: run.troubles(), Facts: facts(run)}
	if len(run.Benchmarks) > 0 {
		card.Measured = benchmarksSummary(run, palette{})
	}
	t := run.Totals()
	for _, v := range []Verdict{Pass, Fail, Crash, Timeout, XPass, Broken, Known, XFail, Missing, Skipped} {
		if t[v] > 0 {
			card.Bar = append(card.Bar, barPart{v, t[v]})
		}
	}
	return card
}

// headline says in one sentence what the report says.
func headline(r *Report) (text, tone string) {
	held, violated, known := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			for _, id := range s.Requirements {
				held[id] = held[id] || s.Verdict == Pass
				violated[id] = violated[id] || s.Verdict.Violation()
				known[id] = known[id] || s.Verdict == Known
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
		if deviations := trueCount(known, "requirement"); deviations != "" {
			return cmp.Or(trueCount(held, "requirement"), "No requirement") + " held, " + deviations + " did not, in a way that is known of the kernel", "unsure"
		}
		return trueCount(held, "requirement") + " held, none was violated", "good"
	case ExitViolated:
		return cmp.Or(trueCount(violated, "requirement"), "A spec") + " did not hold", "bad"
	case ExitInterrupted:
		return "Interrupted: the results are incomplete", "unsure"
	case ExitNothingRan:
		return "Nothing ran", "unsure"
	}
	return "No violation seen, but the results are incomplete", "unsure"
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
