package reports

import "time"

// Schema is the version of the event stream and of results.json. It changes
// when a field changes its meaning or goes away, not when one is added.
const Schema = 1

// EventType says which of an [Event]'s payloads is set.
type EventType string

// The event types, in the order in which a run emits them.
const (
	RunBegins     EventType = "run-begins"    // Begin: what is planned; the first event of a run
	Environs      EventType = "environment"   // Environment: the kernel is up, this is what it runs on
	SpecBegins    EventType = "spec-begins"   // Spec: the name of the spec that starts
	SpecEnds      EventType = "spec-ends"     // Result: its verdict
	MutantBegins  EventType = "mutant-begins" // Mutant: the name of the mutant that starts
	MutantEnds    EventType = "mutant-ends"   // Graded: what came of it
	Measured      EventType = "measurement"   // Measurement: one round of a benchmark
	Counted       EventType = "census"        // Census: what the machine held before or after the measurements
	KernelReports EventType = "kernel-report" // Complaint: the kernel's console complains
	RunEnds       EventType = "run-ends"      // End: how the run ended; the last event of a run
)

// Event is one line of the stream that every run emits, wherever it happens.
// All reports are functions of that stream.
type Event struct {
	Type EventType `json:"type"`
	// Run names the run this event belongs to, unique in a stream:
	// "debian:bookworm", "here", "here #2" when repeated.
	Run  string    `json:"run"`
	Time time.Time `json:"time"`

	Begin       *RunBegin    `json:"begin,omitempty"`
	Environment *Environment `json:"environment,omitempty"`
	Spec        string       `json:"spec,omitempty"`
	Result      *Result      `json:"result,omitempty"`
	Mutant      string       `json:"mutant,omitempty"`
	Graded      *Graded      `json:"graded,omitempty"`
	Measurement *Measurement `json:"measurement,omitempty"`
	Census      *Census      `json:"census,omitempty"`
	Complaint   *Complaint   `json:"complaint,omitempty"`
	End         *RunEnd      `json:"end,omitempty"`
}

// RunBegin says what is going to run.
type RunBegin struct {
	Schema       int           `json:"schema"`
	Version      string        `json:"version"` // of nsconform
	Target       string        `json:"target"`  // "here", "debian:bookworm", "/boot/vmlinuz"
	Args         []string      `json:"args,omitempty"`
	Seed         int64         `json:"seed"`
	Requirements []Requirement `json:"requirements"`      // that the plan and the mutants name
	Plan         []PlannedSpec `json:"plan"`              // without a mutant
	Mutants      []Mutant      `json:"mutants,omitempty"` // to be tried, [NoMutant] included
	// Benchmarks are to be measured, in Rounds rounds in each of Boots boots of the
	// machine; without a machine Boots is 1.
	Benchmarks []PlannedBenchmark `json:"benchmarks,omitempty"`
	Boots      int                `json:"boots,omitempty"`
	Rounds     int                `json:"rounds,omitempty"`
	Coverage   Coverage           `json:"coverage"`
}

// Requirement is what a report needs to know of a requirement.
type Requirement struct {
	ID        string `json:"id"`
	Topic     string `json:"topic"` // the catalog file: "uts", "nsfs"
	Page      string `json:"page"`
	Section   string `json:"section,omitempty"`
	Level     string `json:"level"` // "must" or "may"
	Since     string `json:"since,omitempty"`
	Statement string `json:"statement"`
}

// PlannedSpec is one spec that the run intends to run.
type PlannedSpec struct {
	Name         string   `json:"name"` // unique in a run
	Requirements []string `json:"requirements"`
	Labels       []string `json:"labels,omitempty"`
	Location     string   `json:"location,omitempty"` // "suites/uts/hostname.go:31"
	// Runtime is the program whose containers the spec looks at, by its name in the
	// environment's tools: "crun". Kind is the kind of namespace that it is about,
	// "pid"; empty for one that is about none or all.
	Runtime string `json:"runtime,omitempty"`
	Kind    string `json:"kind,omitempty"`
}

// Coverage counts the catalog's statements, whatever this run selected.
type Coverage struct {
	Statements int `json:"statements"`
	Testable   int `json:"testable"`
	Covered    int `json:"covered"`
}

