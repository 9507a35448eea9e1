package main

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
)

// judgeFlags say what kernels are held to.
type judgeFlags struct {
	AsLinux     linuxVersion `placeholder:"VERSION" help:"Hold the kernel to what this version of Linux promises, 6.1, whatever it says of itself. For kernels that are compatible with Linux."`
	Expect      string       `placeholder:"FILE" help:"Deviations that are expected: a line each, which begins with a requirement id or pattern, or a spec in double quotes. They do not fail the run, but one that is gone does."`
	WriteExpect string       `placeholder:"FILE" help:"Write a list for --expect with all deviations of this run."`
}

// linuxVersion is a version on the command line.
type linuxVersion struct{ nsutil.Version }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (v *linuxVersion) UnmarshalText(text []byte) (err error) {
	v.Version, err = nsutil.ParseVersion(string(text))
	return err
}

// expectations reads what is expected. A line that concerns no spec at all is a
// mistake; one that concerns none of the plan's does nothing.
func (f *judgeFlags) expectations(plan []reports.PlannedSpec) (*reports.Expectations, error) {
	if f.Expect == "" {
		return &reports.Expectations{}, nil
	}
	expected, err := reports.ReadExpectations(f.Expect)
	if err == nil {
		err = expected.Check(append(suites.Selection{}.Plan(), plan...))
	}
	if err != nil {
		return nil, usageError{err}
	}
	return expected, nil
}

// writeExpectations writes what is to be expected from now on, if that is asked for.
func (f *judgeFlags) writeExpectations(out *output, report *reports.Report) error {
	if f.WriteExpect == "" {
		return nil
	}
	file, err := os.Create(f.WriteExpect)
	if err != nil {
		return fmt.Errorf("write what is expected: %w", err)
	}
	defer file.Close()
	if err := reports.WriteExpectations(file, report); err != nil {
		return fmt.Errorf("write what is expected: %w", err)
	}
	fmt.Fprintf(out.stderr, "what is to be expected is in %s\n", f.WriteExpect)
	return nil
}
