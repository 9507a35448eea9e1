package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRuntimeTableOrdersKinds(t *testing.T) {
	r := &Report{Runs: []*Run{{Name: "r"}}}
	for _, kind := range []string{"", "time", "another", "uts", "pid"} {
		r.Runs[0].Results = append(r.Runs[0].Results, SpecResult{Runtime: "crun", Kind: kind, Result: Result{Spec: kind, Verdict: Pass}})
	}
	r.Runs[0].Results = append(r.Runs[0].Results, SpecResult{Result: Result{Spec: "of no runtime", Verdict: Pass}})
	table := newRuntimeTable(r)
	if diff := cmp.Diff([]string{"pid", "uts", "time", "another", "other"}, table.titles()); diff != "" {
		t.Error(diff)
	}
	for i, kind := range table.Kinds {
		if specs := table.Rows[0].Specs[i]; len(specs) != 1 || specs[0].Kind != kind {
			t.Errorf("column %q has %v", kind, specs)
		}
	}
}

func TestNoRuntimesNoTable(t *testing.T) {
	if table := newRuntimeTable(readSample(t)); table != nil {
		t.Errorf("a report of no runtime has a table of them: %v", table)
	}
}

func TestRuntimeCommand(t *testing.T) {
	inMachine := &Environment{VM: &VM{}}
	for _, c := range []struct {
		run  Run
		want string
	}{
		{Run{}, ""},
		{Run{Begin: &RunBegin{Target: "debian:a", Args: []string{"test", "runtimes", "-k", "debian:a", "--seed", "7"}}}, "nsconform test crun --kernel debian:a"},
		{Run{Begin: &RunBegin{Target: "a b", Args: []string{"test", "--with"}}}, "nsconform test crun --kernel 'a b'"},
		{Run{Begin: &RunBegin{Target: "a", Args: []string{"test", "--with", "crun@trixie", "--with=tools"}}}, "nsconform test crun --kernel a --with crun@trixie --with=tools"},
		{Run{Begin: &RunBegin{Target: "mine", Args: []string{"test", "--here", "--name=mine"}}}, "nsconform test crun --here"},
		{Run{Environment: inMachine, Begin: &RunBegin{Target: "a", Args: []string{"test", "--here", "-ka"}}}, "nsconform test crun --kernel a"},
	} {
		if got := runtimeCommand(&c.run, "crun"); got != c.want {
			t.Errorf("%v: %s, want %s", c.run.Begin, got, c.want)
		}
	}
}