// Environment is what a run ran on.
type Environment struct {
	Release string `json:"release"` // uname -r
	Version string `json:"version"` // uname -v
	Machine string `json:"machine"` // uname -m
	// Greeting is what the kernel's log begins with, unless that only repeats the
	// release: kernels that call themselves Linux may say there what they are.
	Greeting string `json:"greeting,omitempty"`
	// AsLinux is the version of Linux that the kernel was judged as, where the user
	// has asked for another than the kernel's own.
	AsLinux      string            `json:"as_linux,omitempty"`
	Cmdline      string            `json:"cmdline,omitempty"`
	Config       map[string]string `json:"config,omitempty"` // CONFIG_UTS_NS: "y"
	LSM          string            `json:"lsm,omitempty"`
	Sysctls      map[string]string `json:"sysctls,omitempty"`
	Capabilities []string          `json:"capabilities,omitempty"` // of the suite, effective
	UID          int               `json:"uid"`                    // who ran it, as the machine knows him
	// Unprivileged is set when the suite had no power over the machine: it ran as
	// root of another user namespace than the initial one, with so many uids.
	Unprivileged bool   `json:"unprivileged,omitempty"`
	UIDs         uint32 `json:"uids,omitempty"`
	CPUs         int    `json:"cpus"`
	MemoryKiB    uint64 `json:"memory_kib,omitempty"`
	Clocksource  string `json:"clocksource,omitempty"`
	// Tuning is what moves the numbers of a benchmark, besides: mitigations, the
	// settings of RCU, what the cycle counter and reading it cost.
	Tuning map[string]string `json:"tuning,omitempty"`
	// Tools are the versions of the programs that specs run, by their package:
	// "util-linux": "2.41.5"; nil when none is planned that does.
	Tools      map[string]string `json:"tools,omitempty"`
	Namespaces map[string]uint64 `json:"namespaces,omitempty"` // kind to inode, of the suite
	VM         *VM               `json:"vm,omitempty"`         // nil on this host
}

// VM is the virtual machine a run ran in.
type VM struct {
	QEMU        string  `json:"qemu"`        // its version line
	Accelerator string  `json:"accelerator"` // "kvm" or "tcg"
	Why         string  `json:"why"`         // why this accelerator
	Kernel      string  `json:"kernel"`      // the kernel image's path
	BootSeconds float64 `json:"boot_seconds"`
	// Exact is set where the guest's clock counts its instructions.
	Exact bool `json:"exact,omitempty"`
}

// Result is what came of one spec. A spec has one; of several the worst stands, so
// that a run may still report a crash it learns of after the spec's own result.
type Result struct {
	Spec    string   `json:"spec"`
	Verdict Verdict  `json:"verdict"`
	Skip    *Skip    `json:"skip,omitempty"`    // set when the verdict is skip
	Failure *Failure `json:"failure,omitempty"` // set when it is neither pass nor skip
	// Known is the deviation that was expected of this kernel or program: set when the verdict
	// is known, xfail or xpass, and when it is pass although the deviation was expected.
	Known *Deviation `json:"known,omitempty"`
	// Was is the verdict that an xfail would have without the list.
	Was     Verdict  `json:"was,omitempty"`
	Notes   []string `json:"notes,omitempty"` // which alternative a may requirement chose, and the like
	Seconds float64  `json:"seconds"`
}

// Deviation is a way in which some kernels, or some versions of a program, are known to
// break a promise.
type Deviation struct {
	ID        string `json:"id"`
	Statement string `json:"statement"`          // what these kernels do
	Kernels   string `json:"kernels,omitempty"`  // "5.10.261 to before 5.10.265"
	Program   string `json:"program,omitempty"`  // whose mistake it is, if not the kernel's: "crun"
	Versions  string `json:"versions,omitempty"` // of the program: "0.1 to before 1.18"
	Evidence  string `json:"evidence,omitempty"` // how that is known
	URL       string `json:"url,omitempty"`
}

// Skip says why a spec does not apply here.
type Skip struct {
	Code SkipCode `json:"code"`
	Text string   `json:"text"`
}

// Failure says what was done, and what was expected and seen.
type Failure struct {
	Message  string   `json:"message"`            // what was expected and what was seen
	Leak     bool     `json:"leak,omitempty"`     // the spec left something behind
	Done     []string `json:"done,omitempty"`     // the calls the spec's subjects made, in order
	Location string   `json:"location,omitempty"` // file:line
	Console  []string `json:"console,omitempty"`  // the kernel's last lines
}

// Complaint is something the kernel said on its console that it should not have to say.
type Complaint struct {
	Kind  string   `json:"kind"` // "panic", "oops", "BUG", "WARNING", "hung task", ...
	Spec  string   `json:"spec,omitempty"`
	Lines []string `json:"lines"`
	Fatal bool     `json:"fatal"` // the kernel cannot be trusted after it
}

// RunEnd says how a run ended.
type RunEnd struct {
	// Error is empty when everything planned was run to its end.
	Error string `json:"error,omitempty"`
	// Interrupted is set when the user stopped the run.
	Interrupted bool    `json:"interrupted,omitempty"`
	Seconds     float64 `json:"seconds"`
}
