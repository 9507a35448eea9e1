package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/reports"
)

// partOf returns a part with these specs.
func partOf(s *session, specs ...string) *part {
	p := s.newPart(1, 1, nil)
	for _, name := range specs {
		p.plan[name] = true
	}
	return p
}

// process is what one process of a part does: it runs the specs that are left, in
// order, up to a spec that ends it.
type process struct {
	until  string // "" for none
	lost   int    // the last so many events never come
	ending ending
}

// persist runs a part with these specs in these processes, and returns what is
// told: each verdict, and how it ends.
func persist(t *testing.T, specs string, processes ...process) []string {
	t.Helper()
	verdicts := map[string]string{}
	s := newSession("run", reports.RunBegin{}, func(e reports.Event) {
		if e.Type == reports.SpecEnds {
			verdicts[e.Result.Spec] += fmt.Sprint(e.Result.Verdict, e.Result.Notes)
		}
	})
	all := strings.Fields(specs)
	p := partOf(s, all...)
	next := 0
	e := p.persist(t.Context(), func(p *part) ending {
		if next == len(processes) {
			t.Fatal("started once more")
		}
		run := processes[next]
		next++
		var events []reports.Event
		for _, name := range all {
			if p.ended[name] {
				continue
			}
			events = append(events, reports.Event{Type: reports.SpecBegins, Spec: name})
			if name == run.until {
				break
			}
			events = append(events, reports.Event{Type: reports.SpecEnds, Result: &reports.Result{Spec: name, Verdict: reports.Pass}})
		}
		for _, event := range events[:max(0, len(events)-run.lost)] {
			p.record(event)
		}
		return run.ending
	})
	if next != len(processes) {
		t.Errorf("only %d starts", next)
	}
	var told []string
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		told = append(told, name+" "+verdicts[name])
	}
	return append(told, fmt.Sprint("end: ", e.err))
}

func crash(spec string) ending {
	return ending{err: errors.New("guest crashed"), verdict: reports.Crash, spec: spec}
}

