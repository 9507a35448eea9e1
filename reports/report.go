package reports

import (
	"fmt"
	"slices"
	"time"
)

// Report is what a stream of events amounts to. It is made by [Report.Apply] and
// [Report.Close], or read from results.json; its zero value is an empty report. It
// is not safe for concurrent use.
type Report struct {
	Schema  int    `json:"schema"`
	Version string `json:"version"` // of the nsconform that ran the first run
	Runs    []*Run `json:"runs"`    // in the order in which they began
}

// Run is what one run amounts to.
type Run struct {
	Name        string       `json:"name"`
	Began       time.Time    `json:"began"`
	Begin       *RunBegin    `json:"begin,omitempty"`       // nil when the stream lacks it
	Environment *Environment `json:"environment,omitempty"` // nil when the kernel never came up

	// Results has one element per planned spec, sorted by topic and name. A spec
	// that has not ended is Missing.
	Results []SpecResult `json:"results"`

	// Mutants has one element per planned mutant, in the order of the plan. One
	// that has not ended is Ungraded.
	Mutants []MutantResult `json:"mutants,omitempty"`
	// MutantSeconds is how long it took to try them all, several at once perhaps:
	// from the first begin to the last end of one, NoMutant apart.
	MutantSeconds float64 `json:"mutant_seconds,omitempty"`

	// Benchmarks has one element per planned benchmark, in the order of the plan.
	Benchmarks []BenchmarkResult `json:"benchmarks,omitempty"`
	Censuses   []Census          `json:"censuses,omitempty"`

	Complaints []Complaint `json:"complaints,omitempty"`

	// StreamErrors says what in the stream made no sense: results of specs that
	// were never planned, measurements that cannot be, a second plan, events after
	// the end.
	StreamErrors []string `json:"stream_errors,omitempty"`
	End          *RunEnd  `json:"end,omitempty"` // nil until the run ends

	last       time.Time       // time of the last event
	index      map[string]int  // spec name to its place in Results
	unexpected map[string]bool // unplanned specs and mutants already complained about
	trial      trial           // how far the mutants are
	bench      bench           // how far the benchmarks are
}

// SpecResult is a planned spec with its result.
type SpecResult struct {
	Topic        string   `json:"topic"` // of its first requirement; "other" without one
	Requirements []string `json:"requirements"`
	Labels       []string `json:"labels,omitempty"`
	Location     string   `json:"location,omitempty"`
	Runtime      string   `json:"runtime,omitempty"` // see [PlannedSpec]
	Kind         string   `json:"kind,omitempty"`
	Result
}

// Apply folds the next event of a stream into r. It accepts any event in any
// order; what makes no sense goes to the run's StreamErrors.
func (r *Report) Apply(e Event) {
	r.Schema = Schema
	run := r.Run(e.Run)
	if run == nil {
		run = &Run{Name: e.Run, Began: e.Time, Results: []SpecResult{}}
		r.Runs = append(r.Runs, run)
		if e.Type != RunBegins {
			run.streamError("a %s event came before the run began", e.Type)
		}
	}
	run.apply(e)
	if r.Version == "" && run.Begin != nil {
		r.Version = run.Begin.Version
	}
}

// Close says that the stream has ended: a run that has not is in error.
func (r *Report) Close() {
	r.Schema = Schema
	for _, run := range r.Runs {
		if run.End != nil {
			continue
		}
		run.End = &RunEnd{
			Error:   "the event stream stopped before the run ended",
			Seconds: max(0, run.last.Sub(run.Began).Seconds()),
		}
	}
}

// Run returns the run of that name, nil if there is none.
func (r *Report) Run(name string) *Run {
	i := slices.IndexFunc(r.Runs, func(run *Run) bool { return run.Name == name })
	if i < 0 {
		return nil
	}
	return r.Runs[i]
}

// Arrange puts the runs in the order of these names; others come last. Runs that
// happen at the same time begin in any order.
func (r *Report) Arrange(names []string) {
	place := func(run *Run) int {
		if i := slices.Index(names, run.Name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortStableFunc(r.Runs, func(a, b *Run) int { return place(a) - place(b) })
}

// maxStreamErrors bounds what a guest that went mad can fill a report with.
const maxStreamErrors = 100

func (r *Run) streamError(format string, args ...any) {
	switch n := len(r.StreamErrors); {
	case n < maxStreamErrors:
		r.StreamErrors = append(r.StreamErrors, fmt.Sprintf(format, args...))
	case n == maxStreamErrors:
		r.StreamErrors = append(r.StreamErrors, "more stream errors followed, which are not kept")
	}
}
