package spec

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// Limits are the limits of every spec's scope; set them before the specs run.
var Limits harness.Limits

// Patience is how long a kernel may take for what it does on its own time, such as
// to destroy a namespace.
func Patience() time.Duration { return max(5*time.Second, Limits.Call) }

// Outcome is what a spec says of itself beyond Ginkgo's report.
type Outcome struct {
	Verdict reports.Verdict // Broken or Timeout; empty when Ginkgo's state says it all
	Leak    bool
	Skip    *reports.Skip
	Excuse  *reports.Skip // of a spec that has failed
	Notes   []string
	// Deviation is the known one that the spec has seen, Seen what it has seen, and
	// DoneThen the calls its subjects had made by then.
	Deviation *reports.Deviation
	Seen      string
	DoneThen  []string
	// Unseen is one that is known of this kernel or a program, when the spec has seen none.
	Unseen *reports.Deviation
	Done   []string // the calls its subjects made, unless it has passed
}

// running is the spec that runs.
type running struct {
	ginkgo.FullGinkgoTInterface
	scope   *harness.Scope
	outcome Outcome
	// requirements are those that the spec proves, by id.
	requirements []string
	// expected are the deviations from them that are known of this kernel, and of the
	// programs that the spec has asked for.
	expected []Deviation
	last     []func() // what is done at the end
}

var (
	current = &running{}
	guard   harness.Guard
)

// Watcher is told of each spec's begin and, after its clean-up, its end.
type Watcher interface {
	Begins(ginkgo.SpecReport)
	Ends(ginkgo.SpecReport, Outcome)
}

var watcher Watcher

// Watch has w told of all specs. Ginkgo's own report nodes would run for each
// spec that is not selected as well, which costs more than a short run itself.
func Watch(w Watcher) { watcher = w }

// begin begins every spec: whether it applies at all comes first, then the guard
// that compares the suite's own namespaces after everything else has ended.
func begin() {
	leaveOut()
	ids, labels := Requirements(ginkgo.CurrentSpecReport().Labels())
	r := &running{FullGinkgoTInterface: ginkgo.GinkgoT(), requirements: ids}
	current = r
	if turn != nil {
		ginkgo.DeferCleanup(turn.mine(ginkgo.CurrentSpecReport().IsSerial, labels))
	}
	if watcher != nil {
		watcher.Begins(ginkgo.CurrentSpecReport())
		ginkgo.DeferCleanup(func() { watcher.Ends(ginkgo.CurrentSpecReport(), r.said()) })
	}
	r.expect()
	gate(ids)
	guard.Watch(r)
	r.scope = harness.NewScope(r, Limits)
}

// said is what the spec has said of itself.
func (r *running) said() Outcome {
	o := r.outcome
	if r.scope != nil && ginkgo.CurrentSpecReport().State != types.SpecStatePassed {
		o.Done = r.scope.Done()
	}
	if o.Deviation == nil {
		o.Unseen = r.unseen()
	}
	if r.scope != nil && ginkgo.CurrentSpecReport().Failed() && !o.Leak {
		code, setting := restriction()
		o.Excuse = excuse(r.scope.Refusals(), Kconfig(), code, setting)
	}
	return o
}

// Helper does nothing; see [FailHandler].
func (r *running) Helper() {}

// Cleanup implements [harness.TB]. All that is registered, the last first, runs in one
// node of Ginkgo's: a further one takes longer than what is done in it.
func (r *running) Cleanup(f func()) {
	if r.last == nil {
		ginkgo.DeferCleanup(func() {
			for _, f := range r.last {
				defer f() // whether the others fail or not
			}
		})
	}
	r.last = append(r.last, f)
}

// T returns the spec that runs, as harness knows it.
func T() harness.TB { return current }

// Broken implements [harness.Verdicts].
func (r *running) Broken(message string) {
	r.outcome.Verdict = reports.Broken
	ginkgo.Fail(message, callerInSpec())
}

// TimedOut implements [harness.Verdicts].
func (r *running) TimedOut(message string) {
	r.outcome.Verdict = reports.Timeout
	ginkgo.Fail(message, callerInSpec())
}

// Leaked implements [harness.Verdicts].
func (r *running) Leaked(message string) {
	r.outcome.Leak = true
	ginkgo.Fail(message, callerInSpec())
}

// Lacking implements [harness.Verdicts].
func (r *running) Lacking(message string) { SkipFor(reports.SkipResource, "%s", message) }

// FailHandler is Gomega's: it fails the spec, at the place in the spec's own code that
// called whatever has failed. So no function that specs share is to be marked as a
// helper, which takes longer than most of what these do.
func FailHandler(message string, _ ...int) { ginkgo.Fail(message, callerInSpec()) }

// callerInSpec returns how many frames above its caller the spec's own code is, the
// outermost of the suites'.
func callerInSpec() int {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	found := 1
	for depth := 1; ; depth++ {
		frame, more := frames.Next()
		if strings.Contains(frame.File, "/suites/") && !strings.Contains(frame.File, "/suites/spec/") {
			found = depth
		}
		if !more {
			return found
		}
	}
}

// SkipFor ends the spec: it does not apply here.
func SkipFor(code reports.SkipCode, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	current.outcome.Skip = &reports.Skip{Code: code, Text: text}
	ginkgo.Skip(string(code)+": "+text, 1)
}

// Note records which of several permitted behaviours the kernel chose.
func Note(format string, args ...any) {
	current.outcome.Notes = append(current.outcome.Notes, fmt.Sprintf(format, args...))
}
