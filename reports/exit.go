package reports

import "slices"

// The exit codes of a command that made a report; see the package comment. A
// usage error, 2, is the command's own.
const (
	ExitHeld        = 0
	ExitViolated    = 1
	ExitBroken      = 3
	ExitNothingRan  = 4
	ExitInterrupted = 130
)

// ExitCode returns what a command that made r exits with. Evidence against the
// kernel, or against the suite, outweighs a broken harness; nothing outweighs the
// user's interrupt.
//
// A run with mutants is judged by its specs without a mutant as any other run is,
// and by its mutants: one that survived or crashed the kernel is as bad as a spec
// that failed, one without a grade is as bad as a broken spec, and so is NoMutant
// when it disturbs. Specs that fail under a mutant are what it is for. As
// such a run is about its mutants, nothing ran where none of them applies, even if
// all specs passed; trying NoMutant says something only if that was all there was
// to try.
//
// A spec that passed although it was expected not to is as bad as one that failed:
// the list of what to expect is wrong.
//
// What a benchmark costs is no evidence against the kernel. One that was not measured
// in all its rounds, or whose every call was refused, is as bad as a broken spec.
func ExitCode(r *Report) int {
	var violated, broken, ran bool
	for _, run := range r.Runs {
		if run.End != nil && run.End.Interrupted {
			return ExitInterrupted
		}
		broken = broken || run.End == nil || len(run.troubles()) > 0
		ran = ran || run.ran()
		for _, v := range run.everyVerdict() {
			violated = violated || v.Violation() || v == XPass
			broken = broken || v.Bad()
		}
	}
	switch {
	case violated:
		return ExitViolated
	case broken:
		return ExitBroken
	case !ran:
		return ExitNothingRan
	}
	return ExitHeld
}

// everyVerdict returns the verdicts of specs, mutants and benchmarks.
func (r *Run) everyVerdict() []Verdict {
	var all []Verdict
	for _, s := range r.Results {
		all = append(all, s.Verdict)
	}
	for _, m := range r.Mutants {
		all = append(all, m.Grade.verdict())
	}
	for _, b := range r.Benchmarks {
		all = append(all, b.verdict())
	}
	return all
}

// ran reports whether the run did any of what it was for.
func (r *Run) ran() bool {
	if len(r.Mutants) > 0 {
		return slices.ContainsFunc(r.Mutants, func(m MutantResult) bool {
			return m.Grade != NotApplicable && (m.Mutant != NoMutant || len(r.Mutants) == 1)
		})
	}
	return slices.ContainsFunc(r.Benchmarks, func(b BenchmarkResult) bool { return b.verdict() != Skipped }) ||
		slices.ContainsFunc(r.Results, func(s SpecResult) bool { return s.Verdict != Skipped })
}
