package reports

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func diffOf(t *testing.T, a, b *Report, nameA, nameB string) *Diff {
	t.Helper()
	m, err := MatchRuns(a, b, nameA, nameB)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Compare()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func renderDiff(t testing.TB, format string, d *Diff) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDiff(format, &b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sampleDiffs compares runs of the samples, in the direction in which much breaks and in
// which much is fixed, and what namespaces cost.
func sampleDiffs(t *testing.T) map[string]*Diff {
	return map[string]*Diff{
		"testdata/compare/broken":    diffOf(t, readSample(t), nil, "here #2", "debian:bookworm"),
		"testdata/compare/fixed":     diffOf(t, readSample(t), nil, "debian:bookworm", "here #2"),
		"testdata/compare/costs":     diffOf(t, readSampleOf(t, benchSample), nil, "debian:bookworm", "debian:trixie"),
		"testdata/compare/unmatched": diffOf(t, readSample(t), &Report{Runs: readSample(t).Runs[:1]}, "", ""),
	}
}

func TestDiffGoldens(t *testing.T) {
	schema := compileSchema(t, "comparison.json")
	for name, d := range sampleDiffs(t) {
		for _, format := range DiffFormats() {
			text := renderDiff(t, format, d)
			harmless(t, string(text))
			golden(t, filepath.FromSlash(name)+"."+format, text)
			if format == "json" {
				if err := validate(schema, text); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

func TestDiffExitCode(t *testing.T) {
	good, bad := fold(planned("a"), ends("a", Pass)), fold(planned("a"), ends("a", Fail))
	skipped, other := fold(planned("a"), ends("a", Skipped)), fold(planned("b"), ends("b", Pass))
	for _, c := range []struct {
		a, b *Report
		want int
		lost int
	}{
		{good, bad, ExitViolated, 0}, {bad, good, ExitHeld, 0}, {good, good, ExitHeld, 0}, {bad, bad, ExitHeld, 0},
		{skipped, bad, ExitViolated, 0}, {good, skipped, ExitHeld, 1}, {skipped, good, ExitHeld, 0},
		{good, fold(planned("a")), ExitViolated, 0}, // it never ran
	} {
		d := diffOf(t, c.a, c.b, "", "")
		if code, lost := d.ExitCode(), len(d.Runs[0].NoLongerHeld()); code != c.want || lost != c.lost {
			t.Errorf("%s then %s: exit code %d, %d no longer held, want %d and %d",
				c.a.Runs[0].Results[0].Verdict, c.b.Runs[0].Results[0].Verdict, code, lost, c.want, c.lost)
		}
	}
	m, err := MatchRuns(good, other, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := m.Compare(); err == nil || err.Error() != "the runs have no spec in common" {
		t.Errorf("runs without a spec in common: %+v, error %v", d, err)
	}
	// Where others can be compared, those that cannot are told, and are no success.
	m.Pairs = append(m.Pairs, Pair{A: good.Runs[0], B: good.Runs[0]})
	d, err := m.Compare()
	if err != nil || d.ExitCode() != ExitBroken || !strings.Contains(string(renderDiff(t, "pretty", d)), "not compared: the runs have no spec in common") {
		t.Errorf("error %v, comparison %+v", err, d)
	}
}

func TestDiffOfSpecsAndCosts(t *testing.T) {
	run := func(v Verdict, ns float64) *Report {
		begin := plannedRounds(1, 1, simplestCall)
		begin.Begin.Plan = planned("a").Begin.Plan
		m := measured(simplestCall, 1)
		m.Measurement.Values[0] = ns
		return fold(begin, ends("a", v), m, runEnds(RunEnd{}))
	}
	d := diffOf(t, run(Pass, 100), run(Fail, 100), "", "")
	if d.Runs[0].Costs == nil || d.Runs[0].Count(BrokenSince) != 1 {
		t.Errorf("comparison %+v", d.Runs[0])
	}
	d = diffOf(t, run(Pass, 100), fold(planned("a"), ends("a", Pass), runEnds(RunEnd{})), "", "")
	if diff := cmp.Diff([]string{`costs are not compared: run "r" measured nothing`}, d.Runs[0].Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestDiffFoldsWhatIsMuch(t *testing.T) {
	var names []string
	var before, after []Event
	for i := range fewChanges + 1 {
		name := fmt.Sprint("s", i)
		names = append(names, name)
		before, after = append(before, ends(name, Skipped)), append(after, ends(name, Pass))
	}
	a, b := fold(append([]Event{planned(names...)}, before...)...), fold(append([]Event{planned(names...)}, after...)...)
	text := string(renderDiff(t, "pretty", diffOf(t, a, b, "", "")))
	if want := "skip (arch) -> pass  21 specs: 21 t\n"; !strings.Contains(text, want) {
		t.Errorf("%s\nlacks %q", text, want)
	}
	if text = string(renderDiff(t, "pretty", diffOf(t, b, a, "", ""))); strings.Contains(text, "0 changed") {
		t.Error(text)
	}
}
