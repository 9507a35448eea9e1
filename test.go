package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
)

// testCmd proves requirements.
type testCmd struct {
	Kernel    []string      `short:"k" placeholder:"KERNEL" help:"Kernel to boot in a virtual machine: a bzImage or vmlinux, host, debian:SUITE or debian:VERSION. Repeatable. Default: the newest cloud kernel of this machine's apt suites."`
	Here      bool          `help:"Run on this machine, not in a virtual one."`
	ReportDir string        `placeholder:"DIR" help:"Write results.json, junit.xml, ktap.txt, report.html, events.ndjson and console.log there."`
	Format    string        `default:"pretty" enum:"${formats}" help:"What to print at the end: ${formats}."`
	Seed      int64         `help:"Seed of the specs' order. Default: a new one, which the report tells."`
	Repeat    int           `default:"1" help:"Run everything so many times, each with another seed."`
	Timeout   time.Duration `default:"30m" help:"Give up on a run after this time."`
	Accel     string        `default:"auto" enum:"auto,kvm,tcg" help:"How to run the virtual machine: auto, kvm or tcg."`
	Verbose   bool          `short:"v" help:"Show each spec as it ends."`

	SelfTest string   `hidden:""`
	Selector []string `arg:"" optional:"" help:"What to prove: requirement id or pattern, page ('pid_namespaces(7)'), topic, kind or label."`
}

// Validate checks what the tags cannot.
func (c *testCmd) Validate() error {
	if c.Repeat < 1 {
		return fmt.Errorf("--repeat=%d: repeat at least once", c.Repeat)
	}
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout=%v: allow some time", c.Timeout)
	}
	return nil
}

// Run runs the specs on each target in turn and reports.
func (c *testCmd) Run(ctx context.Context, out *output) error {
	suites.Prepare()
	files, err := openFiles(c.ReportDir)
	if err != nil {
		return err
	}
	defer files.close()
	platform := c.platform(ctx) // is found out while the plan is made
	selection, plan, err := c.plan(out)
	if err != nil {
		return err
	}
	begin := beginning(plan, os.Args[1:])
	targets, err := c.targets(ctx, out, files, <-platform)
	if err != nil {
		return err
	}
	j := job{Filter: selection.Filter(), Folders: suites.Folders(plan), Gates: suites.Gates(plan), Seed: c.Seed}
	if j.Seed == 0 {
		j.Seed = rand.Int64N(1 << 31)
	}
	view := reports.NewTerminal(out.stderr, reports.TerminalOptions{Verbose: c.Verbose})
	report := &reports.Report{}
	emit := func(e reports.Event) {
		files.event(e)
		report.Apply(e)
		view.Event(e)
	}
	for i := range c.Repeat {
		for _, target := range targets {
			c.runOn(ctx, target, i, j, begin, emit)
		}
	}
	report.Close()
	view.Close()
	return c.conclude(out, files, report)
}

// plan returns what the selectors choose.
func (c *testCmd) plan(out *output) (suites.Selection, []reports.PlannedSpec, error) {
	selection, err := suites.Select(c.Selector...)
	if err != nil {
		return selection, nil, usageError{err}
	}
	if c.SelfTest != "" {
		selection = suites.SelfTest(c.SelfTest)
	}
	plan := selection.Plan()
	if len(plan) == 0 {
		fmt.Fprintf(out.stderr, "nsconform: nothing to run: no spec yet proves %s; see nsconform list\n", strings.Join(c.Selector, ", "))
		return selection, nil, exitCode(reports.ExitNothingRan)
	}
	return selection, plan, nil
}

// runOn makes one run, unless the user has stopped everything.
func (c *testCmd) runOn(ctx context.Context, target target, repetition int, j job, begin reports.RunBegin, emit func(reports.Event)) {
	if ctx.Err() != nil {
		return
	}
	name := target.name()
	if repetition > 0 {
		name = fmt.Sprintf("%s #%d", name, repetition+1)
	}
	j.Seed += int64(repetition)
	begin.Target, begin.Seed = target.name(), j.Seed
	r := newSession(name, begin, emit)
	limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the run took longer than %v (--timeout)", c.Timeout))
	defer cancel()
	r.end(limited, target.run(limited, j, r))
}

func (c *testCmd) conclude(out *output, files *files, report *reports.Report) error {
	if err := reports.Write(c.Format, out.stdout, report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if c.ReportDir != "" {
		if err := reports.WriteAll(c.ReportDir, report); err != nil {
			return err
		}
		if err := files.err; err != nil {
			return fmt.Errorf("write to %s: %w", c.ReportDir, err)
		}
		fmt.Fprintf(out.stderr, "reports are in %s; start with %s\n", c.ReportDir, filepath.Join(c.ReportDir, "report.html"))
	}
	if code := reports.ExitCode(report); code != 0 {
		return exitCode(code)
	}
	return nil
}

// beginning is what every run's first event tells.
func beginning(plan []reports.PlannedSpec, args []string) reports.RunBegin {
	coverage := suites.Coverage()
	begin := reports.RunBegin{
		Schema: reports.Schema, Version: version(), Args: args, Plan: plan,
		Coverage: reports.Coverage{Statements: coverage.Statements, Testable: coverage.Testable, Covered: coverage.Covered},
	}
	for _, spec := range plan {
		for _, id := range spec.Requirements {
			if !slices.ContainsFunc(begin.Requirements, func(r reports.Requirement) bool { return r.ID == id }) {
				begin.Requirements = append(begin.Requirements, requirement(id))
			}
		}
	}
	return begin
}

// files are what a run writes to the report folder while it lasts.
type files struct {
	console io.Writer
	stream  *reports.Writer
	open    []*os.File
	err     error // the first that went wrong
}

func openFiles(dir string) (*files, error) {
	f := &files{console: io.Discard}
	if dir == "" {
		return f, nil
	}
	if err := reports.CheckDir(dir); err != nil {
		return nil, err
	}
	for _, name := range []string{"console.log", "events.ndjson"} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			f.close()
			return nil, err
		}
		f.open = append(f.open, file)
	}
	f.console, f.stream = f.open[0], reports.NewWriter(f.open[1])
	return f, nil
}

func (f *files) event(e reports.Event) {
	if f.stream == nil {
		return
	}
	if err := f.stream.Emit(e); err != nil && f.err == nil {
		f.err = err
	}
}

func (f *files) close() {
	for _, file := range f.open {
		file.Close()
	}
}
