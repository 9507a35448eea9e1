package reports

// PlannedBenchmark is one benchmark that a run intends to measure.
type PlannedBenchmark struct {
	Name  string `json:"name"`           // "enter/pidfd/uts"; unique in a run
	Group string `json:"group"`          // the first part of the name
	Kind  string `json:"kind,omitempty"` // of the namespaces; empty for none or several
	Timed string `json:"timed"`          // what is timed: "setns(pidfd, CLONE_NEWUTS)"
	// Curve is the curve that the benchmark is a point of, Axis what is counted on
	// its axis, and X where on it; Curve is empty for one that stands alone.
	Curve string  `json:"curve,omitempty"` // "live/net"
	Axis  string  `json:"axis,omitempty"`  // "live namespaces"
	X     float64 `json:"x,omitempty"`
}

// Measurement is what one round of a benchmark measured. A run has several rounds
// of each, spread over its time.
type Measurement struct {
	Benchmark string `json:"benchmark"`
	// Boot counts the boots of the machine from 1, Round the rounds within one. In
	// one report, the same boot and round of two runs were measured one after the
	// other: they are a pair.
	Boot  int  `json:"boot"`
	Round int  `json:"round"`
	Unit  Unit `json:"unit"` // of Values
	// Values are the samples in ascending order, each value once, and Counts how
	// often each was measured. Times have four significant digits.
	Values []float64 `json:"values"`
	Counts []int     `json:"counts"`
	// Refused counts the calls that were not done, by the errno: EPERM. They are not
	// among the samples.
	Refused map[string]int `json:"refused,omitempty"`
	// Rate is how many were done in a second, by all processes of the benchmark
	// together; 0 where that is not measured.
	Rate float64 `json:"rate,omitempty"`
	// Error says why there are no samples: what was measured did not happen.
	Error string `json:"error,omitempty"`
	// Skip says why there are none where the benchmark does not apply: the kernel has
	// no time namespaces. One round that says so is enough.
	Skip *Skip `json:"skip,omitempty"`
}

// Unit is what samples are measured in.
type Unit string

// The units.
const (
	Nanoseconds  Unit = "ns"
	Instructions Unit = "instructions" // of the guest, in exact mode
)

// Census counts what slows namespaces down, before or after the measurements.
type Census struct {
	When       string         `json:"when"`       // "before" or "after"
	Mounts     int            `json:"mounts"`     // in the mount namespace of the benchmark
	Processes  int            `json:"processes"`  // on the machine
	Namespaces map[string]int `json:"namespaces"` // that have members, by kind
}
