package reports

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parsed(t *testing.T, text string) *Expectations {
	t.Helper()
	x, err := parseExpectations("list", text)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestExpectationsOfTargets(t *testing.T) {
	x := parsed(t, `
# everywhere
a-*  https://example.org/#7 not there	yet

"a \"spec\""
[debian:*]
b`+"\twith a tab\n")
	for target, want := range map[string][]expectation{
		"here":          {{at: "list:3", ids: "a-*", url: "https://example.org/#7", reason: "not there yet"}, {at: "list:5", spec: `a "spec"`}},
		"debian:trixie": {{at: "list:3", ids: "a-*", url: "https://example.org/#7", reason: "not there yet"}, {at: "list:5", spec: `a "spec"`}, {at: "list:7", target: "debian:*", ids: "b", reason: "with a tab"}},
	} {
		if diff := cmp.Diff(want, x.of(target), cmp.AllowUnexported(expectation{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", target, diff)
		}
	}
}

func TestMistakesInExpectations(t *testing.T) {
	for text, want := range map[string]string{
		"a\n[]":        "list:2: [] names no targets",
		"[here":        "list:1: [here names no targets",
		"[a[]\n":       "list:1: [a[] names no targets",
		"\n\"a spec":   "list:2: \"a spec: the spec's name has no end",
		"# fine\nid[a": "list:2: id[a is no pattern",
	} {
		if _, err := parseExpectations("list", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	plan := []PlannedSpec{{Name: "a spec", Requirements: []string{"some-id"}}}
	if err := parsed(t, "some-*\n\"a spec\"").Check(plan); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"\nother-*", "\n\"some-id\"", "\na", "some-id\n[nowhere]\nsome"} {
		if err := parsed(t, text).Check(plan); err == nil || !strings.HasPrefix(err.Error(), "list:") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ReadExpectations(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a list that is not there can be read")
	}
}

// judge returns the verdicts of specs in view of what is expected. The spec named
// after its verdict proves the requirements "all" and its name.
func judge(t *testing.T, list string, verdicts ...Verdict) *Run {
	t.Helper()
	report := &Report{}
	emit := parsed(t, list).Judge(report.Apply)
	begin := &RunBegin{Schema: Schema, Target: "here"}
	for i, v := range verdicts {
		name := fmt.Sprintf("%s %d", v, i)
		begin.Plan = append(begin.Plan, PlannedSpec{Name: name, Requirements: []string{"all", strings.ReplaceAll(name, " ", "-")}})
	}
	emit(Event{Type: RunBegins, Run: "here", Begin: begin})
	for i, v := range verdicts {
		r := &Result{Spec: begin.Plan[i].Name, Verdict: v, Seconds: 1, Skip: &Skip{Code: SkipArch}}
		if v == Known {
			r.Known = &Deviation{ID: "known"}
		}
		if v != Missing {
			emit(Event{Type: SpecEnds, Run: "here", Result: r})
		}
	}
	emit(Event{Type: RunEnds, Run: "here", End: &RunEnd{}})
	if run := report.Run("here"); len(run.StreamErrors) == 0 {
		return run
	}
	t.Fatal(report.Run("here").StreamErrors)
	return nil
}

func TestExpectationsJudge(t *testing.T) {
	for _, test := range []struct {
		list     string
		verdicts []Verdict
		want     string
		exit     int
	}{
		{"all", []Verdict{Fail, Timeout, Crash, Broken}, "xfail xfail xfail xfail", ExitHeld},
		{"all", []Verdict{Fail, Pass, Skipped}, "xfail pass skip", ExitHeld},
		{"all", []Verdict{Pass, Skipped, Pass}, "xpass skip xpass", ExitViolated},
		{"all", []Verdict{Pass, Known}, "pass known", ExitHeld},
		{"all", []Verdict{Skipped}, "skip", ExitNothingRan},
		{"all", []Verdict{Pass, Missing}, "pass missing", ExitBroken}, // it may yet fail
		{"all\npass-0", []Verdict{Pass, Fail}, "xpass xfail", ExitViolated},
		{"pass-*", []Verdict{Pass, Pass, Fail}, "xpass xpass fail", ExitViolated},
		{`"pass 0"`, []Verdict{Pass, Pass}, "xpass pass", ExitViolated},
		{`"fail 1"`, []Verdict{Fail, Fail}, "fail xfail", ExitViolated},
		{"[there]\nall", []Verdict{Fail}, "fail", ExitViolated},
		{"[h?re]\nall", []Verdict{Fail}, "xfail", ExitHeld},
		{"", []Verdict{Fail, Pass}, "fail pass", ExitViolated},
	} {
		run := judge(t, test.list, test.verdicts...)
		got := ""
		for i, v := range test.verdicts {
			s := run.Spec(fmt.Sprintf("%s %d", v, i))
			got += " " + string(s.Verdict)
			if s.Verdict == XFail && (s.Was != v || s.Known == nil || s.Known.Evidence != "expected in list:1" && !strings.Contains(test.list, "\n")) {
				t.Errorf("%q of %v: %+v", test.list, test.verdicts, s)
			}
		}
		if got != " "+test.want {
			t.Errorf("%q of %v: %s, want %s", test.list, test.verdicts, got, test.want)
		}
		if code := ExitCode(&Report{Runs: []*Run{run}}); code != test.exit {
			t.Errorf("%q of %v: exit status %d, want %d", test.list, test.verdicts, code, test.exit)
		}
	}
}

func TestExpectedSpecCrashesAfterAll(t *testing.T) {
	report := &Report{}
	emit := parsed(t, "all").Judge(report.Apply)
	emit(Event{Type: RunBegins, Run: "vm", Begin: &RunBegin{Schema: Schema, Plan: []PlannedSpec{{Name: "spec", Requirements: []string{"all"}}}}})
	for _, v := range []Verdict{Pass, Fail, Crash} {
		emit(Event{Type: SpecEnds, Run: "vm", Result: &Result{Spec: "spec", Verdict: v}})
	}
	emit(Event{Type: KernelReports, Run: "vm", Complaint: &Complaint{Kind: "oops", Spec: "spec", Fatal: true}})
	emit(Event{Type: RunEnds, Run: "vm", End: &RunEnd{}})
	s := report.Run("vm").Spec("spec")
	if s.Verdict != XFail || s.Was != Crash || ExitCode(report) != ExitHeld {
		t.Errorf("%+v, exit status %d", s, ExitCode(report))
	}
}

func TestExpectationsJudgeRunsAtOnce(t *testing.T) {
	var mutex sync.Mutex
	report := &Report{}
	emit := parsed(t, "all").Judge(func(e Event) {
		mutex.Lock()
		defer mutex.Unlock()
		report.Apply(e)
	})
	var runs sync.WaitGroup
	for i := range 8 {
		runs.Go(func() {
			name := fmt.Sprint(i)
			emit(Event{Type: RunBegins, Run: name, Begin: &RunBegin{Schema: Schema, Plan: []PlannedSpec{{Name: "spec", Requirements: []string{"all"}}}}})
			emit(Event{Type: SpecEnds, Run: name, Result: &Result{Spec: "spec", Verdict: Pass}})
			emit(Event{Type: RunEnds, Run: name, End: &RunEnd{}})
		})
	}
	runs.Wait()
	for _, run := range report.Runs {
		if v := run.Spec("spec").Verdict; v != XPass {
			t.Errorf("run %s: %s", run.Name, v)
		}
	}
}

func TestWriteExpectations(t *testing.T) {
	for _, dir := range []string{specSample, knownSample, expectSample} {
		before := readSampleOf(t, dir)
		var list bytes.Buffer
		if err := WriteExpectations(&list, before); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join(dir, "expect.txt"), list.Bytes())
		after := &Report{}
		emit := parsed(t, list.String()).Judge(after.Apply)
		for _, e := range sampleEventsOf(t, dir) {
			emit(e)
		}
		for _, run := range after.Runs {
			for _, s := range run.Results {
				if s.Verdict.Bad() && s.Verdict != Missing && s.Verdict != XPass {
					t.Errorf("%s: %s is %s with the list", dir, s.Spec, s.Verdict)
				}
			}
		}
	}
}

func TestWrittenListKeepsReasons(t *testing.T) {
	run := judge(t, "fail-0 https://example.org/7 is being worked on\n\"fail 1\"", Fail, Fail, Pass)
	run.Begin.Target = "a*b[c]?"
	var list bytes.Buffer
	if err := WriteExpectations(&list, &Report{Runs: []*Run{run, judge(t, "", Pass)}}); err != nil {
		t.Fatal(err)
	}
	x, err := parseExpectations("list", list.String())
	if err != nil {
		t.Fatalf("%v:\n%s", err, &list)
	}
	if len(x.of("axbc?")) != 0 || len(x.of(run.Begin.Target)) != 2 {
		t.Errorf("the list is not for %s alone:\n%s", run.Begin.Target, &list)
	}
	if e := x.of(run.Begin.Target)[0]; e.ids != "fail-0" || e.url != "https://example.org/7" || e.reason != "is being worked on" {
		t.Errorf("%+v", e)
	}
}

func FuzzParseExpectations(f *testing.F) {
	text, err := os.ReadFile("testdata/expect.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("[a]\n\"b\" c\n#\nd*")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := parseExpectations("list", text)
		if err != nil {
			return
		}
		x.Check(nil)
		x.of("here")
	})
}
