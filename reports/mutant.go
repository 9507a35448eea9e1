package reports

// Mutant is a way in which a kernel module makes the kernel break one promise.
type Mutant struct {
	Name         string   `json:"name"` // says the lie: "uts-unshare-shares"; unique in a run
	Lie          string   `json:"lie"`  // the same in a sentence
	Functions    []string `json:"functions"`
	Requirements []string `json:"requirements"` // that it must break
}

// NoMutant is the name of a pseudo-mutant: the module is there, but no mutant is
// active, so that no verdict may change. It counts in no score.
const NoMutant = "none"

// Grade is what came of a mutant.
type Grade string

// The grades. A spec kills a mutant if it fails under it, passes on the same kernel
// without it, and names one of its requirements.
const (
	Killed        Grade = "killed"         // by at least one spec
	Survived      Grade = "survived"       // no spec killed it: the suite has a gap
	Crashed       Grade = "crashed"        // the kernel died before a kill
	NotApplicable Grade = "not-applicable" // this kernel lacks what it probes, or its requirements
	Ungraded      Grade = "broken"         // the machine or the harness failed: no grade
	Harmless      Grade = "harmless"       // of NoMutant: no verdict changed
	Disturbs      Grade = "disturbs"       // of NoMutant: the module alone changes verdicts
)

// Grades returns every grade, those that need attention first. [Disturbs] leads: it
// puts all others in doubt.
func Grades() []Grade {
	return []Grade{Disturbs, Survived, Crashed, Ungraded, NotApplicable, Harmless, Killed}
}

// verdict returns what a grade says of the suite's work in the terms of a spec, so
// that reports treat a survivor as they treat a failure.
func (g Grade) verdict() Verdict {
	switch g {
	case Killed, Harmless:
		return Pass
	case Survived:
		return Fail
	case Crashed:
		return Crash
	case NotApplicable:
		return Skipped
	}
	return Broken
}

// Graded says what came of one mutant. It says all: what happens under a mutant, its
// specs' verdicts and the kernel's complaints, has no events of its own.
type Graded struct {
	Mutant   string `json:"mutant"`
	Grade    Grade  `json:"grade"`
	Why      string `json:"why,omitempty"`       // in one line; empty when killed
	KilledBy []Kill `json:"killed_by,omitempty"` // the specs that count
	// Collateral has the failing specs of other requirements, which do not count; of
	// NoMutant, the specs whose verdict changed.
	Collateral []string `json:"collateral,omitempty"`
	Specs      int      `json:"specs"`             // that ended under the mutant
	Told       *uint64  `json:"told,omitempty"`    // how often the lie was told; nil where that is unknown
	Console    []string `json:"console,omitempty"` // the kernel's last lines, when crashed or broken
	Seconds    float64  `json:"seconds"`
}

// Kill is a spec that killed a mutant.
type Kill struct {
	Spec         string   `json:"spec"`
	Requirements []string `json:"requirements"` // of the mutant's, those that the spec names
	Message      string   `json:"message"`      // what the spec expected and saw
}

// MutantResult is a planned mutant with what came of it.
type MutantResult struct {
	Lie          string   `json:"lie"`
	Functions    []string `json:"functions"`
	Requirements []string `json:"requirements"`
	Graded
}

// Score grades the suite: of the mutants that apply to the kernel, how many it
// killed. One without a grade counts as not killed.
type Score struct {
	Killed     int `json:"killed"`
	Applicable int `json:"applicable"`
}

// Score returns the run's score, which is zero for a run without mutants.
func (r *Run) Score() Score {
	var s Score
	for _, m := range r.Mutants {
		if m.Mutant == NoMutant || m.Grade == NotApplicable {
			continue
		}
		s.Applicable++
		if m.Grade == Killed {
			s.Killed++
		}
	}
	return s
}
