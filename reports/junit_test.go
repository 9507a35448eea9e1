package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
)

func TestJUnitReadBack(t *testing.T) {
	r := readSample(t)
	suites, err := junit.Ingest(render(t, "junit", r))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]junit.Test{}
	environment := map[string]string{}
	for _, suite := range suites {
		environment[suite.Name] = suite.Properties["release"]
		for _, test := range suite.Tests {
			got[test.Classname+"|"+test.Name] = test
		}
	}
	status := map[Verdict]junit.Status{
		Pass: junit.StatusPassed, Skipped: junit.StatusSkipped, Fail: junit.StatusFailed, Timeout: junit.StatusFailed,
		Broken: junit.StatusError, Crash: junit.StatusError, Missing: junit.StatusError,
	}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			class := oneLine(run.Name + "/" + s.Topic)
			test, ok := got[class+"|"+oneLine(s.Spec+" ["+strings.Join(s.Requirements, " ")+"]")]
			if !ok || test.Status != status[s.Verdict] {
				t.Errorf("%s %s: read back as %q", s.Verdict, s.Spec, test.Status)
			}
			if s.Skip != nil && test.Message != string(s.Skip.Code)+": "+s.Skip.Text {
				t.Errorf("skip message %q", test.Message)
			}
			if environment[class] != run.Environment.Release {
				t.Errorf("suite %s: release %q", class, environment[class])
			}
		}
	}
	whole := got["debian:bookworm|the run itself"]
	if whole.Status != junit.StatusError || !strings.Contains(whole.Message, "VM stopped answering") {
		t.Errorf("the run's own error: %+v", whole)
	}
	if _, ok := got["here #2|the run itself"]; ok {
		t.Error("a run without trouble has an error")
	}
}

func TestJUnitOfMutantsReadBack(t *testing.T) {
	r := readSampleOf(t, mutantSample)
	suites, err := junit.Ingest(render(t, "junit", r))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]junit.Status{}
	for _, suite := range suites {
		for _, test := range suite.Tests {
			got[suite.Name+"|"+test.Name] = test.Status
		}
	}
	status := map[Grade]junit.Status{
		Killed: junit.StatusPassed, Harmless: junit.StatusPassed, NotApplicable: junit.StatusSkipped,
		Survived: junit.StatusFailed, Crashed: junit.StatusError, Ungraded: junit.StatusError, Disturbs: junit.StatusError,
	}
	for _, run := range r.Runs {
		for _, m := range run.Mutants {
			if s := got[run.Name+"/mutants|"+oneLine(m.Mutant)]; s != status[m.Grade] {
				t.Errorf("%s %s: read back as %q", m.Grade, m.Mutant, s)
			}
		}
	}
}

func TestJUnitKeepsTypesApart(t *testing.T) {
	kinds := map[Verdict]string{}
	for _, v := range Verdicts() {
		c := junitSpec(fold(planned("a"), ends("a", v)).Runs[0].Results[0], nil)
		switch {
		case c.Failure != nil:
			kinds[v] = "failure " + c.Failure.Type
		case c.Error != nil:
			kinds[v] = "error " + c.Error.Type
		case c.Skipped != nil:
			kinds[v] = "skipped " + c.Skipped.Message
		}
	}
	want := map[Verdict]string{
		Fail: "failure fail", Timeout: "failure timeout", Broken: "error broken", Crash: "error crash",
		Missing: "error missing", Skipped: "skipped arch: not here",
		Known: "skipped known deviation: it deviates (some-deviation)",
		XFail: "skipped expected deviation: it deviates (some-deviation)", XPass: "failure xpass",
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}
