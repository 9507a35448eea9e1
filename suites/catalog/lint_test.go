package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lintable(t *testing.T) *catalog {
	return fixture(t, map[string]string{
		"uts": "topic: uts\ntitle: T\nfinished: [all]\nrequirements:\n" +
			entryText("uts-a", "p(1)", "S", ", inventory: [UTS-A-01]") +
			entryText("uts-hard", "p(1)", "S", ", hard: H") +
			entryText("uts-never", "p(1)", "S", ", untestable: no such kernel"),
		"general": "topic: general\ntitle: T\nfinished: [\"p(1)\", \"q(1): S\"]\nrequirements:\n" +
			entryText("life-a", "p(1)", "T", "") +
			entryText("pin-a", "q(1)", "S", "") +
			entryText("ptrace-a", "q(1)", "T", ""),
		"pid": "topic: pid\ntitle: T\nrequirements:\n" + entryText("pid-a", "p(1)", "S", ""),
	})
}

func TestLint(t *testing.T) {
	all := SpecClaim{"everything finished", []string{"uts-a", "life-a", "pin-a"}}
	for _, test := range []struct {
		name  string
		specs []SpecClaim
		want  []string
	}{
		{"clean", []SpecClaim{all}, nil},
		{"a hard one may be claimed", []SpecClaim{all, {"hard", []string{"uts-hard"}}}, nil},
		{"unfinished may be claimed", []SpecClaim{all, {"more", []string{"ptrace-a", "pid-a"}}}, nil},
		{"no specs", nil, []string{
			"requirement life-a has no spec and no reason for having none, but general is finished there",
			"requirement pin-a has no spec and no reason for having none, but general is finished there",
			"requirement uts-a has no spec and no reason for having none, but uts is finished there",
		}},
		{"proves nothing", []SpecClaim{all, {Spec: "idle"}}, []string{`spec "idle" proves no requirement`}},
		{"unknown id", []SpecClaim{all, {"lost", []string{"uts-b"}}},
			[]string{`spec "lost": unknown requirement "uts-b": did you mean uts-a?`}},
		{"id of the inventory", []SpecClaim{all, {"old", []string{"UTS-A-01"}}},
			[]string{`spec "old": unknown requirement "UTS-A-01": did you mean uts-a?`}},
		{"untestable", []SpecClaim{all, {"bold", []string{"uts-never"}}},
			[]string{`spec "bold" claims uts-never, which the catalog calls untestable: no such kernel`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var have []string
			for _, err := range lintable(t).lint(test.specs) {
				have = append(have, err.Error())
			}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("problems (-want +have):\n%s", diff)
			}
		})
	}
}

func TestCover(t *testing.T) {
	all := lintable(t).requirements
	got := Cover(all, []string{"uts-a", "uts-hard", "pid-a", "no-such-id", "uts-a"})
	want := Coverage{
		Count: Count{Statements: 7, Testable: 6, Covered: 3},
		Topics: map[string]Count{
			"general": {Statements: 3, Testable: 3},
			"pid":     {Statements: 1, Testable: 1, Covered: 1},
			"uts":     {Statements: 3, Testable: 2, Covered: 2},
		},
	}
	excused := got.Excused
	got.Excused = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"uts-never"}, ids(excused)); diff != "" {
		t.Errorf("excused (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"uts-hard", "uts-never"}, ids(Cover(all, nil).Excused)); diff != "" {
		t.Errorf("excused without specs (-want +have):\n%s", diff)
	}
}
