package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/nsconform/nsconform/bench"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/mutants"
)

// benchCmd measures what namespaces cost.
type benchCmd struct {
	List bool `help:"List the benchmarks and what is timed in each."`

	machineFlags
	Here  bool `help:"Measure on this machine, not in a virtual one."`
	Exact bool `help:"Count the instructions of the guest, in QEMU's emulation: the same on every machine, busy or not."`
	reportFlags
	Boots   int           `placeholder:"N" help:"Boot each kernel so many times, in turn with the others. Default: 3, with --exact 2."`
	Rounds  int           `placeholder:"N" help:"Measure everything so many times in each boot. Default: 5, with --here 20, with --exact 3."`
	Seed    int64         `help:"Seed of the benchmarks' order. Default: a new one, which the report tells."`
	Timeout time.Duration `default:"30m" help:"Give up on a boot, or on --here, after this time."`
	Mutant  string        `hidden:""`

	Pattern []string `arg:"" optional:"" help:"What to measure: benchmark, beginning of its name, pattern ('*/net') or kind. The baselines always are."`
}

// Validate checks what the tags cannot.
func (c *benchCmd) Validate() error {
	switch {
	case c.Boots < 0 || c.Rounds < 0:
		return fmt.Errorf("--boots and --rounds: try at least one")
	case !knownMutant(c.Mutant):
		return fmt.Errorf("--mutant=%s: there is no such mutant", c.Mutant)
	case c.Timeout <= 0:
		return fmt.Errorf("--timeout=%v: allow some time", c.Timeout)
	case c.Here && !c.named() && (c.Boots > 0 || len(c.Append) > 0):
		return fmt.Errorf("--here boots nothing: leave out --boots and --append")
	case c.Exact && c.Here:
		return fmt.Errorf("--exact counts instructions of a virtual machine: leave out --here")
	case c.Exact && c.Accel == string(vm.KVM):
		return fmt.Errorf("--exact counts instructions that QEMU emulates: leave out --accel=kvm")
	case c.Exact:
		c.Accel = string(vm.TCG)
		return c.onlyAMD64("--exact counts instructions of")
	case c.Mutant != "":
		return c.onlyAMD64("mutants are made of")
	}
	return nil
}

func knownMutant(name string) bool {
	named := func(m mutants.Mutant) bool { return m.Name == name }
	return name == "" || name == reports.NoMutant || slices.ContainsFunc(mutants.Costs(), named) || slices.ContainsFunc(mutants.Table(), named)
}

// Run measures on each target, and reports.
func (c *benchCmd) Run(ctx context.Context, out *output) error {
	plan, err := bench.Select(c.Exact, c.Pattern...)
	if err != nil {
		return usageError{err}
	}
	if c.List {
		return listBenchmarks(out.stdout, plan)
	}
	files, err := openFiles(c.ReportDir)
	if err != nil {
		return err
	}
	defer files.close()
	subjects, err := c.subjects(ctx, out, files)
	if err != nil {
		return err
	}
	c.stream(out, files, len(subjects))
	view := reports.NewTerminal(out.stderr, reports.TerminalOptions{Verbose: c.Verbose})
	report := &reports.Report{}
	c.measure(ctx, plan, subjects, following(files, report, view))
	report.Close()
	view.Close()
	status := c.conclude(out, files, report)
	if c.Format == "pretty" {
		compareRuns(out, report)
	}
	return status
}

// compareRuns prints what each run cost against the first: they were measured in turns.
func compareRuns(out *output, report *reports.Report) {
	for _, run := range report.Runs[1:] {
		comparison, err := reports.Compare(report.Runs[0], run, true)
		if err != nil {
			fmt.Fprintf(out.stderr, "no comparison: %v\n", err)
			continue
		}
		fmt.Fprintln(out.stdout)
		reports.WriteComparison(out.stdout, comparison)
	}
}

// measured is a kernel that is measured.
type measured struct {
	name          string
	boots, rounds int
	measure       func(ctx context.Context, j measureJob, s *session) ending
}

