package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/reports"
)

// compareCmd compares what two runs cost.
type compareCmd struct {
	FailAbove share  `placeholder:"N%" help:"Exit with 1 if a benchmark is slower in B by more than this, beyond doubt."`
	A         string `arg:"" help:"Report of the first run: a results.json, or the folder that has it."`
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

// Run prints the comparison.
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
	first, second, paired, err := reports.RunsToCompare(a, b)
	if err != nil {
		return err
	}
	comparison, err := reports.Compare(first, second, paired)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if err := reports.WriteComparison(out.stdout, comparison); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	if worst, slower, found := comparison.WorstSlowdown(); c.FailAbove.asked && found && 100*slower > c.FailAbove.percent {
		fmt.Fprintf(out.stderr, "nsconform: %s is %.1f %% slower, more than %g %%\n", worst.Name, 100*slower, c.FailAbove.percent)
		return exitCode(reports.ExitViolated)
	}
	return nil
}

// readReport reads a results.json, or that of a folder.
func readReport(path string) (*reports.Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "results.json")
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: nsconform bench --report-dir writes it", err)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	report, err := reports.Read(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return report, nil
}
