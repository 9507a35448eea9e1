package suites

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
)

// SpecLimit returns how long one spec may take on a machine at full speed.
func SpecLimit(chance spec.Random) time.Duration {
	return 30*time.Second + time.Duration(chance.Sequences)*100*time.Millisecond
}

// Config says what to run and how.
type Config struct {
	Filter     string               // what to run; see [Selection.Filter]
	Containers []int                // that it is written in, see [Containers]; nil for all
	Gates      map[string]spec.Gate // what that asks of the machine; see [Gates]
	Ended      []uint64             // the keys of specs to leave out, which have their verdict; see [spec.Key]
	Seed       int64
	Chance     spec.Random // what is random; [spec.Chance] when zero
	// Slowdown multiplies all deadlines: 1 at full speed, more when emulated.
	Slowdown float64
	// Beside is how many processes, this one included, run what is selected on
	// this machine, Mark tells this one from the others, and Turn is the file by
	// which they take turns. In a guest, which nobody else uses, all are zero.
	Beside     int
	Mark, Turn string
	// AsLinux, unless zero, is the version of Linux whose promises the kernel is held
	// to, whatever it says of itself.
	AsLinux nsutil.Version
	// Ready, unless nil, is called before the first spec. Where it fails none runs.
	Ready func() error
	// Emit receives an event for the environment, and one for each spec's begin
	// and end. Their Run is empty.
	Emit func(reports.Event)
}

// Run runs the specs in this process, in an order that the seed decides. It can
// be called once. A process whose spec exceeds its limit cannot be trusted any
// more: Run then emits the spec's timeout and exits with [HungExit].
func Run(c Config) error {
	nsutil.Assume(c.AsLinux)
	if err := c.join(); err != nil {
		return err
	}
	if err := harness.Start(); err != nil {
		return err
	}
	os.Setenv("GINKGO_PRUNE_STACK", "FALSE") // nobody reads the stacks, of which each skipped spec has one
	slow := func(d time.Duration) time.Duration { return time.Duration(float64(d) * c.Slowdown) }
	spec.Limits = harness.Limits{Call: slow(5 * time.Second), End: slow(5 * time.Second)}
	gomega.SetDefaultEventuallyTimeout(slow(5 * time.Second))
	if c.Chance != (spec.Random{}) {
		spec.Chance = c.Chance
	}
	environment := Environment()
	environment.Tools = spec.ToolVersions(c.Gates)
	if c.AsLinux != (nsutil.Version{}) {
		environment.AsLinux = c.AsLinux.String()
	}
	c.Emit(reports.Event{Type: reports.Environs, Time: time.Now(), Environment: environment})

	n := &narrator{emit: c.Emit, limit: slow(SpecLimit(spec.Chance))}
	spec.Watch(n)
	spec.Gates = c.Gates
	spec.LeaveOut(c.Ended)
	spec.Build(func(container int) bool { return c.Containers == nil || slices.Contains(c.Containers, container) })
	gomega.RegisterFailHandler(spec.FailHandler)
	formatter.ColorableStdOut = io.Discard // our events say it all
	// One process runs one selection and ends: collecting its garbage would take
	// a noticeable part of a short run where the processor is emulated. Elsewhere
	// memory that is not in the cache takes more.
	garbage := -1
	if c.Beside > 0 {
		garbage = 400
	}
	harness.Quiet(garbage)
	suite, reporter := ginkgo.GinkgoConfiguration()
	reporter.SilenceSkips, reporter.NoColor = true, true
	suite.LabelFilter = c.Filter
	suite.RandomSeed, suite.RandomizeAllSpecs = c.Seed, true
	if c.Ready != nil {
		if err := c.Ready(); err != nil {
			return err
		}
	}
	if !ginkgo.RunSpecs(silent{}, description, suite, reporter) && n.told == 0 {
		return errors.New("run the specs: none was run")
	}
	return nil
}

