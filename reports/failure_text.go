package reports

import (
	"fmt"
	"strings"
)

// How much of a failure is written, in lines a section.
const (
	full  = 0  // everything, the kernel's console included
	brief = 12 // no console
)

// failureText writes a spec that neither passed nor was skipped: its requirements,
// the deviation if it is a known one, what was done, what was expected and seen.
func failureText(r *Run, s SpecResult, limit int, p palette) string {
	var b strings.Builder
	title := strings.ToUpper(string(s.Verdict))
	fmt.Fprintf(&b, "%s  %s  %s: %s  %s\n", p.paint(verdictColor(s.Verdict)+bold, title),
		oneLine(r.Name), oneLine(s.Topic), p.paint(bold, oneLine(s.Spec)), p.paint(faint, duration(s.Seconds)))
	statements := r.requirements()
	for _, id := range s.Requirements {
		q := statements[id]
		section(&b, p, "requires", requirementText(id, q), full)
	}
	if s.Known != nil {
		section(&b, p, s.deviationTitle(), s.Known.text(), full)
		section(&b, p, "evidence", s.Known.evidence(), full)
	}
	section(&b, p, "done", s.Failure.Done, limit)
	section(&b, p, "seen", lines(s.Failure.Message), limit)
	if s.Failure.Leak {
		section(&b, p, "leak", []string{"the spec left something behind"}, full)
	}
	section(&b, p, "notes", s.Notes, limit)
	if limit == full {
		section(&b, p, "console", s.Failure.Console, full)
	}
	if s.Failure.Location != "" {
		section(&b, p, "at", []string{s.Failure.Location}, full)
	}
	return b.String()
}

func requirementText(id string, q Requirement) []string {
	if q.Statement == "" {
		return []string{reference(id, q)}
	}
	return []string{q.Statement, "(" + reference(id, q) + ")"}
}

// section writes lines of text behind their title. Of more than limit lines it
// keeps the last, which are nearest to what went wrong.
func section(b *strings.Builder, p palette, title string, text []string, limit int) {
	if limit != full && len(text) > limit {
		dropped := len(text) - limit + 1
		text = append([]string{fmt.Sprintf("(%d lines before)", dropped)}, text[dropped:]...)
	}
	for _, l := range text {
		fmt.Fprintf(b, "  %s %s\n", p.paint(faint, fmt.Sprintf("%-8s", title)), oneLine(l))
		title = ""
	}
}
