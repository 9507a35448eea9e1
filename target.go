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
	spec    string          // which began last, by the console; empty if that does not tell
	// told says that the spec for which it ended has its verdict, and chance that
	// the spec which ran is not to blame unless that happens with it again.
	told, chance bool
}

// because is the ending of a run whose context has been cancelled, if it has.
func (e ending) because(ctx context.Context) ending {
	if cause := context.Cause(ctx); cause != nil {
		e.err, e.verdict = cause, reports.Timeout
	}
	return e
}

// also adds an error.
func (e ending) also(err error) ending {
	if err != nil {
		e.err = errors.Join(e.err, err)
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

	mutex      sync.Mutex      // of all below, and of emitAll
	environs   bool            // have been told
	ended      map[string]bool // the specs that have ended
	complaints complaints
}

func newSession(name string, begin reports.RunBegin, emit func(reports.Event)) *session {
	r := &session{
		name: name, emitAll: emit, started: time.Now(), plan: begin.Plan,
		ended: map[string]bool{}, complaints: complaints{},
	}
	labelled := func(label string) bool {
		return slices.ContainsFunc(begin.Plan, func(p reports.PlannedSpec) bool { return slices.Contains(p.Labels, label) })
	}
	if labelled("net") {
		r.modules = append(r.modules, "veth", "bridge", "nf_tables", "sch_teql") // the last has a device like hardware's
	}
	if labelled("cni") {
		r.modules = append(r.modules, "veth", "bridge", "macvlan")
	}
	if labelled("cri") || labelled("crio") {
		r.modules = append(r.modules, "overlay", "veth")
	}
	for _, module := range []string{"binfmt_misc", "bridge", "fuse", "overlay", "romfs", "sch_teql"} {
		if labelled(module) {
			r.modules = append(r.modules, module)
		}
	}
	if labelled("disk") {
		r.modules = append(r.modules, "loop")
	}
	if labelled("all-disks") {
		// The first has what btrfs asks for by another name, seen on 6.16 and 6.17.
		r.modules = append(r.modules, "crc32c-cryptoapi", "xfs", "btrfs", "vfat", "nls_cp437", "nls_ascii", "ntfs3", "erofs", "squashfs")
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

// divide runs a process for each part, all at the same time, and returns the first
// bad ending of one. A part is the containers that its specs are written in.
func (r *session) divide(ctx context.Context, parts [][]int, run func(p *part) ending) ending {
	endings := make([]ending, len(parts))
	var group sync.WaitGroup
	for i, containers := range parts {
		group.Go(func() {
			endings[i] = r.newPart(i+1, len(parts), containers).persist(ctx, run)
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

// booted takes what is known of the machine that the specs run in.
func (r *session) booted(machine reports.VM) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.vm = &machine
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
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if info == nil {
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
