package reports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// planned begins a run "r" that plans specs of these names.
func planned(names ...string) Event {
	b := &RunBegin{Schema: Schema, Version: "v1"}
	for _, name := range names {
		b.Requirements = append(b.Requirements, Requirement{ID: "id-" + name, Topic: "t", Level: "must"})
		b.Plan = append(b.Plan, PlannedSpec{Name: name, Requirements: []string{"id-" + name}})
	}
	return Event{Type: RunBegins, Run: "r", Begin: b}
}

func ends(spec string, v Verdict) Event {
	r := &Result{Spec: spec, Verdict: v}
	if v == Skipped {
		r.Skip = &Skip{Code: SkipArch, Text: "not here"}
	}
	if v == XFail {
		r.Was = Fail
	}
	if slices.Contains(withDeviation, v) {
		r.Known = &Deviation{ID: "some-deviation", Statement: "it deviates"}
	}
	if v != Pass && v != Skipped {
		r.Failure = &Failure{Message: "it did not"}
	}
	return Event{Type: SpecEnds, Run: "r", Result: r}
}

func runEnds(e RunEnd) Event { return Event{Type: RunEnds, Run: "r", End: &e} }

func fold(events ...Event) *Report {
	r := &Report{}
	for _, e := range events {
		r.Apply(e)
	}
	r.Close()
	return r
}

