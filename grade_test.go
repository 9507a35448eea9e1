package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/vm/mutants"
)

// TestMutantsBreakProvenRequirements holds the module's tables to the catalog and the specs.
func TestMutantsBreakProvenRequirements(t *testing.T) {
	proofs := proofs()
	for _, m := range mutants.Table() {
		for _, id := range m.Requirements {
			if _, ok := catalog.Get(id); !ok {
				t.Errorf("%s breaks %s, which the catalog does not have", m.Name, id)
			} else if len(proofs[id]) == 0 {
				t.Errorf("%s breaks %s, which no spec proves", m.Name, id)
			}
		}
	}
}

// Two specs name the mutant's requirement, one another.
var (
	lie  = mutants.Mutant{Name: "lie", Requirements: []string{"broken", "broken-too"}}
	plan = []reports.PlannedSpec{
		{Name: "A", Requirements: []string{"broken", "other"}},
		{Name: "B", Requirements: []string{"broken-too"}},
	}
)

func results(verdicts map[string]reports.Verdict) (all []reports.Result) {
	for spec, v := range verdicts {
		r := reports.Result{Spec: spec, Verdict: v}
		switch v {
		case reports.Pass:
		case reports.Skipped:
			r.Skip = &reports.Skip{Code: reports.SkipKconfig, Text: "not built"}
		default:
			r.Failure = &reports.Failure{Message: "seen"}
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b reports.Result) int { return strings.Compare(a.Spec, b.Spec) })
	return all
}

func sound(verdicts map[string]reports.Verdict) map[string]reports.Result {
	all := map[string]reports.Result{}
	for _, r := range results(verdicts) {
		all[r.Spec] = r
	}
	return all
}

type verdicts = map[string]reports.Verdict

func TestGrade(t *testing.T) {
	allPass := verdicts{"A": reports.Pass, "B": reports.Pass, "C": reports.Pass}
	died := ending{err: errors.New("guest crashed"), verdict: reports.Crash, console: []string{"panic"}}
	kill := []reports.Kill{{Spec: "A", Requirements: []string{"broken"}, Message: "seen"}}
	tests := []struct {
		name    string
		sound   verdicts
		attempt attempt
		want    reports.Graded
	}{
		{"a spec of its requirements fails", allPass,
			attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Pass})},
			reports.Graded{Grade: reports.Killed, KilledBy: kill, Specs: 2}},
		{"the kernel dies after a kill", allPass,
			attempt{results: results(verdicts{"A": reports.Fail}), ending: died},
			reports.Graded{Grade: reports.Killed, KilledBy: kill, Specs: 1}},
		{"only a spec of another requirement fails", allPass,
			attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Pass, "C": reports.Fail})},
			reports.Graded{Grade: reports.Survived, Why: "no spec failed for it: 1 fail", Collateral: []string{"C"}, Specs: 3}},
		{"the spec sees a known deviation without the mutant", verdicts{"A": reports.Known, "B": reports.Pass},
			attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Pass})},
			reports.Graded{Grade: reports.Killed, KilledBy: kill, Specs: 2}},
		{"the spec fails without the mutant, too", verdicts{"A": reports.Fail, "B": reports.Pass},
			attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Pass})},
			reports.Graded{Grade: reports.Survived, Why: "no spec failed for it: 1 fail", Specs: 2}},
		{"broken, timeout and crash are no kills", allPass,
			attempt{results: results(verdicts{"A": reports.Broken, "B": reports.Timeout, "C": reports.Crash})},
			reports.Graded{Grade: reports.Survived, Why: "no spec failed for it: 1 crash, 1 broken, 1 timeout", Specs: 3}},
		{"nothing is noticed", allPass,
			attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Pass})},
			reports.Graded{Grade: reports.Survived, Why: "no spec noticed", Specs: 2}},
		{"the guest hangs before a kill", allPass,
			attempt{results: results(verdicts{"A": reports.Pass}), ending: ending{err: errors.New("hung"), verdict: reports.Timeout}},
			reports.Graded{Grade: reports.Survived, Why: "no spec failed for it: hung", Specs: 1}},
		{"the kernel dies before a kill", allPass, attempt{ending: died},
			reports.Graded{Grade: reports.Crashed, Why: "the kernel died before a spec failed", Console: []string{"panic"}}},
		{"the kernel oopses before a kill", allPass,
			attempt{results: results(verdicts{"A": reports.Pass}), crash: []string{"oops"}},
			reports.Graded{Grade: reports.Crashed, Why: "the kernel died before a spec failed", Console: []string{"oops"}, Specs: 1}},
		{"the kernel lacks a function", allPass, attempt{missing: "f is missing"},
			reports.Graded{Grade: reports.NotApplicable, Why: "f is missing"}},
		{"its requirements do not apply", verdicts{"A": reports.Skipped, "B": reports.Skipped},
			attempt{results: results(verdicts{"A": reports.Skipped, "B": reports.Skipped})},
			reports.Graded{Grade: reports.NotApplicable, Why: "every spec of its requirements is skipped: kconfig: not built", Specs: 2}},
		{"no spec passes without it", verdicts{"A": reports.Fail, "B": reports.Skipped},
			attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Skipped})},
			reports.Graded{Grade: reports.Ungraded, Why: "no spec of its requirements passes without it", Specs: 2}},
		{"the suite does not start", allPass,
			attempt{ending: ending{err: errors.New("never booted"), verdict: reports.Broken}},
			reports.Graded{Grade: reports.Ungraded, Why: "never booted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Mutant = lie.Name
			if diff := cmp.Diff(tt.want, grade(lie, plan, sound(tt.sound), &tt.attempt)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGradeOfAMutantWithoutSpecs(t *testing.T) {
	g := grade(lie, nil, nil, &attempt{})
	if g.Grade != reports.Survived || g.Why != "no spec proves a requirement that it breaks" {
		t.Errorf("got %+v", g)
	}
}

func TestAllSpecsAddCollateral(t *testing.T) {
	s := sound(verdicts{"A": reports.Pass, "B": reports.Pass, "C": reports.Pass})
	first := &attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Pass})}
	rest := &attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Fail, "C": reports.Fail})}
	g := grade(lie, plan, s, first, rest)
	if g.Grade != reports.Killed || len(g.KilledBy) != 1 || g.Specs != 3 || !slices.Equal(g.Collateral, []string{"C"}) {
		t.Errorf("got %+v", g)
	}
}

func TestGradeNone(t *testing.T) {
	s := sound(verdicts{"A": reports.Pass, "B": reports.Fail})
	for name, tt := range map[string]struct {
		attempt attempt
		want    reports.Grade
	}{
		"nothing changes":    {attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Fail})}, reports.Harmless},
		"a pass fails":       {attempt{results: results(verdicts{"A": reports.Fail, "B": reports.Fail})}, reports.Disturbs},
		"a failure passes":   {attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Pass})}, reports.Disturbs},
		"not all came":       {attempt{results: results(verdicts{"A": reports.Pass})}, reports.Ungraded},
		"the guest is ended": {attempt{results: results(verdicts{"A": reports.Pass, "B": reports.Fail}), ending: ending{err: errors.New("hung")}}, reports.Ungraded},
	} {
		if g := gradeNone(&tt.attempt, s); g.Grade != tt.want {
			t.Errorf("%s: got %+v, want %s", name, g, tt.want)
		}
	}
}
