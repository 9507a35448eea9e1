package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plannedMutants begins a run "r" that plans a spec that passes and these mutants.
func plannedMutants(names ...string) Event {
	e := planned()
	for _, name := range names {
		e.Begin.Mutants = append(e.Begin.Mutants, Mutant{Name: name, Lie: "lies", Functions: []string{"f"}, Requirements: []string{"id-" + name}})
	}
	return e
}

// graded ends a mutant as its grade asks for.
func graded(name string, g Grade) Event {
	end := &Graded{Mutant: name, Grade: g, Seconds: 1, Specs: 1}
	switch g {
	case Killed:
		end.KilledBy = []Kill{{Spec: "s", Requirements: []string{"id-" + name}, Message: "it did not"}}
	case NotApplicable, Crashed, Ungraded, Disturbs:
		end.Why = "for a reason"
	}
	return Event{Type: MutantEnds, Run: "r", Graded: end}
}

func mutantBegins(name string) Event { return Event{Type: MutantBegins, Run: "r", Mutant: name} }

func TestFoldKeepsOneGradePerPlannedMutant(t *testing.T) {
	r := fold(plannedMutants(NoMutant, "c", "b", "a"), mutantBegins("b"), graded("c", Survived), mutantBegins(NoMutant),
		graded(NoMutant, Harmless), runEnds(RunEnd{}))
	var got []string
	for _, m := range r.Runs[0].Mutants {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.Mutant, m.Grade, m.Why)))
	}
	want := []string{"none harmless", "c survived", "b broken began, but did not end", "a broken never ran"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Runs[0].StreamErrors) > 0 {
		t.Errorf("stream errors %q", r.Runs[0].StreamErrors)
	}
}

func TestMutantNonsenseIsAStreamError(t *testing.T) {
	for want, events := range map[string][]Event{
		`mutant "x", which was not planned, began`:                   {plannedMutants("m"), mutantBegins("x"), graded("m", Killed)},
		`mutant "x", which was not planned, ended with grade killed`: {plannedMutants("m"), graded("x", Killed), graded("m", Killed)},
		`mutant "m" ended twice: survived stands, killed came`:       {plannedMutants("m"), graded("m", Survived), graded("m", Killed)},
		`mutant "m" is planned twice`:                                {plannedMutants("m", "m"), graded("m", Killed)},
		`a mutant-ends event says nothing`:                           {plannedMutants("m"), {Type: MutantEnds, Run: "r"}},
	} {
		run := fold(append(events, runEnds(RunEnd{}))...).Runs[0]
		if all := strings.Join(run.StreamErrors, "\n"); !strings.Contains(all, want) || len(run.Mutants) != 1 {
			t.Errorf("%d mutants, stream errors %q, want %q", len(run.Mutants), all, want)
		}
	}
}

func TestSenselessGradesAreBroken(t *testing.T) {
	for want, g := range map[string]Graded{
		`unknown grade "dead": kept`:     {Mutant: "m", Grade: "dead", Why: "kept"},
		`harmless is no grade for "m"`:   {Mutant: "m", Grade: Harmless},
		`survived is no grade for "none`: {Mutant: NoMutant, Grade: Survived},
		`killed, but by no spec`:         {Mutant: "m", Grade: Killed, KilledBy: []Kill{{Spec: "s", Requirements: []string{"id-x"}}}},
		`without a reason`:               {Mutant: "m", Grade: NotApplicable},
	} {
		m := fold(plannedMutants(NoMutant, "m"), Event{Type: MutantEnds, Run: "r", Graded: &g}).Runs[0].Mutant(g.Mutant)
		if m.Grade != Ungraded || !strings.Contains(m.Why, want) || len(m.KilledBy) > 0 {
			t.Errorf("%+v became %s: %s, want broken: %s", g, m.Grade, m.Why, want)
		}
	}
}

