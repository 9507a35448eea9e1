package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/catalog"
)

// listCmd lists requirements.
type listCmd struct {
	Coverage  bool     `help:"Print how many requirements of each topic are proven."`
	Uncovered bool     `help:"Only requirements that no spec proves yet."`
	Specs     bool     `help:"List specs instead of requirements."`
	Selector  []string `arg:"" optional:"" help:"Requirement id or pattern, page, topic, kind or label."`
}

// Run prints the list.
func (c *listCmd) Run(out *output) error {
	if c.Specs {
		return c.specs(out)
	}
	requirements, err := suites.Requirements(c.Selector...)
	if err != nil {
		return usageError{err}
	}
	if c.Coverage {
		return coverage(out, requirements)
	}
	proofs := proofs()
	w := tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', 0)
	for _, r := range requirements {
		if c.Uncovered && len(proofs[r.ID]) > 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, standing(r, proofs[r.ID]), r.Statement)
	}
	return w.Flush()
}

// standing says in a word or two whether a requirement is proven.
func standing(r catalog.Requirement, proofs []reports.PlannedSpec) string {
	switch {
	case len(proofs) == 1:
		return "1 spec"
	case len(proofs) > 1:
		return fmt.Sprintf("%d specs", len(proofs))
	case !r.Testable():
		return "untestable"
	case r.Hard != "":
		return "hard"
	}
	return "uncovered"
}

// proofs returns the specs that prove each requirement, by its id.
func proofs() map[string][]reports.PlannedSpec {
	proofs := map[string][]reports.PlannedSpec{}
	for _, spec := range (suites.Selection{}).Plan() {
		for _, id := range spec.Requirements {
			proofs[id] = append(proofs[id], spec)
		}
	}
	return proofs
}

func (c *listCmd) specs(out *output) error {
	selection, err := suites.Select(c.Selector...)
	if err != nil {
		return usageError{err}
	}
	for _, spec := range selection.Plan() {
		fmt.Fprintf(out.stdout, "%s\n    %s (%s)\n", spec.Name, strings.Join(spec.Requirements, " "), spec.Location)
	}
	return nil
}

func coverage(out *output, of []catalog.Requirement) error {
	coverage := suites.Coverage(of)
	w := tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "topic\tstatements\ttestable\tproven\t\t\n")
	for _, topic := range catalog.Topics() {
		if n := coverage.Topics[topic.Name]; n.Statements > 0 {
			printCount(w, topic.Name, n)
		}
	}
	printCount(w, "all", coverage.Count)
	w.Flush()
	w = tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', 0)
	if len(coverage.Excused) > 0 {
		fmt.Fprintln(w, "\nNot proven, and why:")
	}
	for _, r := range coverage.Excused {
		fmt.Fprintf(w, "%s\t%s\n", r.ID, r.Excuse())
	}
	return w.Flush()
}

func printCount(w *tabwriter.Writer, topic string, n catalog.Count) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d %%\t\n", topic, n.Statements, n.Testable, n.Covered, 100*n.Covered/max(1, n.Testable))
}
