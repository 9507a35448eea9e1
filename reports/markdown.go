package reports

import (
	"fmt"
	"io"
	"strings"
)

// maxMarkdown is how much is written at most, in bytes: GitHub shows no summary of more
// than 1 MiB.
const maxMarkdown = 1000 << 10

// WriteMarkdown writes r for the page of a CI run or of a repository: tables of the
// runs, of runtimes where there are any, and of topics and runs, and what failed, folded.
// What is too long for that page is left out, and it says so.
func WriteMarkdown(w io.Writer, r *Report) error {
	_, err := io.WriteString(w, markdown(r, maxMarkdown))
	return err
}

func markdown(r *Report, limit int) string {
	var b strings.Builder
	dropped := 0
	const note = "\n%s left out, as the page may not be longer: the report has all.\n"
	add := func(part string) {
		if b.Len()+len(part)+len(note)+20 > limit {
			dropped++
			return
		}
		b.WriteString(part)
	}
	title, _ := headline(r)
	add("## nsconform: " + markdownText(title) + "\n\n")
	add(markdownTotals(r))
	for _, run := range r.Runs {
		add(markdownTroubles(run))
	}
	add(markdownRuntimes(r))
	add(markdownTopics(r))
	for _, run := range r.Runs {
		for _, s := range run.bad() {
			add(markdownFailure(run, s))
		}
		add(markdownKnown(run))
		add(markdownFolded(run, "mutants that were not killed", prettyMutants(run, palette{})))
		add(markdownFolded(run, "what namespaces cost", prettyCosts(run, palette{})))
	}
	if dropped > 0 {
		fmt.Fprintf(&b, note, count(dropped, "part"))
	}
	return b.String()
}

// markdownTroubles says what went wrong with a run as a whole.
func markdownTroubles(r *Run) string {
	var b strings.Builder
	for _, trouble := range r.troubles() {
		fmt.Fprintf(&b, "> **%s**: %s\n\n", markdownName(r.Name), markdownText(trouble))
	}
	if n := r.Totals()[Missing]; n > fewMissing {
		fmt.Fprintf(&b, "> **%s**: %d specs never ran\n\n", markdownName(r.Name), n)
	}
	return b.String()
}

// markdownFailure folds one spec that neither passed nor was skipped.
func markdownFailure(r *Run, s SpecResult) string {
	var b strings.Builder
	markdownFold(&b, fmt.Sprintf("%s %s: %s: %s: %s", glyph(s.Verdict), s.Verdict, short(r.Name), short(s.Topic), s.Spec))
	markdownBlock(&b, lines(failureText(r, s, brief, palette{})))
	b.WriteString(markdownUnfold + "\n")
	return b.String()
}

// markdownKnown folds the known deviations of a run.
func markdownKnown(r *Run) string {
	known := r.known()
	if len(known) == 0 {
		return ""
	}
	var b strings.Builder
	markdownFold(&b, fmt.Sprintf("%s %s: %s", glyph(Known), short(r.Name), count(len(known), "known deviation")))
	for _, s := range known {
		fmt.Fprintf(&b, "- %s: %s (%s)\n", markdownName(s.Topic), markdownText(s.Known.Statement), markdownText(s.Known.ID))
	}
	b.WriteString(markdownUnfold + "\n")
	return b.String()
}

// markdownFolded folds text for a terminal, if there is any.
func markdownFolded(r *Run, what, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	var b strings.Builder
	markdownFold(&b, short(r.Name)+": "+what)
	markdownBlock(&b, lines(strings.TrimLeft(text, "\n")))
	b.WriteString(markdownUnfold + "\n")
	return b.String()
}