// join has this process run its part, and not get in the way of the others.
func (c Config) join() error {
	if c.Turn == "" {
		return nil
	}
	turn, err := spec.OpenTurn(c.Turn)
	if err != nil {
		return err
	}
	spec.TakeTurns(turn)
	harness.Among(c.Beside)
	return harness.Beside(c.Mark)
}

// silent is a GinkgoTestingT: the events say what failed.
type silent struct{}

func (silent) Fail() {}

// HungExit is the exit status of a process that gave up on a spec.
const HungExit = 70

// narrator tells each spec's begin and end.
type narrator struct {
	emit  func(reports.Event)
	limit time.Duration
	watch *time.Timer
	begun time.Time
	told  int
}

// Begins implements [spec.Watcher].
func (n *narrator) Begins(s types.SpecReport) {
	n.begun = time.Now()
	n.emit(reports.Event{Type: reports.SpecBegins, Time: n.begun, Spec: s.FullText()})
	n.watch = time.AfterFunc(n.limit, func() { n.giveUp(s) })
}

// Ends implements [spec.Watcher].
func (n *narrator) Ends(s types.SpecReport, o spec.Outcome) {
	n.watch.Stop()
	if s.State == types.SpecStateInterrupted {
		return // the user's doing: it has no verdict
	}
	n.told++
	s.RunTime = time.Since(n.begun)
	n.emit(reports.Event{Type: reports.SpecEnds, Time: time.Now(), Result: result(s, o)})
}

// giveUp ends this process: a spec does not come back.
func (n *narrator) giveUp(s types.SpecReport) {
	n.emit(reports.Event{Type: reports.SpecEnds, Time: time.Now(), Result: &reports.Result{
		Spec: s.FullText(), Verdict: reports.Timeout, Seconds: n.limit.Seconds(),
		Failure: &reports.Failure{
			Message:  fmt.Sprintf("the spec did not end within %v", n.limit),
			Location: location(s.LeafNodeLocation),
		},
	}})
	os.Exit(HungExit)
}

// result is what a spec's report and what it said of itself come to.
func result(s types.SpecReport, o spec.Outcome) *reports.Result {
	r := &reports.Result{Spec: s.FullText(), Seconds: s.RunTime.Seconds(), Notes: o.Notes, Verdict: reports.Pass}
	if o.Excuse != nil {
		r.Verdict, r.Skip = reports.Skipped, o.Excuse
		return r
	}
	switch s.State {
	case types.SpecStatePassed:
		if o.Deviation != nil {
			r.Verdict, r.Known = reports.Known, o.Deviation
			r.Failure = &reports.Failure{Message: o.Seen, Done: o.DoneThen, Location: location(s.LeafNodeLocation)}
		} else {
			r.Known = o.Unseen
		}
		return r
	case types.SpecStateSkipped:
		if o.Skip != nil {
			r.Verdict, r.Skip = reports.Skipped, o.Skip
			return r
		}
		r.Verdict = reports.Broken // a skip without a code hides a gap
	case types.SpecStateTimedout:
		r.Verdict = reports.Timeout
	case types.SpecStateFailed:
		r.Verdict = reports.Fail
	default:
		r.Verdict = reports.Broken
	}
	if o.Verdict != "" {
		r.Verdict = o.Verdict
	}
	r.Failure = &reports.Failure{
		Message:  message(s),
		Leak:     o.Leak,
		Done:     o.Done,
		Location: failedAt(s),
	}
	return r
}

// failedAt is the place in a spec that failed: the spec itself when it was its
// clean-up that did.
func failedAt(s types.SpecReport) string {
	if at := location(s.Failure.Location); strings.HasPrefix(at, "suites/") {
		return at
	}
	return location(s.LeafNodeLocation)
}

// message is everything that went wrong: the failure, and those of the clean-up after it.
func message(s types.SpecReport) string {
	all := []string{s.Failure.Message}
	if s.Failure.ForwardedPanic != "" {
		all = append(all, "panic: "+s.Failure.ForwardedPanic, s.Failure.Location.FullStackTrace)
	}
	for _, more := range s.AdditionalFailures {
		all = append(all, more.Failure.Message)
	}
	return strings.Join(all, "\n")
}
