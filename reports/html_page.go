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
	Mutants  []mutantTable
	Score    string // of all runs; "" without mutants
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
	return p
}

// specKey names a spec of a run.
type specKey struct{ run, spec string }

func (p *page) addFailures(run *Run, anchors map[specKey]string) {
	statements := run.requirements()
	for _, s := range run.bad() {
		card := failureCard{Anchor: fmt.Sprintf("failure-%d", len(p.Failures)+1), Run: run.Name, SpecResult: s}
		for _, id := range s.Requirements {
			q := statements[id]
			q.ID = id
			card.Proves = append(card.Proves, q)
		}
		anchors[specKey{run.Name, s.Spec}] = card.Anchor
		p.Failures = append(p.Failures, card)
	}
}

func newRunCard(run *Run) runCard {
	card := runCard{Run: run, Platform: platform(run), Skips: skipCounts(run), Trouble: run.troubles(), Facts: facts(run)}
	t := run.Totals()
	for _, v := range []Verdict{Pass, Fail, Crash, Timeout, Broken, Missing, Skipped} {
		if t[v] > 0 {
			card.Bar = append(card.Bar, barPart{v, t[v]})
		}
	}
	return card
}

// headline says in one sentence what the report says.
func headline(r *Report) (text, tone string) {
	held, violated := map[string]bool{}, map[string]bool{}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			for _, id := range s.Requirements {
				held[id] = held[id] || s.Verdict == Pass
				violated[id] = violated[id] || s.Verdict.Violation()
			}
		}
	}
	score, mutants := totalScore(r)
	if mutants && trueCount(violated, "requirement") == "" {
		return mutantHeadline(r, score)
	}
	switch ExitCode(r) {
	case ExitHeld:
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