func TestSpecsThatTakeTheMachineDown(t *testing.T) {
	died := ending{err: errors.New("QEMU died"), verdict: reports.Broken, chance: true}
	hung := ending{err: errors.New("hung"), verdict: reports.Timeout}
	exited := ending{err: errors.New("exited"), verdict: reports.Broken}
	good := process{}
	for _, tt := range []struct {
		name      string
		specs     string
		processes []process
		want      []string
	}{
		{"none", "a b", []process{good}, []string{"a pass[]", "b pass[]", "end: <nil>"}},
		{"two", "a b c d", []process{{"b", 0, crash("b")}, {"c", 0, hung}, good},
			[]string{"a pass[]", "b crash[]", "c timeout[]", "d pass[]", "end: <nil>"}},
		{"the last", "a b", []process{{"b", 0, crash("")}}, []string{"a pass[]", "b crash[]", "end: <nil>"}},
		{"its begin is lost", "a b c", []process{{"b", 1, crash("b")}, good},
			[]string{"a pass[]", "b crash[]", "c pass[]", "end: <nil>"}},
		{"the end before is lost", "a b c", []process{{"b", 2, crash("b")}, good},
			[]string{"a pass[]", "b crash[]", "c pass[]", "end: <nil>"}},
		{"it comes again", "a b c", []process{{"b", 0, died}, good},
			[]string{"a pass[]", "b pass[it had run before, until QEMU died]", "c pass[]", "end: <nil>"}},
		{"it kills again", "a b c", []process{{"b", 0, died}, {"b", 0, died}, good},
			[]string{"a pass[]", "b broken[it had run before, until QEMU died]", "c pass[]", "end: <nil>"}},
		{"nothing ever begins", "a b", []process{{"a", 1, exited}}, []string{"end: exited"}},
		{"nothing begins any more", "a b c", []process{{"b", 0, crash("b")}, {"c", 1, exited}, {"c", 1, exited}},
			[]string{"a pass[]", "b crash[]", "end: given up with 1 specs left, as nothing came of another start: exited"}},
		{"nothing begins once", "a b c", []process{{"b", 0, crash("b")}, {"c", 1, exited}, good},
			[]string{"a pass[]", "b crash[]", "c pass[]", "end: <nil>"}},
		{"all has ended before", "a", []process{{"", 0, exited}}, []string{"a pass[]", "end: exited"}},
		{"records are lost", "a b c", []process{{"", 2, exited}, good},
			[]string{"a pass[]", "b pass[]", "c pass[]", "end: <nil>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, persist(t, tt.specs, tt.processes...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEverySpecTakesTheMachineDown holds that this does not go on for ever.
func TestEverySpecTakesTheMachineDown(t *testing.T) {
	var specs []string
	var processes []process
	for i := range maxStarts + 5 {
		specs = append(specs, fmt.Sprintf("s%02d", i))
	}
	for i := range maxStarts {
		processes = append(processes, process{specs[i], 0, crash(specs[i])})
	}
	told := persist(t, strings.Join(specs, " "), processes...)
	if got, want := told[len(told)-1], "end: given up with 5 specs left, after 50 starts: guest crashed"; got != want || len(told) != maxStarts+1 {
		t.Errorf("got %d verdicts, %q; want %q", len(told)-1, got, want)
	}
}

// TestTheUsersInterruptEndsAll holds that nothing is started after it.
func TestTheUsersInterruptEndsAll(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newSession("run", reports.RunBegin{}, func(e reports.Event) {
		if e.Type == reports.SpecEnds {
			t.Errorf("%s has a verdict", e.Result.Spec)
		}
	})
	p := partOf(s, "a", "b")
	e := p.persist(ctx, func(p *part) ending {
		p.record(reports.Event{Type: reports.SpecBegins, Spec: "a"})
		cancel()
		return ending{err: errors.New("interrupted")}
	})
	if p.start != 1 || !e.interrupted() {
		t.Errorf("%d starts, %v", p.start, e.err)
	}
}

// TestWhatTheKernelSaysGoesToItsSpec holds for what it says before and after a
// spec's end, for what ends no spec, and for what each machine says as it boots.
func TestWhatTheKernelSaysGoesToItsSpec(t *testing.T) {
	report := &reports.Report{}
	s := newSession("run", reports.RunBegin{Plan: []reports.PlannedSpec{{Name: "a"}, {Name: "b"}, {Name: "c"}}}, report.Apply)
	p := partOf(s, "a", "b", "c")
	for range 2 {
		s.complaint(reports.Complaint{Kind: "WARNING", Lines: []string{"WARNING: at boot"}})
	}
	ends := func(name string, verdict reports.Verdict) {
		p.record(reports.Event{Type: reports.SpecEnds, Result: &reports.Result{Spec: name, Verdict: verdict, Failure: &reports.Failure{Done: []string{"call"}}}})
	}
	oops := []string{"BUG: kernel NULL pointer dereference", "Call Trace:"}
	s.complaint(reports.Complaint{Kind: "oops", Spec: "a", Lines: oops, Fatal: true})
	s.complaint(reports.Complaint{Kind: "panic", Spec: "a", Lines: []string{"Kernel panic - not syncing"}, Fatal: true})
	ends("a", reports.Pass)
	ends("b", reports.Fail)
	s.complaint(reports.Complaint{Kind: "KASAN", Spec: "b", Lines: []string{"BUG: KASAN: use-after-free"}, Fatal: true})
	s.complaint(reports.Complaint{Kind: "WARNING", Spec: "c", Lines: []string{"WARNING: CPU: 0"}})
	ends("c", reports.Timeout)
	s.end(ending{})
	run := report.Runs[0]
	for name, want := range map[string]struct {
		verdict reports.Verdict
		message string
		console []string
	}{
		"a": {reports.Crash, "the kernel reported: oops: BUG: kernel NULL pointer dereference", append(oops, "Kernel panic - not syncing")},
		"b": {reports.Crash, "the kernel reported: BUG: KASAN: use-after-free", []string{"BUG: KASAN: use-after-free"}},
		"c": {reports.Timeout, "", []string{"WARNING: CPU: 0"}},
	} {
		got := run.Spec(name)
		if got.Verdict != want.verdict || got.Failure.Message != want.message {
			t.Errorf("%s: %s, %s", name, got.Verdict, got.Failure.Message)
		}
		if diff := cmp.Diff(want.console, got.Failure.Console); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(run.Complaints) != 5 {
		t.Errorf("%d complaints: %+v", len(run.Complaints), run.Complaints)
	}
}
