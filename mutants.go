package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/vm/mutants"
)

// mutantsCmd grades the suite with kernels that lie.
type mutantsCmd struct {
	List      bool `help:"List the mutants, one a line, with the requirements that they break."`
	Uncovered bool `help:"List the requirements that no mutant breaks."`

	AllSpecs bool          `help:"Run all specs under each mutant, not only those of the requirements that it breaks."`
	Limit    time.Duration `default:"1m" help:"Give up on a mutant after this time, on a run of all specs after ten times as long; what was seen until then counts."`
	machineFlags
	parallelFlag
	reportFlags

	Name []string `arg:"" optional:"" help:"Mutant, pattern for names ('uts-*') or topic."`
}

// Validate checks what the tags cannot.
func (c *mutantsCmd) Validate() error {
	if c.Limit <= 0 {
		return fmt.Errorf("--limit=%v: allow some time", c.Limit)
	}
	if err := c.onlyAMD64("mutants are made of"); err != nil && !c.List && !c.Uncovered {
		return err
	}
	return c.parallelFlag.check()
}

// Run tries every mutant on each kernel in turn and reports.
func (c *mutantsCmd) Run(ctx context.Context, out *output) error {
	chosen, err := mutants.Select(c.Name...)
	if err != nil {
		return usageError{err}
	}
	switch {
	case c.Uncovered:
		return c.uncovered(out)
	case c.List:
		return c.list(out, chosen)
	}
	if err := mutants.FindTools(); err != nil {
		return err
	}
	suites.Prepare()
	tools, err := c.toolsFor(specsOf(chosen...).Plan())
	if err != nil {
		return err
	}
	files, err := openFiles(c.ReportDir)
	if err != nil {
		return err
	}
	defer files.close()
	machines, err := c.machines(ctx, out, files, <-c.platforms(ctx), tools)
	if err != nil {
		return err
	}
	c.stream(out, files, len(machines))
	view := reports.NewTerminal(out.stderr, reports.TerminalOptions{Verbose: c.Verbose})
	report := &reports.Report{}
	emit := following(files, report, view)
	for _, m := range machines {
		if ctx.Err() != nil {
			break
		}
		t := &trial{machine: m, mutants: chosen, allSpecs: c.AllSpecs, parallel: c.machinesAtOnce(), limit: c.Limit, seed: rand.Int64N(1 << 31), emit: emit}
		if err := t.prepare(ctx, out); err != nil {
			return err
		}
		t.run(ctx)
	}
	report.Close()
	view.Close()
	return c.conclude(out, files, report)
}

func (c *mutantsCmd) list(out *output, chosen []mutants.Mutant) error {
	w := tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', 0)
	for _, m := range chosen {
		fmt.Fprintf(w, "%s\t%s\t%s\n", m.Name, strings.Join(m.Functions, " "), strings.Join(m.Requirements, " "))
	}
	return w.Flush()
}

func (c *mutantsCmd) uncovered(out *output) error {
	var broken []string
	for _, m := range mutants.Table() {
		broken = append(broken, m.Requirements...)
	}
	proofs := proofs()
	w := tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', 0)
	for _, r := range catalog.All() {
		if r.Testable() && !slices.Contains(broken, r.ID) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, standing(r, proofs[r.ID]), r.Statement)
		}
	}
	return w.Flush()
}
