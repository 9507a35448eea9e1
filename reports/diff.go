package reports

import (
	"cmp"
	"errors"
	"fmt"
)

// Diff says how the runs of two reports, or two runs of one, differ.
type Diff struct {
	Runs         []RunDiff
	OnlyA, OnlyB []*Run // that were compared with nothing
}

// RunDiff says how run B differs from run A: in what they proved, in what they cost, or
// in both.
type RunDiff struct {
	A, B *Run
	// Common is how many specs both planned; Changes is about those that either did.
	Common  int
	Changes []SpecChange
	// Costs is nil unless both measured.
	Costs *Comparison
	// Problem says why nothing could be compared; "" where something was.
	Problem string
	// Warnings say in a line each why the runs may differ for another reason than their
	// kernels, and what was not compared.
	Warnings []string
}

// Compare compares what there is to compare in the runs that were matched. It is an
// error if that is nothing at all.
func (m Match) Compare() (*Diff, error) {
	d := &Diff{OnlyA: m.OnlyA, OnlyB: m.OnlyB}
	var first error
	compared := false
	for _, pair := range m.Pairs {
		run, err := pair.compare()
		if err != nil {
			run.Problem = err.Error()
			first = cmp.Or(first, err)
		}
		compared = compared || err == nil
		d.Runs = append(d.Runs, run)
	}
	if !compared {
		return nil, first
	}
	return d, nil
}

func (p Pair) compare() (RunDiff, error) {
	d := RunDiff{A: p.A, B: p.B}
	proved := len(p.A.Results)+len(p.B.Results) > 0
	measured := p.A.unit() != "" || p.B.unit() != ""
	if proved {
		d.compareSpecs()
	}
	var err error
	d.Costs, err = Compare(p.A, p.B, p.InTurns)
	switch {
	case d.Costs != nil:
		return d, nil
	case d.Common > 0 && measured:
		d.Warnings = append(d.Warnings, "costs are not compared: "+err.Error())
	case proved && !measured:
		err = errors.New("the runs have no spec in common")
	}
	if d.Common > 0 {
		return d, nil
	}
	return RunDiff{A: p.A, B: p.B}, err
}

func (d *RunDiff) compareSpecs() {
	for _, s := range d.B.Results {
		if d.A.Spec(s.Spec) != nil {
			d.Common++
		}
	}
	d.Changes = Changes(d.A, d.B)
	d.Warnings = specDifferences(d.A, d.B)
}

// specDifferences says what, beside their kernels, differs between two runs and moves
// verdicts.
func specDifferences(a, b *Run) []string {
	var all notes
	if a.Begin != nil && b.Begin != nil {
		all.differ("the version of nsconform", a.Begin.Version, b.Begin.Version)
	}
	if ea, eb := a.Environment, b.Environment; ea != nil && eb != nil {
		all.differ("the machine", ea.Machine, eb.Machine)
		all.differ("the power over the machine", power(ea), power(eb))
		all.differ("the version of Linux that it is judged as", ea.AsLinux, eb.AsLinux)
	}
	for i, r := range []*Run{a, b} {
		for _, trouble := range r.troubles() {
			all = append(all, fmt.Sprintf("%s: %s", "AB"[i:i+1], trouble))
		}
	}
	return all
}

func power(e *Environment) string {
	if e.Unprivileged {
		return "that of an ordinary user"
	}
	return "all of it"
}

// Count returns how many changes of a kind there are.
func (d RunDiff) Count(kind ChangeKind) int { return len(d.changes(kind)) }

func (d RunDiff) changes(kind ChangeKind) []SpecChange {
	var all []SpecChange
	for _, c := range d.Changes {
		if c.Kind == kind {
			all = append(all, c)
		}
	}
	return all
}

// NoLongerHeld returns the specs that held in A, and in B were skipped or not planned:
// nothing is known to have broken, but what was proven is proven no more.
func (d RunDiff) NoLongerHeld() []SpecChange {
	var all []SpecChange
	for _, c := range d.Changes {
		if c.Before != nil && c.Before.Verdict.Sound() && (c.After == nil || c.After.Verdict == Skipped) {
			all = append(all, c)
		}
	}
	return all
}

// ExitCode returns what a command that made d exits with: [ExitViolated] if a spec is
// broken since A, [ExitBroken] if runs that were matched could not be compared.
func (d *Diff) ExitCode() int {
	code := ExitHeld
	for _, run := range d.Runs {
		if run.Count(BrokenSince) > 0 {
			return ExitViolated
		}
		if run.Problem != "" {
			code = ExitBroken
		}
	}
	return code
}