// subjects finds every kernel before anything is measured.
func (c *benchCmd) subjects(ctx context.Context, out *output, files *files) ([]measured, error) {
	var all []measured
	if c.Here {
		h := here{called: "here", processes: 1}
		if err := h.be(out); err != nil {
			return nil, err
		}
		all = append(all, measured{h.name(), 1, cmp.Or(c.Rounds, 20), h.measure})
	}
	if c.Here && !c.named() {
		return all, nil
	}
	tools, err := c.tools()
	if err != nil {
		return nil, err
	}
	machines, err := c.machines(ctx, out, files, <-c.platforms(ctx), tools)
	for i, m := range machines {
		boots, rounds := 3, 5
		if c.Exact {
			boots, rounds = 2, 3
		}
		name := m.name()
		if slices.ContainsFunc(all, func(other measured) bool { return other.name == name }) {
			name = fmt.Sprintf("%s #%d", name, i+1)
		}
		module := ""
		if c.Mutant != "" {
			if module, err = m.mutantModule(ctx, out); err != nil {
				return nil, err
			}
		}
		all = append(all, measured{name, cmp.Or(c.Boots, boots), cmp.Or(c.Rounds, rounds), func(ctx context.Context, j measureJob, s *session) ending {
			return m.measure(ctx, j, s, module)
		}})
	}
	return all, err
}

// measure boots each kernel once, then again in the opposite order, so that what
// changes over time falls on all of them alike.
func (c *benchCmd) measure(ctx context.Context, plan []reports.PlannedBenchmark, all []measured, emit func(reports.Event)) {
	j := measureJob{Seed: c.Seed, Exact: c.Exact, Mutant: c.Mutant}
	if j.Seed == 0 {
		j.Seed = rand.Int64N(1 << 31)
	}
	for _, b := range plan {
		j.Names = append(j.Names, b.Name)
	}
	sessions, ends, boots := make([]*session, len(all)), make([]ending, len(all)), 0
	for i, m := range all {
		boots = max(boots, m.boots)
		sessions[i] = newSession(m.name, reports.RunBegin{
			Schema: reports.Schema, Version: version(), Args: os.Args[1:], Target: m.name, Seed: j.Seed,
			Requirements: []reports.Requirement{}, Plan: []reports.PlannedSpec{},
			Benchmarks: plan, Boots: m.boots, Rounds: m.rounds,
		}, emit)
		sessions[i].modules = []string{"veth"}
	}
	for boot := 1; boot <= boots; boot++ {
		for place, m := range all {
			i := place
			if boot%2 == 0 { // who goes first has it easier, or harder
				i = len(all) - 1 - place
				m = all[i]
			}
			if boot > m.boots || ends[i].err != nil || ctx.Err() != nil {
				continue
			}
			j.Boot, j.Rounds = boot, m.rounds
			limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("measuring took longer than %v (--timeout)", c.Timeout))
			ends[i] = m.measure(limited, j, sessions[i]).because(limited)
			cancel()
		}
	}
	for i, s := range sessions {
		s.end(ends[i].because(ctx))
	}
}

// whole is one part, without specs.
var whole = [][]int{nil}

// measure measures on this machine.
func (h here) measure(ctx context.Context, j measureJob, s *session) ending {
	j.Slowdown, s.boot = 1, j.Boot
	return h.divide(ctx, s, whole, func(_ *part, mark string) []string {
		j := j
		j.Mark = mark
		return j.args()
	})
}

// silence is how long a benchmark may take.
const silence = time.Minute

// measure boots the machine, with a module that makes its kernel lie unless that is
// empty, and measures in it.
func (m *machine) measure(ctx context.Context, j measureJob, s *session, module string) ending {
	config, err := m.config(s)
	if err != nil {
		return ending{err: err}
	}
	config.Short, config.Exact = false, j.Exact
	s.boot = j.Boot
	fmt.Fprintf(m.console, "==> %s, boot %d\n", s.name, j.Boot)
	j.Slowdown = float64(vm.Slowdown(m.accelerator))
	if j.Exact {
		// Its clocks go with what it does; and what it is told must be the same each time.
		j.Slowdown, j.Boot, j.Seed = 1, 1, 1
	}
	if module != "" {
		config = withMutants(config, module)
	}
	return s.divide(ctx, whole, func(p *part) ending {
		return m.runArgs(ctx, booting(config), j.args(), silence, p, m.console)
	})
}

func listBenchmarks(out io.Writer, plan []reports.PlannedBenchmark) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, b := range plan {
		fmt.Fprintf(w, "%s\t%s\n", b.Name, b.Timed)
	}
	return w.Flush()
}
