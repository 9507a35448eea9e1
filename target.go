package main

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/catalog"
)

// target is a kernel that specs run on.
type target interface {
	name() string
	// run runs the job there and hands the events of its processes to r.
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

// because is the ending of a run whose context has been cancelled, if it has.
func (e ending) because(ctx context.Context) ending {
	if cause := context.Cause(ctx); cause != nil {
		e.err, e.verdict = cause, reports.Timeout
	}
	return e
}

// interrupted reports whether the user has ended it.
func (e ending) interrupted() bool { return errors.Is(e.err, context.Canceled) }

// session is one run under way. It tells it as a stream of events, and completes
// what a suite process that dies cannot tell any more. The specs may be divided
// among several processes, a part each.
type session struct {
	name    string
	emitAll func(reports.Event)
	started time.Time
	plan    []reports.PlannedSpec
	modules []string // that specs need and kernels tend not to have built in
	vm      *reports.VM
	boot    int // the one under way, where something is measured

	mutex    sync.Mutex                   // of all below, and of emitAll
	environs bool                         // have been told
	ended    map[string]bool              // the specs that have ended
	accused  map[string]reports.Complaint // specs under which the kernel broke
}

func newSession(name string, begin reports.RunBegin, emit func(reports.Event)) *session {
	r := &session{
		name: name, emitAll: emit, started: time.Now(), plan: begin.Plan,
		ended: map[string]bool{}, accused: map[string]reports.Complaint{},
	}
	labelled := func(label string) bool {
		return slices.ContainsFunc(begin.Plan, func(p reports.PlannedSpec) bool { return slices.Contains(p.Labels, label) })
	}
	if labelled("net") {
		r.modules = append(r.modules, "veth", "bridge", "nf_tables", "sch_teql") // the last has a device like hardware's
	}
	for _, module := range []string{"binfmt_misc", "fuse", "overlay", "romfs"} {
		if labelled(module) {
			r.modules = append(r.modules, module)
		}
	}
	if labelled("disk") {
		r.modules = append(r.modules, "loop")
	}
	if labelled("all-disks") {
		r.modules = append(r.modules, "xfs", "btrfs", "vfat", "nls_cp437", "nls_ascii", "ntfs3", "erofs", "squashfs")
	}
	r.emit(reports.Event{Type: reports.RunBegins, Begin: &begin})
	return r
}

// short reports whether few specs are planned.
func (r *session) short() bool { return len(r.plan) <= 100 }

func (r *session) emit(e reports.Event) {
	e.Run = r.name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	r.emitAll(e)
}

// divide runs n processes at the same time, and returns the first bad ending of one.
func (r *session) divide(ctx context.Context, n int, run func(i int, p *part) ending) ending {
	endings := make([]ending, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			p := &part{session: r}
			endings[i] = run(i, p).because(ctx)
			p.end(endings[i])
		})
	}
	group.Wait()
	for _, e := range endings {
		if e.err != nil {
			return e
		}
	}
	return ending{}
}

// part is the part of a session that one suite process runs.
type part struct {
	*session
	current string // the spec that runs
}

// record takes an event from the suite process, which may be a guest of any mind.
func (p *part) record(e reports.Event) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch e.Type {
	case reports.Environs:
		if p.environs {
			return
		}
		p.environs = true
		if e.Environment != nil {
			e.Environment.VM = p.vm
		}
	case reports.SpecBegins:
		p.current = e.Spec
	case reports.SpecEnds:
		if e.Result == nil {
			break
		}
		p.current = ""
		p.ended[e.Result.Spec] = true
		if c, ok := p.accused[e.Result.Spec]; ok {
			e.Result = crashed(e.Result.Spec, c)
		}
	case reports.Measured:
		if e.Measurement != nil {
			e.Measurement.Boot = p.boot // every boot of an exact machine takes itself for the first
		}
	case reports.Counted:
	default:
		return // not for the suite process to say
	}
	p.emit(e)
}

// booted takes what is known of the machine that the specs run in.
func (r *session) booted(machine reports.VM) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.vm = &machine
}

// complaint takes what the kernel complains about. One after which it cannot be
// trusted is a crash of the spec that ran.
func (r *session) complaint(c reports.Complaint) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
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

// end tells what became of the spec that ran when the process ended early.
func (p *part) end(e ending) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.current == "" || e.err == nil || e.interrupted() {
		return
	}
	result := &reports.Result{Spec: p.current, Verdict: e.verdict, Failure: &reports.Failure{Message: e.err.Error(), Console: e.console}}
	if c, ok := p.accused[p.current]; ok {
		result = crashed(p.current, c)
		result.Failure.Console = e.console
	}
	p.emit(reports.Event{Type: reports.SpecEnds, Result: result})
}

// end completes the stream.
func (r *session) end(e ending) {
	end := &reports.RunEnd{Interrupted: e.interrupted(), Seconds: time.Since(r.started).Seconds()}
	if e.err != nil && !end.Interrupted {
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
