package main

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/catalog"
)

// target is a kernel that specs run on.
type target interface {
	name() string
	// run runs a suite process there and hands its events to r.
	run(ctx context.Context, j job, r *session) ending
	// close frees what was kept from one run for the next.
	close()
}

// ending is how a suite process ended.
type ending struct {
	err     error           // nil when it did what it should
	verdict reports.Verdict // for the spec that ran when it ended early
	console []string        // the kernel's last lines
}

// session is one run under way. It tells it as a stream of events, and completes
// what a suite process that dies cannot tell any more.
type session struct {
	name    string
	emitAll func(reports.Event)
	started time.Time
	short   bool     // few specs are planned
	modules []string // that specs need and kernels tend not to have built in
	vm      *reports.VM
	current string                       // the spec that runs
	ended   map[string]bool              // the specs that have ended
	accused map[string]reports.Complaint // specs under which the kernel broke
}

func newSession(name string, begin reports.RunBegin, emit func(reports.Event)) *session {
	r := &session{name: name, emitAll: emit, started: time.Now(), ended: map[string]bool{}, accused: map[string]reports.Complaint{}}
	r.short = len(begin.Plan) <= 100
	if slices.ContainsFunc(begin.Plan, func(p reports.PlannedSpec) bool { return slices.Contains(p.Labels, "net") }) {
		r.modules = append(r.modules, "veth", "bridge", "nf_tables", "sch_teql") // the last has a device like hardware's
	}
	r.emit(reports.Event{Type: reports.RunBegins, Begin: &begin})
	return r
}

func (r *session) emit(e reports.Event) {
	e.Run = r.name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	r.emitAll(e)
}

// record takes an event from the suite process, which may be a guest of any mind.
func (r *session) record(e reports.Event) {
	switch e.Type {
	case reports.Environs:
		if e.Environment != nil {
			e.Environment.VM = r.vm
		}
	case reports.SpecBegins:
		r.current = e.Spec
	case reports.SpecEnds:
		if e.Result == nil {
			break
		}
		r.current = ""
		r.ended[e.Result.Spec] = true
		if c, ok := r.accused[e.Result.Spec]; ok {
			e.Result = crashed(e.Result.Spec, c)
		}
	case reports.Measured:
	default:
		return // not for the suite process to say
	}
	r.emit(e)
}

// complaint takes what the kernel complains about. One after which it cannot be
// trusted is a crash of the spec that ran.
func (r *session) complaint(c reports.Complaint) {
	r.emit(reports.Event{Type: reports.KernelReports, Complaint: &c})
	if !c.Fatal || c.Spec == "" {
		return
	}
	r.accused[c.Spec] = c
	if r.ended[c.Spec] {
		r.emit(reports.Event{Type: reports.SpecEnds, Result: crashed(c.Spec, c)})
	}
}

func crashed(spec string, c reports.Complaint) *reports.Result {
	return &reports.Result{Spec: spec, Verdict: reports.Crash, Failure: &reports.Failure{
		Message: "the kernel reported: " + c.Kind,
		Console: c.Lines,
	}}
}

// end completes the stream.
func (r *session) end(ctx context.Context, e ending) {
	cause := context.Cause(ctx)
	interrupted := errors.Is(cause, context.Canceled)
	if cause != nil {
		e.err, e.verdict = cause, reports.Timeout
	}
	if r.current != "" && !interrupted && e.err != nil {
		result := &reports.Result{Spec: r.current, Verdict: e.verdict, Failure: &reports.Failure{Message: e.err.Error(), Console: e.console}}
		if c, ok := r.accused[r.current]; ok {
			result = crashed(r.current, c)
			result.Failure.Console = e.console
		}
		r.emit(reports.Event{Type: reports.SpecEnds, Result: result})
	}
	end := &reports.RunEnd{Interrupted: interrupted, Seconds: time.Since(r.started).Seconds()}
	if e.err != nil && !interrupted {
		end.Error = e.err.Error()
	}
	r.emit(reports.Event{Type: reports.RunEnds, End: end})
}

// requirement returns what reports tell of a requirement.
func requirement(id string) reports.Requirement {
	r, _ := catalog.Get(id)
	return reports.Requirement{
		ID: r.ID, Topic: r.Topic, Page: r.Page, Section: r.Section, Level: string(r.Level),
		Since: r.SinceText(), Statement: r.Statement,
	}
}

// version is this program's version, from its module or its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && version == "(devel)" {
			version = s.Value[:min(12, len(s.Value))]
		}
	}
	return version
}
