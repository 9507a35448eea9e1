package reports

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inRun gives events of the run "r" to another.
func inRun(name string, events ...Event) []Event {
	for i := range events {
		events[i].Run = name
	}
	return events
}

func TestColumnsAreToldApart(t *testing.T) {
	r := &Report{}
	for i, c := range []struct{ release, machine string }{
		{"6.1.0-56-cloud-amd64", "x86_64"}, {"6.12.118+deb13-cloud-amd64", "x86_64"}, {"6.12.118+deb13-cloud-arm64", "aarch64"},
		{"7.3.0-rc2", "x86_64"}, {"7.3.0-rc2", "x86_64"}, {"strange", "x86_64"}, {"", ""},
	} {
		run := &Run{Name: fmt.Sprint("run", i), Results: []SpecResult{{}}}
		if c.release != "" {
			run.Environment = &Environment{Release: c.release, Machine: c.machine}
		}
		r.Runs = append(r.Runs, run)
	}
	r.Runs = append(r.Runs, &Run{Name: "only measures"})
	var got []string
	for _, c := range newColumns(r) {
		got = append(got, c.Label+"/"+c.Sub)
	}
	want := []string{"6.1.0-56/run0", "6.12.118/run1", "6.12.118 aarch64/run2", "run3/7.3.0-rc2", "run4/7.3.0-rc2", "run5/", "run6/"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinksToSpecsHold(t *testing.T) {
	a := newAnchors(fold(planned("a", "b"), ends("a", Pass)))
	b := newAnchors(fold(planned("c", "b"), ends("b", Fail)))
	if a.of("b") == "" || a.of("b") != b.of("b") || a.of("a") == a.of("b") {
		t.Errorf("%q and %q of one report, %q of another", a.of("a"), a.of("b"), b.of("b"))
	}
	taken := map[string]bool{}
	if first, second := freeAnchor("x", taken), freeAnchor("x", taken); first == second {
		t.Errorf("two specs have the anchor %q", first)
	}
}

// TestOutcomesAreToldOnce: what came alike of a spec in several runs is one line.
func TestOutcomesAreToldOnce(t *testing.T) {
	r := &Report{}
	for i, v := range []Verdict{Skipped, Skipped, Pass, Fail, Fail} {
		end := ends("a", v)
		if v == Skipped {
			end.Result.Skip.Text = fmt.Sprintf("needs 6.12, this is 6.%d", i)
		}
		for _, e := range inRun(fmt.Sprint("r", i), planned("a"), end, runEnds(RunEnd{})) {
			r.Apply(e)
		}
	}
	a := newAnchors(r)
	newEvidenceList(r, a, (*Run).bad, 0)
	var got []string
	for _, o := range newMatrix(r, a).Topics[0].Pages[0].Rows[0].Specs[0].Outcomes {
		var runs []string
		for _, run := range o.Runs {
			runs = append(runs, run.Label)
		}
		got = append(got, fmt.Sprintf("%s %s %q %v", o.Verdict, strings.Join(runs, ","), o.Text, o.All))
	}
	want := []string{`skip r0,r1 "needs 6.12" false`, `pass r2 "" false`, `fail r3,r4 "it did not" false`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEvidenceIsToldOnce: what several runs saw alike is said once, and what each did
// stays its own.
func TestEvidenceIsToldOnce(t *testing.T) {
	r := &Report{}
	for i, message := range []string{"this", "that", "this"} {
		end := ends("a", Fail)
		end.Result.Failure.Message = message
		for _, e := range inRun(fmt.Sprint("r", i), planned("a"), end, runEnds(RunEnd{})) {
			r.Apply(e)
		}
	}
	list := newEvidenceList(r, newAnchors(r), (*Run).bad, 1)
	if list.Specs != 1 || len(list.Topics) != 1 || !list.Topics[0].Cards[0].Open {
		t.Fatalf("evidence %+v, want one spec, unfolded", list)
	}
	var got []string
	for _, way := range list.Topics[0].Cards[0].Ways {
		for _, seen := range way.Seen {
			got = append(got, way.Message+" "+seen.Run)
		}
	}
	if diff := cmp.Diff([]string{"this r0", "this r2", "that r1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestChangesOfNeighbours(t *testing.T) {
	r := &Report{}
	for i, verdicts := range [][]Verdict{{Pass, Skipped, Pass}, {Fail, Pass, Pass}, {Pass, Pass, Pass}} {
		name := fmt.Sprint("r", i)
		events := []Event{planned("a", "b", "c")}
		for j, spec := range []string{"a", "b", "c"} {
			events = append(events, ends(spec, verdicts[j]))
		}
		for _, e := range inRun(name, append(events, runEnds(RunEnd{}))...) {
			r.Apply(e)
		}
		r.Run(name).Environment = &Environment{
			Config:  map[string]string{"CONFIG_TIME_NS": "ny"[i%2 : i%2+1]},
			Sysctls: map[string]string{"user/max_uts_namespaces": fmt.Sprint(2 - i), "kernel/x": "1"},
		}
	}
	a := newAnchors(r)
	newEvidenceList(r, a, (*Run).bad, 0)
	var got []string
	for _, s := range newChangeSections(r, a) {
		for _, k := range s.Kinds {
			for _, turn := range k.Turns {
				got = append(got, fmt.Sprintf("%s-%s %s: %s %s, %s: %s", s.Before, s.After, k.Kind, turn.Before.Verdict, turn.Before.Code, turn.After.Verdict, turn.Specs[0].Name))
			}
		}
		for _, f := range s.Facts {
			got = append(got, fmt.Sprintf("%s-%s %s: %s, %s", s.Before, s.After, f.Name, f.Before, f.After))
		}
	}
	want := []string{
		"r0-r1 broken: pass , fail: a", "r0-r1 changed: skip arch, pass: b", "r0-r1 CONFIG_TIME_NS: n, y",
		"r1-r2 fixed: fail , pass: a", "r1-r2 CONFIG_TIME_NS: y, n", "r1-r2 sysctl.user/max_uts_namespaces: 1, 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args   []string
		target string
		want   string
	}{
		{[]string{"test", "-k", "debian:a", "-k", "debian:b", "--report-dir", "out", "uts"}, "debian:b", "nsconform test --kernel debian:b uts"},
		{[]string{"test", "--kernel=a", "--report-dir=out", "--seed", "7", "ipc-sem-*"}, "a", "nsconform test --kernel a --seed 7 'ipc-sem-*'"},
		{[]string{"test", "--kernel-dir", "kernels", "--append", "x=1 2"}, "kernels/it's", `nsconform test --kernel 'kernels/it'\''s' --append 'x=1 2'`},
		{[]string{"test", "--here", "uts_namespaces(7)", ""}, "here", "nsconform test --here 'uts_namespaces(7)' ''"},
		{[]string{"test"}, "debian:default", "nsconform test"},
		{[]string{"test", "-ka", "-k"}, "a", "nsconform test --kernel a"},
	} {
		if got := commandLine(&RunBegin{Args: c.args, Target: c.target}); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
	for args, want := range map[string]string{
		"test uts":          "nsconform test uts --seed 5",
		"test --seed=5 uts": "nsconform test --seed=5 uts",
		"bench":             "nsconform bench",
	} {
		if got := commandLine(&RunBegin{Args: strings.Fields(args), Seed: 5}); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}
