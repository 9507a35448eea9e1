package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WritePretty writes r's summary as text: a line per run, the reasons of its skips,
// its known deviations, the score of its mutants, how its benchmarks went, then each
// spec that neither passed nor was skipped, each mutant that was not killed, what each
// benchmark costs, and the table of runtimes. It has colours where w is a terminal and
// NO_COLOR is unset.
func WritePretty(w io.Writer, r *Report) error {
	_, err := io.WriteString(w, pretty(r, palette{on: terminalOf(w) != nil && wantsColor()}))
	return err
}

func pretty(r *Report, p palette) string {
	var b strings.Builder
	for _, run := range r.Runs {
		b.WriteString(runSummary(run, p))
	}
	for _, run := range r.Runs {
		for _, s := range append(run.bad(), run.known()...) {
			b.WriteString("\n" + failureText(run, s, brief, p))
		}
		if missing := run.Totals()[Missing]; missing > fewMissing {
			fmt.Fprintf(&b, "\n%s  %s  %d specs never ran\n", p.paint(verdictColor(Missing)+bold, "MISSING"), oneLine(run.Name), missing)
		}
		b.WriteString(prettyMutants(run, p))
		b.WriteString(prettyCosts(run, p))
	}
	b.WriteString(prettyRuntimes(r, p))
	if len(r.Runs) == 0 {
		b.WriteString("no run began\n")
	}
	return b.String()
}

// runLine says in a line what came of a run.
func runLine(r *Run, p palette) string {
	counts := verdictCounts(r.Totals(), p)
	if len(r.Benchmarks) > 0 && len(r.Results) == 0 {
		counts = benchmarksSummary(r, p)
	} else if len(r.Benchmarks) > 0 {
		counts += "  " + benchmarksSummary(r, p)
	}
	line := fmt.Sprintf("%s  %s  %s", p.paint(bold, oneLine(r.Name)), platform(r), counts)
	if r.End != nil {
		line += "  in " + duration(r.End.Seconds)
	}
	return line
}

func runSummary(r *Run, p palette) string {
	var b strings.Builder
	b.WriteString(runLine(r, p) + "\n")
	if skips := skipCounts(r); skips != "" {
		fmt.Fprintf(&b, "  skip: %s\n", skips)
	}
	if known := r.known(); len(known) > 0 {
		fmt.Fprintf(&b, "  known: %s\n", deviationCounts(known))
	}
	if unseen := r.unseen(); len(unseen) > 0 {
		fmt.Fprintf(&b, "  %s %s\n", p.paint(yellow, "known, but not seen:"), deviationCounts(unseen))
	}
	if len(r.Mutants) > 0 {
		fmt.Fprintf(&b, "  %s\n", mutantsSummary(r, p))
	}
	if len(r.Benchmarks) > 0 {
		b.WriteString(prettyBench(r, p))
	}
	for _, t := range r.troubles() {
		fmt.Fprintf(&b, "  %s %s\n", p.paint(yellow, "error:"), oneLine(t))
	}
	for _, c := range r.Complaints {
		if !r.unaccounted(c) {
			fmt.Fprintf(&b, "  %s %s\n", p.paint(yellow, "kernel:"), oneLine(complaintTitle(c)))
		}
	}
	return b.String()
}

// verdictCounts writes pass, skip and fail always, the others when there are any.
func verdictCounts(t Totals, p palette) string {
	var parts []string
	for _, v := range []Verdict{Pass, Skipped, Fail, XPass, Known, XFail, Broken, Timeout, Crash, Missing} {
		if always := v == Pass || v == Skipped || v == Fail; t[v] == 0 && !always {
			continue
		}
		text := fmt.Sprintf("%d %s", t[v], v)
		if t[v] > 0 {
			text = p.paint(verdictColor(v), text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "  ")
}

func skipCounts(r *Run) string {
	n := map[SkipCode]int{}
	for _, s := range r.Results {
		if s.Skip != nil {
			n[s.Skip.Code]++
		}
	}
	codes := SkipCodes()
	slices.SortStableFunc(codes, func(a, b SkipCode) int { return n[b] - n[a] })
	var parts []string
	for _, code := range codes {
		if n[code] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[code], code))
		}
	}
	return strings.Join(parts, ", ")
}
