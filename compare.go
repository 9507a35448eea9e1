package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/reports"
)

// compareCmd compares what two runs have proved and what they cost.
type compareCmd struct {
	Format    string `default:"pretty" enum:"${diffformats}" help:"What to print: ${diffformats}."`
	RunA      string `placeholder:"NAME" help:"The run of A to compare. Default: its only one, or each with that of the same name in B."`
	RunB      string `placeholder:"NAME" help:"The run to compare it with."`
	Strict    bool   `help:"Exit with 1 for specs that held in A, and in B are skipped or gone, too."`
	FailAbove share  `placeholder:"N%" help:"Exit with 1 if a benchmark is slower in B by more than this, beyond doubt."`
	A         string `arg:"" help:"Report of the first run: a results.json, an events.ndjson, or the folder that has it."`
	B         string `arg:"" optional:"" help:"Report of the other run. Without it, A has both."`
}

// share is a part of something, in percent.
type share struct {
	percent float64
	asked   bool
}

// UnmarshalText reads "5%" or "5".
func (s *share) UnmarshalText(text []byte) error {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "%"), 64)
	if err != nil || !(percent >= 0 && percent < 1e6) {
		return fmt.Errorf("%q is no percentage: try 5%%", text)
	}
	s.percent, s.asked = percent, true
	return nil
}

// Run prints the comparison. Its error is the exit status.
func (c *compareCmd) Run(out *output) error {
	a, err := readReport(c.A)
	if err != nil {
		return err
	}
	var b *reports.Report
	if c.B != "" {
		if b, err = readReport(c.B); err != nil {
			return err
		}
	}
	match, err := reports.MatchRuns(a, b, c.RunA, c.RunB)
	if err != nil {
		return usageError{fmt.Errorf("%w; --run-a and --run-b choose", err)}
	}
	diff, err := match.Compare()
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if err := reports.WriteDiff(c.Format, out.stdout, diff); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	if c.worse(out, diff) {
		return exitCode(reports.ExitViolated)
	}
	if code := diff.ExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}

// worse says whether B is worse than the user allows, and in what.
func (c *compareCmd) worse(out *output, diff *reports.Diff) bool {
	worse := false
	for _, run := range diff.Runs {
		if lost := len(run.NoLongerHeld()); c.Strict && lost > 0 {
			fmt.Fprintf(out.stderr, "nsconform: %q: %d of what held is skipped or gone\n", run.B.Name, lost)
			worse = true
		}
		if run.Costs == nil || !c.FailAbove.asked {
			continue
		}
		if worst, slower, found := run.Costs.WorstSlowdown(); found && 100*slower > c.FailAbove.percent {
			fmt.Fprintf(out.stderr, "nsconform: %q is %.1f %% slower, more than %g %%\n", worst.Name, 100*slower, c.FailAbove.percent)
			worse = true
		}
	}
	return worse
}

// readReport reads a report that a user has named.
func readReport(path string) (*reports.Report, error) {
	report, err := reports.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: test, bench and mutants write it with --report-dir", err)
	}
	return report, err
}
