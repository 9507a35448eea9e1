package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sync/errgroup"
)

// testCmd proves requirements.
type testCmd struct {
	machineFlags
	parallelFlag
	hereFlags
	judgeFlags
	reportFlags
	Seed      int64         `help:"Seed of the specs' order and of what is random in them. Default: a new one for the order, which the report tells, and always the same for the rest."`
	Sequences int           `default:"12" help:"Compare the mount tables with a model's after so many random sequences of calls."`
	Repeat    int           `default:"1" help:"Run everything so many times, each with another seed."`
	Timeout   time.Duration `default:"30m" help:"Give up on a run after this time."`

	SelfTest string   `hidden:""`
	Selector []string `arg:"" optional:"" help:"What to prove: requirement id or pattern, page ('pid_namespaces(7)'), topic, kind or label."`
}

// Validate checks what the tags cannot.
func (c *testCmd) Validate() error {
	if c.Repeat < 1 {
		return fmt.Errorf("--repeat=%d: repeat at least once", c.Repeat)
	}
	if c.Sequences < 1 {
		return fmt.Errorf("--sequences=%d: try at least one", c.Sequences)
	}
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout=%v: allow some time", c.Timeout)
	}
	if c.Name != "here" && !c.Here {
		return fmt.Errorf("--name=%s: it names this machine: say --here, too", c.Name)
	}
	if c.Name == "" {
		return errors.New("--name=: give this machine a name")
	}
	return c.parallelFlag.check()
}

// Run runs the specs on each target and reports.
func (c *testCmd) Run(ctx context.Context, out *output) error {
	suites.Prepare()
	files, err := openFiles(c.ReportDir)
	if err != nil {
		return err
	}
	defer files.close()
	var found <-chan platforms // is found out while the plan is made
	if c.needMachines() {
		found = c.platforms(ctx)
	}
	selection, plan, err := c.plan(out)
	if err != nil {
		return err
	}
	tools, err := c.toolsFor(plan)
	if err != nil {
		return err
	}
	begin := beginning(plan, os.Args[1:])
	expected, err := c.expectations(plan)
	if err != nil {
		return err
	}
	targets, err := c.targets(ctx, out, files, found, tools)
	if err != nil {
		return err
	}
	j := job{Filter: selection.Filter(), Containers: suites.Containers(plan), Gates: suites.Gates(plan), Seed: c.Seed, Chance: spec.Chance}
	j.Chance.Sequences, j.AsLinux = c.Sequences, c.AsLinux.Version
	if j.Seed == 0 {
		j.Seed = rand.Int64N(1 << 31)
	} else {
		j.Chance.Seed = uint64(c.Seed)
	}
	c.stream(out, files, len(targets)*c.Repeat)
	view := reports.NewTerminal(out.stderr, reports.TerminalOptions{Verbose: c.Verbose})
	report := &reports.Report{}
	emit := expected.Judge(following(files, report, view))
	c.runOnAll(ctx, targets, func(target target, repetition int) { c.runOn(ctx, target, repetition, j, begin, emit) })
	report.Close()
	report.Arrange(c.runNames(targets))
	view.Close()
	status := c.conclude(out, files, report)
	return cmp.Or(c.writeExpectations(out, report), status)
}

// runOnAll runs on each target as often as asked for, and closes it: on as many kernels
// at once as machines may run. This machine, which its specs take for themselves, comes
// first, and then newer kernels before older ones: they owe more, and while the last
// machine runs the other processors have nothing to do.
func (c *testCmd) runOnAll(ctx context.Context, targets []target, run func(target target, repetition int)) {
	var kernels errgroup.Group
	kernels.SetLimit(c.machinesAtOnce())
	for _, target := range slices.SortedStableFunc(slices.Values(targets), newestFirst) {
		each := func() error {
			defer target.close()
			for i := range c.Repeat {
				run(target, i)
			}
			return nil
		}
		if _, alone := target.(here); alone {
			each()
		} else {
			kernels.Go(each)
		}
	}
	kernels.Wait()
}

// newestFirst compares targets for [slices.SortedStableFunc]. What does not tell its
// version comes first.
func newestFirst(a, b target) int {
	version := func(t target) nsutil.Version {
		m, isMachine := t.(*machine)
		if isMachine {
			if v, err := nsutil.ParseVersion(m.kernel.Release); err == nil {
				return v
			}
		}
		return nsutil.Version{Major: math.MaxInt}
	}
	return version(b).Compare(version(a))
}

// runName is the name of a target's run.
func runName(target target, repetition int) string {
	if repetition == 0 {
		return target.name()
	}
	return fmt.Sprintf("%s #%d", target.name(), repetition+1)
}

// runNames are those of all runs, in the order in which the user named the targets.
func (c *testCmd) runNames(targets []target) []string {
	var names []string
	for i := range c.Repeat {
		for _, target := range targets {
			names = append(names, runName(target, i))
		}
	}
	return names
}

// plan returns what the selectors choose. Specs that run other programs have to be
// chosen, or the programs.
func (c *testCmd) plan(out *output) (suites.Selection, []reports.PlannedSpec, error) {
	selection, err := suites.Select(c.Selector...)
	if err != nil {
		return selection, nil, usageError{err}
	}
	with, err := c.tools()
	if err != nil {
		return selection, nil, err
	}
	if len(c.Selector) == 0 {
		selection = selection.WithTools(with.Sets...)
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
	j.Seed += int64(repetition)
	j.Chance.Seed += uint64(repetition)
	begin.Target, begin.Seed = target.name(), j.Seed
	r := newSession(runName(target, repetition), begin, emit)
	limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("the run took longer than %v (--timeout)", c.Timeout))
	defer cancel()
	r.end(target.run(limited, j, r).because(limited))
}

// beginning is what every run's first event tells.
func beginning(plan []reports.PlannedSpec, args []string) reports.RunBegin {
	coverage := suites.Coverage(catalog.All())
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
