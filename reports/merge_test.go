package reports

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// runOf is a report of one run that passed, or that is not whole.
func runOf(name string, began int64, release string, whole bool) *Report {
	events := []Event{planned("a"), {Type: Environs, Environment: &Environment{Release: release, Machine: "x86_64"}}, ends("a", Pass)}
	if whole {
		events = append(events, runEnds(RunEnd{}))
	}
	events[0].Begin.Target = name
	for i := range events {
		events[i].Run, events[i].Time = name, time.Unix(began, 0)
	}
	return fold(events...)
}

func TestMergeNames(t *testing.T) {
	for _, c := range []struct {
		what string
		in   []Source
		want []string
	}{
		{"other names", []Source{{"a", runOf("x", 1, "6.1", true)}, {"b", runOf("y", 1, "6.1", true)}}, []string{"x", "y"}},
		{"another kernel", []Source{{"a", runOf("here", 1, "6.1", true)}, {"b", runOf("here", 2, "6.12", true)}}, []string{"here (6.1)", "here (6.12)"}},
		{"another folder", []Source{{"c/a", runOf("here", 1, "6.1", true)}, {"c/b/results.json", runOf("here", 2, "6.1", true)}}, []string{"here (a)", "here (b)"}},
		{"another path", []Source{{"a/out", runOf("here", 1, "", true)}, {"b/out/results.json.gz", runOf("here", 2, "", true)}}, []string{"here (a/out)", "here (b/out/results.json.gz)"}},
		{"nothing else", []Source{{"a", runOf("here", 1, "6.1", true)}, {"a", runOf("here", 2, "6.1", true)}}, []string{"here", "here #2"}},
		{"a name that is taken", []Source{
			{"a", runOf("x (6.1)", 1, "6.1", true)}, {"b", runOf("x", 2, "6.1", true)}, {"c", runOf("x", 3, "6.2", true)},
		}, []string{"x (6.1)", "x (6.1) #2", "x (6.2)"}},
	} {
		if diff := cmp.Diff(c.want, names(Merge(c.in...).Runs)); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
}

func TestMergeKeepsARunOnce(t *testing.T) {
	whole, cut, other := runOf("x", 1, "6.1", true), runOf("x", 1, "6.1", false), runOf("x", 2, "6.1", true)
	for name, in := range map[string][]*Report{"the whole one first": {whole, cut, whole, other}, "the whole one last": {cut, cut, whole, other}} {
		var sources []Source
		for i, r := range in {
			sources = append(sources, Source{fmt.Sprint(i), r})
		}
		m := Merge(sources...)
		if len(m.Runs) != 2 || !m.Runs[0].whole() || ExitCode(m) != ExitHeld {
			t.Errorf("%s: %d runs, %+v", name, len(m.Runs), m.Runs[0].End)
		}
	}
	// A report that was merged has the same runs, whatever they are named there.
	merged := Merge(Source{"a", runOf("x", 1, "6.1", true)}, Source{"b", runOf("x", 2, "6.2", true)})
	again := Merge(Source{"m", merged}, Source{"a", runOf("x", 1, "6.1", true)}, Source{"n", merged})
	if diff := cmp.Diff(names(merged.Runs), names(again.Runs)); diff != "" {
		t.Error(diff)
	}
	if ExitCode(Merge(Source{"a", cut})) != ExitBroken || ExitCode(Merge()) != ExitNothingRan {
		t.Error("a run that is not whole, or none at all, is a success")
	}
}

// TestMergeKeepsEverything: what was merged is written and read like what was not.
func TestMergeKeepsEverything(t *testing.T) {
	var sources []Source
	want := &Report{Schema: Schema, Version: readSample(t).Version}
	for _, dir := range allSamples {
		r := readSampleOf(t, dir)
		sources = append(sources, Source{dir, r})
		want.Runs = append(want.Runs, r.Runs...)
	}
	got := Merge(sources...)
	for i, run := range got.Runs {
		if diff := cmp.Diff(want.Runs[i], run, cmpopts.IgnoreUnexported(Run{}), cmpopts.IgnoreFields(Run{}, "Name")); diff != "" {
			t.Error(diff)
		}
	}
	checkEveryFormat(t, got)
	if err := validate(compileSchema(t, "results.json"), render(t, "json", got)); err != nil {
		t.Error(err)
	}
	again, err := Read(bytes.NewReader(render(t, "json", got)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(names(got.Runs), names(again.Runs)); diff != "" {
		t.Error(diff)
	}
}