func TestOnlyKillsOfItsRequirementsCount(t *testing.T) {
	g := Graded{Mutant: "m", Grade: Killed, Why: "luck", Specs: -3, Collateral: []string{"c"}, KilledBy: []Kill{
		{Spec: "a", Requirements: []string{"id-x", "id-m"}}, {Spec: "b", Requirements: []string{"id-x"}}, {Spec: "d"},
	}}
	m := fold(plannedMutants("m"), Event{Type: MutantEnds, Run: "r", Graded: &g}).Runs[0].Mutant("m")
	want := Graded{Mutant: "m", Grade: Killed, Collateral: []string{"c", "b", "d"}, KilledBy: []Kill{{Spec: "a", Requirements: []string{"id-m"}}}}
	if diff := cmp.Diff(want, m.Graded); diff != "" {
		t.Error(diff)
	}
	if len(g.KilledBy) != 3 || len(g.KilledBy[0].Requirements) != 2 || len(g.Collateral) != 1 {
		t.Errorf("the event was changed: %+v", g)
	}
}

func TestScore(t *testing.T) {
	run := fold(plannedMutants(NoMutant, "a", "b", "c", "d", "e"), graded(NoMutant, Harmless), graded("a", Killed),
		graded("b", Survived), graded("c", NotApplicable), graded("d", Crashed)).Runs[0]
	if got, want := run.Score(), (Score{Killed: 1, Applicable: 4}); got != want {
		t.Errorf("score %+v, want %+v", got, want)
	}
}

// tryMutants tries n mutants that take a second each, two at a time, after NoMutant
// has taken 20, and ends done of them.
func tryMutants(n, done int) []Event {
	names := []string{NoMutant}
	for i := range n {
		names = append(names, fmt.Sprint("m", i))
	}
	at := func(seconds float64, e Event) Event {
		e.Time = time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
		return e
	}
	events := []Event{at(0, plannedMutants(names...)), at(0, mutantBegins(NoMutant)), at(20, graded(NoMutant, Harmless))}
	for i := range done {
		begin := 20 + float64(i/2)
		events = append(events, at(begin, mutantBegins(names[i+1])), at(begin+1, graded(names[i+1], Killed)))
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return events
}

func TestTimeLeftGoesByWhatEnded(t *testing.T) {
	for _, c := range []struct {
		done  int
		left  time.Duration
		known bool
	}{
		{0, 0, false}, {2, 0, false}, {10, 25 * time.Second, true}, {50, 5 * time.Second, true}, {60, 0, false},
	} {
		var r Report
		for _, e := range tryMutants(60, c.done) {
			r.Apply(e)
		}
		left, known := r.Runs[0].timeLeft()
		if left.Round(time.Millisecond) != c.left || known != c.known {
			t.Errorf("after %d of 60: %v %v, want %v %v", c.done, left, known, c.left, c.known)
		}
	}
}

func TestMutantsSummary(t *testing.T) {
	events := tryMutants(62, 62)
	run := fold(events...).Runs[0]
	if got, want := mutantsSummary(run, palette{}), "62 of 62 mutants killed  in 31 s (500 ms a mutant)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	run = fold(plannedMutants(NoMutant), graded(NoMutant, Harmless)).Runs[0]
	if got, want := mutantsSummary(run, palette{}), "no mutant tried but none"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMutantsAreToldNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	want := `r  19/240 mutants  19 killed  ~1:56 left
r  79/240 mutants  79 killed  ~1:21 left
r  139/240 mutants  139 killed  ~0:50 left
r  199/240 mutants  199 killed  ~0:20 left
`
	if got := feed(tryMutants(240, 240), TerminalOptions{}, 0, 0); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestManyMutantsThatNeverRanAreOneLine(t *testing.T) {
	text := string(render(t, "pretty", fold(plannedMutants("a", "b", "c", "d", "e"), graded("a", Survived), runEnds(RunEnd{}))))
	if !strings.Contains(text, "BROKEN  r  4 mutants were not tried to their end\n") || strings.Count(text, "BROKEN") != 1 || strings.Count(text, "SURVIVED") != 1 {
		t.Errorf("got:\n%s", text)
	}
}

func TestManyCollateralSpecsAreCounted(t *testing.T) {
	m := MutantResult{Graded: Graded{Mutant: "m", Grade: Survived, Collateral: strings.Fields(strings.Repeat("s ", 25))}}
	text := m.collateralText()
	if len(text) != manySpecs+2 || text[0] != "25 specs of other requirements failed:" || text[len(text)-1] != "  and 15 more" {
		t.Errorf("got %q", text)
	}
}
