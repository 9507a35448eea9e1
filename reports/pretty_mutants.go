package reports

import (
	"fmt"
	"slices"
	"strings"
)

// attention returns the mutants that deserve a paragraph each; those that never ran
// only when they are few.
func (r *Run) attention() []MutantResult {
	all := r.graded(Disturbs, Survived, Crashed, Ungraded)
	if r.neverRan() > fewMissing {
		all = slices.DeleteFunc(all, MutantResult.neverRan)
	}
	return all
}

// neverRan says whether the run ended before the mutant did.
func (m MutantResult) neverRan() bool {
	return m.Grade == Ungraded && (m.Why == neverRan || m.Why == neverDone)
}

func (r *Run) neverRan() int {
	n := 0
	for _, m := range r.Mutants {
		if m.neverRan() {
			n++
		}
	}
	return n
}

// prettyMutants writes each mutant that was not killed, and lists those that do not
// apply.
func prettyMutants(r *Run, p palette) string {
	var b strings.Builder
	for _, m := range r.attention() {
		b.WriteString("\n" + mutantText(r, m, brief, p))
	}
	if n := r.neverRan(); n > fewMissing {
		fmt.Fprintf(&b, "\n%s  %s  %d mutants were not tried to their end\n", gradeTitle(Ungraded, p), oneLine(r.Name), n)
	}
	if not := r.graded(NotApplicable); len(not) > 0 {
		fmt.Fprintf(&b, "\n%s  %s\n", gradeTitle(NotApplicable, p), oneLine(r.Name))
		for _, m := range not {
			fmt.Fprintf(&b, "  %s  %s\n", p.paint(bold, oneLine(m.Mutant)), oneLine(m.Why))
		}
	}
	return b.String()
}

// mutantText writes a mutant and all that is known of it.
func mutantText(r *Run, m MutantResult, limit int, p palette) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  mutant: %s  %s\n", gradeTitle(m.Grade, p), oneLine(r.Name),
		p.paint(bold, oneLine(m.Mutant)), p.paint(faint, duration(m.Seconds)))
	for _, d := range r.details(m) {
		section(&b, p, d.Title, d.Text, limit)
	}
	return b.String()
}

func gradeTitle(g Grade, p palette) string {
	title := strings.ToUpper(strings.ReplaceAll(string(g), "-", " "))
	return p.paint(verdictColor(g.verdict())+bold, title)
}
