package reports

import (
	"fmt"
	"slices"
	"strings"
)

// mutantsSummary says in one line how many mutants were killed: "61 of 62 mutants
// killed  3 not applicable  in 95 s (1.5 s a mutant)".
func mutantsSummary(r *Run, p palette) string {
	score, grades := r.Score(), r.grades()
	parts := []string{score.text(p)}
	if score == (Score{}) && grades[NotApplicable] == 0 {
		parts = []string{"no mutant tried but " + NoMutant}
	}
	if n := grades[NotApplicable]; n > 0 {
		parts = append(parts, p.paint(faint, fmt.Sprintf("%d not applicable", n)))
	}
	if tried := r.tried(); tried > 0 && r.MutantSeconds > 0 {
		parts = append(parts, fmt.Sprintf("in %s (%s a mutant)",
			duration(r.MutantSeconds), duration(r.MutantSeconds/float64(tried))))
	}
	return strings.Join(parts, "  ")
}

func (s Score) text(p palette) string {
	color := green
	if s.Killed < s.Applicable {
		color = red
	}
	return p.paint(color, fmt.Sprintf("%d of %s killed", s.Killed, count(s.Applicable, "mutant")))
}

// grades counts the run's mutants by grade, NoMutant apart.
func (r *Run) grades() map[Grade]int {
	n := map[Grade]int{}
	for _, m := range r.Mutants {
		if m.Mutant != NoMutant {
			n[m.Grade]++
		}
	}
	return n
}

// tried counts the mutants that took time, NoMutant apart.
func (r *Run) tried() int {
	n := 0
	for _, m := range r.Mutants {
		if m.Mutant != NoMutant && m.Grade != NotApplicable && m.Seconds > 0 {
			n++
		}
	}
	return n
}

// graded returns the mutants of these grades, in the order of the grades.
func (r *Run) graded(grades ...Grade) []MutantResult {
	var all []MutantResult
	for _, g := range grades {
		for _, m := range r.Mutants {
			if m.Grade == g {
				all = append(all, m)
			}
		}
	}
	return all
}

// outcome says in one line what came of a mutant, beside its grade.
func (m MutantResult) outcome() string {
	switch {
	case m.Grade == Killed:
		return "by " + count(len(m.KilledBy), "spec")
	case m.Why != "":
		return m.Why
	case m.untold():
		return neverTold
	case m.Grade == Survived:
		return "no spec of its requirements failed"
	case m.Grade == Harmless:
		return "no verdict changed"
	}
	return "no details were given"
}

// neverTold is the reason of a mutant that no spec can kill.
const neverTold = "the lie was never told: no spec reaches it"

func (m MutantResult) untold() bool { return m.Mutant != NoMutant && m.Told != nil && *m.Told == 0 }

// detail is what is known of a mutant in one respect.
type detail struct {
	Title string
	Text  []string
}

// details tells everything about a mutant but its name and grade, what is not known
// left out.
func (r *Run) details(m MutantResult) []detail {
	var all []detail
	add := func(title string, text ...string) {
		if text = slices.DeleteFunc(text, func(s string) bool { return s == "" }); len(text) > 0 {
			all = append(all, detail{title, text})
		}
	}
	add("lie", m.Lie)
	add("probes", strings.Join(m.Functions, ", "))
	statements := r.requirements()
	for _, id := range m.Requirements {
		add("breaks", requirementText(id, statements[id])...)
	}
	for _, k := range m.KilledBy {
		add("killed", "by "+k.Spec, firstLine(k.Message))
	}
	add("why", m.Why)
	add("told", m.toldText())
	add("ran", m.ranText())
	add("also", m.collateralText()...)
	add("console", m.Console...)
	return all
}

func (m MutantResult) toldText() string {
	switch {
	case m.Told == nil || m.Mutant == NoMutant:
		return ""
	case m.untold():
		return neverTold
	}
	return count(*m.Told, "time")
}

func (m MutantResult) ranText() string {
	if m.Specs == 0 && (m.Grade == NotApplicable || m.Grade == Ungraded) {
		return "" // nothing could
	}
	return count(m.Specs, "spec")
}

// manySpecs is how many collateral specs are worth a line each.
const manySpecs = 10

func (m MutantResult) collateralText() []string {
	n := len(m.Collateral)
	if n == 0 {
		return nil
	}
	text := []string{count(n, "spec") + " of other requirements failed:"}
	if m.Mutant == NoMutant {
		text = []string{count(n, "spec") + " ended with another verdict:"}
	}
	for _, spec := range m.Collateral[:min(n, manySpecs)] {
		text = append(text, "  "+spec)
	}
	if n > manySpecs {
		text = append(text, fmt.Sprintf("  and %d more", n-manySpecs))
	}
	return text
}
