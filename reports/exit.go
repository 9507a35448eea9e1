package reports

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
// kernel outweighs a broken harness; nothing outweighs the user's interrupt.
func ExitCode(r *Report) int {
	var violated, broken, ran bool
	for _, run := range r.Runs {
		if run.End != nil && run.End.Interrupted {
			return ExitInterrupted
		}
		broken = broken || run.End == nil || len(run.troubles()) > 0
		ran = ran || len(run.Measurements) > 0
		for _, s := range run.Results {
			violated = violated || s.Verdict.Violation()
			broken = broken || s.Verdict.Bad()
			ran = ran || s.Verdict != Skipped
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
