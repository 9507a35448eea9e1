package suites

import (
	"testing"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2/types"
)

func TestResultTellsOfKnownDeviations(t *testing.T) {
	known := &reports.Deviation{ID: "some-deviation"}
	for _, row := range []struct {
		name    string
		state   types.SpecState
		said    spec.Outcome
		verdict reports.Verdict
		known   *reports.Deviation
		seen    string
	}{
		{"it was seen", types.SpecStatePassed, spec.Outcome{Deviation: known, Seen: "what was seen"}, reports.Known, known, "what was seen"},
		{"it was not seen", types.SpecStatePassed, spec.Outcome{Unseen: known}, reports.Pass, known, ""},
		{"none is known", types.SpecStatePassed, spec.Outcome{}, reports.Pass, nil, ""},
		{"more is wrong", types.SpecStateFailed, spec.Outcome{Deviation: known, Seen: "what was seen"}, reports.Fail, nil, "more"},
		{"something is left behind", types.SpecStateFailed, spec.Outcome{Deviation: known, Leak: true}, reports.Fail, nil, "more"},
		{"the machine refuses what it takes", types.SpecStateFailed, spec.Outcome{Excuse: &reports.Skip{}}, reports.Skipped, nil, ""},
		{"something is left behind by one who skipped", types.SpecStateFailed, spec.Outcome{Skip: &reports.Skip{}, Leak: true}, reports.Fail, nil, "more"},
	} {
		r := result(types.SpecReport{State: row.state, Failure: types.Failure{Message: "more"}}, row.said)
		if r.Verdict != row.verdict || r.Known != row.known {
			t.Errorf("%s: %s, known %v", row.name, r.Verdict, r.Known)
		}
		if seen := r.Failure; (seen == nil) != (row.seen == "") || seen != nil && seen.Message != row.seen {
			t.Errorf("%s: the failure is %v", row.name, seen)
		}
	}
}