func TestFoldKeepsOneResultPerPlannedSpec(t *testing.T) {
	r := fold(planned("b", "a", "c"), ends("b", Pass), Event{Type: SpecBegins, Run: "r", Spec: "c"}, runEnds(RunEnd{}))
	var got []string
	for _, s := range r.Runs[0].Results {
		text := fmt.Sprintf("%s/%s %s", s.Topic, s.Spec, s.Verdict)
		if s.Failure != nil {
			text += ": " + s.Failure.Message
		}
		got = append(got, text)
	}
	want := []string{"t/a missing: planned, but never ran", "t/b pass", "t/c missing: began, but did not end"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCloseEndsRuns(t *testing.T) {
	start := time.Unix(100, 0)
	begin, later := planned("a"), ends("a", Pass)
	begin.Time, later.Time = start, start.Add(3*time.Second)
	end := fold(begin, later).Runs[0].End
	if end == nil || end.Error == "" || end.Seconds != 3 {
		t.Errorf("end %+v, want an error after 3 s", end)
	}
}

func TestNothingUndoesAFailure(t *testing.T) {
	for _, c := range []struct {
		first, second, want Verdict
		wantError           bool
	}{
		{Fail, Pass, Fail, true},
		{Pass, Fail, Fail, false},
		{Fail, Crash, Crash, false},
		{Pass, Missing, Pass, true},
		{Missing, Pass, Pass, false},
		{Pass, Pass, Pass, true},
		{Skipped, Pass, Pass, false},
	} {
		run := fold(planned("a"), ends("a", c.first), ends("a", c.second)).Runs[0]
		if got := run.Spec("a").Verdict; got != c.want {
			t.Errorf("%s then %s: %s, want %s", c.first, c.second, got, c.want)
		}
		if got := len(run.StreamErrors) > 0; got != c.wantError {
			t.Errorf("%s then %s: stream errors %q", c.first, c.second, run.StreamErrors)
		}
	}
}

func TestNonsenseIsAStreamError(t *testing.T) {
	old := planned("a")
	old.Begin.Schema = 7
	for name, events := range map[string][]Event{
		`before the run began`:                    {ends("a", Pass)},
		`spec "x", which was not planned, ended`:  {planned("a"), ends("x", Fail)},
		`spec "x", which was not planned, began`:  {planned("a"), {Type: SpecBegins, Run: "r", Spec: "x"}},
		`began twice`:                             {planned("a"), planned("b")},
		`planned twice`:                           {planned("a", "a")},
		`came after the run's end`:                {planned("a"), runEnds(RunEnd{}), ends("a", Pass)},
		`a spec-ends event says nothing`:          {planned("a"), {Type: SpecEnds, Run: "r"}},
		`a measurement event says nothing`:        {planned("a"), {Type: Measured, Run: "r"}},
		`schema 7, this nsconform reads schema 1`: {old},
		`a run-begins event says nothing`:         {{Type: RunBegins, Run: "r"}},
	} {
		r := fold(append(events, runEnds(RunEnd{}))...)
		if all := strings.Join(r.Runs[0].StreamErrors, "\n"); !strings.Contains(all, name) {
			t.Errorf("stream errors %q, want %q", all, name)
		}
		if code := ExitCode(r); code != ExitBroken {
			t.Errorf("%s: exit code %d, want %d", name, code, ExitBroken)
		}
	}
}

func TestStreamErrorsAreBounded(t *testing.T) {
	r := &Report{}
	r.Apply(planned("a"))
	for i := range 10 * maxStreamErrors {
		r.Apply(ends(fmt.Sprint("x", i), Pass))
	}
	if n := len(r.Runs[0].StreamErrors); n != maxStreamErrors+1 {
		t.Errorf("%d stream errors kept, want %d", n, maxStreamErrors+1)
	}
}

func TestSenselessResultsAreBroken(t *testing.T) {
	for want, result := range map[string]Result{
		`unknown verdict "good"`:   {Verdict: "good"},
		`unknown verdict ""`:       {Failure: &Failure{Message: "kept"}},
		`without a reason`:         {Verdict: Skipped},
		`unknown reason "weather"`: {Verdict: Skipped, Skip: &Skip{Code: "weather"}},
	} {
		result.Spec = "a"
		s := fold(planned("a"), Event{Type: SpecEnds, Run: "r", Result: &result}).Runs[0].Spec("a")
		if s.Verdict != Broken || !strings.Contains(s.Failure.Message, want) {
			t.Errorf("%+v became %s %+v, want broken: %s", result, s.Verdict, s.Failure, want)
		}
		if result.Failure != nil && !strings.Contains(s.Failure.Message, result.Failure.Message) {
			t.Errorf("message %q lost the spec's own %q", s.Failure.Message, result.Failure.Message)
		}
	}
}

func TestVerdictsOfRequirements(t *testing.T) {
	begin := planned("a", "b", "c")
	begin.Begin.Plan[1].Requirements = []string{"id-a", "id-b"}
	run := fold(begin, ends("a", Pass), ends("b", Fail), ends("c", Skipped)).Runs[0]
	want := map[string]Verdict{"id-a": Fail, "id-b": Fail, "id-c": Skipped}
	if diff := cmp.Diff(want, run.Verdicts()); diff != "" {
		t.Error(diff)
	}
	if totals := run.Totals(); totals[Pass] != 1 || totals[Fail] != 1 || totals.Bad() != 1 || len(totals) != len(Verdicts()) {
		t.Errorf("totals %v", totals)
	}
}

func TestResultsJSONIsTheReport(t *testing.T) {
	for _, dir := range allSamples {
		want := readSampleOf(t, dir)
		var got Report
		if err := json.Unmarshal(render(t, "json", want), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &got, cmpopts.IgnoreUnexported(Run{}), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if specs := want.Runs[0].Results; len(specs) > 0 && got.Runs[0].Spec(specs[0].Spec) == nil {
			t.Error("a report read back does not find its specs")
		}
		for _, f := range formats {
			if string(render(t, f.name, want)) != string(render(t, f.name, &got)) {
				t.Errorf("%s of a report read back differs", f.name)
			}
		}
	}
}

func TestWorstIsOrdered(t *testing.T) {
	order := Verdicts()
	if !slices.Equal(order, []Verdict{Missing, Crash, Fail, Broken, Timeout, XPass, XFail, Known, Pass, Skipped}) {
		t.Errorf("order %v", order)
	}
	for i, v := range order {
		if got := Worst(order[i:]...); got != v {
			t.Errorf("worst of %v is %s", order[i:], got)
		}
	}
}

func TestManyThatNeverRanAreOneLine(t *testing.T) {
	var r Report
	for _, e := range []Event{planned("a", "b", "c", "d", "e"), ends("a", Fail), runEnds(RunEnd{Seconds: 1})} {
		r.Apply(e)
	}
	text := string(render(t, "pretty", &r))
	if !strings.Contains(text, "4 specs never ran") || strings.Count(text, "MISSING") != 1 || strings.Count(text, "FAIL") != 1 {
		t.Errorf("got:\n%s", text)
	}
}

func TestPlatformSaysWhoRan(t *testing.T) {
	for _, test := range []struct {
		env  *Environment
		want string
	}{
		{nil, "(no kernel came up)"},
		{&Environment{Release: "6.1", VM: &VM{Accelerator: "tcg"}}, "6.1 (tcg)"},
		{&Environment{Release: "6.1"}, "6.1 (this host)"},
		{&Environment{Release: "6.1", UID: 1000, Unprivileged: true, UIDs: 1}, "6.1 (this host, unprivileged)"},
		{&Environment{Release: "4.4.0", AsLinux: "6.1.0"}, "4.4.0 (this host, judged as Linux 6.1.0)"},
		{&Environment{Release: "4.4.0", AsLinux: "6.1.0", VM: &VM{Accelerator: "tcg"}}, "4.4.0 (tcg, judged as Linux 6.1.0)"},
	} {
		if got := platform(&Run{Environment: test.env}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestKnownDeviations(t *testing.T) {
	unnamed := ends("b", Known)
	unnamed.Result.Known = nil
	unseen := ends("c", Pass)
	unseen.Result.Known = &Deviation{ID: "another", Statement: "it deviates otherwise"}
	failed := ends("d", Fail)
	failed.Result.Known = unseen.Result.Known
	otherwise := ends("e", Pass)
	otherwise.Result.Known = ends("a", Known).Result.Known
	run := fold(planned("a", "b", "c", "d", "e"), ends("a", Known), unnamed, unseen, failed, otherwise, runEnds(RunEnd{})).Runs[0]
	want := Totals{Known: 1, Broken: 1, Pass: 2, Fail: 1}
	for v, n := range run.Totals() {
		if n != want[v] {
			t.Errorf("%d %s, want %d", n, v, want[v])
		}
	}
	if run.Spec("a").Failure == nil || run.Spec("d").Known != nil {
		t.Error("a known deviation is shown by what was seen, and a failure is none")
	}
	if seen, not := deviationCounts(run.known()), deviationCounts(run.unseen()); seen != "1 some-deviation" || not != "1 another" {
		t.Errorf("seen: %s; not seen: %s", seen, not)
	}
}
