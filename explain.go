package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/catalog"
)

// explainCmd explains requirements.
type explainCmd struct {
	Selector []string `arg:"" help:"Requirement id or pattern, page, topic, kind or label."`
}

// Run prints all that is known of each requirement.
func (c *explainCmd) Run(out *output) error {
	requirements, err := suites.Requirements(c.Selector...)
	if err != nil {
		return usageError{err}
	}
	proofs := proofs()
	for i, r := range requirements {
		if i > 0 {
			fmt.Fprintln(out.stdout)
		}
		explain(out.stdout, r, proofs[r.ID])
	}
	return nil
}

func explain(w io.Writer, r catalog.Requirement, proofs []reports.PlannedSpec) {
	fmt.Fprintf(w, "%s\n  %s\n\n", r.ID, r.Statement)
	source := r.Page
	if r.Section != "" {
		source += ", " + r.Section
	}
	for _, line := range []struct{ what, text string }{
		{"source", source},
		{"level", string(r.Level)},
		{"since", prefixed("Linux ", r.SinceText())},
		{"needs", strings.Join(r.Needs, ", ")},
		{"config", strings.Join(r.Kconfig, ", ")},
		{"differs", r.Differs},
		{"hard", r.Hard},
		{"untestable", r.Untestable},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "  %-11s %s\n", line.what, line.text)
		}
	}
	for _, d := range catalog.Deviations(r.ID) {
		fmt.Fprintf(w, "  %-11s %s (%s)\n  %-11s %s\n  %-11s %s\n", "known", d.Statement, d.Of(), "", d.Evidence, "", d.URL)
	}
	for _, spec := range proofs {
		fmt.Fprintf(w, "  %-11s %s\n  %-11s %s\n", "proven by", spec.Name, "", spec.Location)
	}
	if len(proofs) == 0 && r.Testable() {
		fmt.Fprintf(w, "  %-11s %s\n", "proven by", "no spec yet")
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
