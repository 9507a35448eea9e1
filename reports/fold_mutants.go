package reports

import (
	"fmt"
	"slices"
	"time"
)

// Why a mutant has no grade when the stream does not say.
const (
	neverRan  = "never ran"
	neverDone = "began, but did not end"
)

// trial is how far a run's mutants are.
type trial struct {
	began time.Time       // when the first began, NoMutant apart
	last  time.Time       // when the last ended, NoMutant apart
	ended map[string]bool // by name
	index map[string]int  // name to its place in Mutants
}

func (r *Run) planMutants(mutants []Mutant) {
	r.trial.index = make(map[string]int, len(mutants))
	for _, m := range mutants {
		if _, double := r.trial.index[m.Name]; double {
			r.streamError("mutant %q is planned twice", m.Name)
			continue
		}
		r.trial.index[m.Name] = len(r.Mutants)
		r.Mutants = append(r.Mutants, MutantResult{
			Lie:          m.Lie,
			Functions:    append([]string{}, m.Functions...),
			Requirements: append([]string{}, m.Requirements...),
			Graded:       Graded{Mutant: m.Name, Grade: Ungraded, Why: neverRan},
		})
	}
}

// Mutant returns the planned mutant of that name, nil if there is none.
func (r *Run) Mutant(name string) *MutantResult {
	if r.trial.index == nil {
		r.trial.index = make(map[string]int, len(r.Mutants))
		for i, m := range r.Mutants {
			r.trial.index[m.Mutant] = i
		}
	}
	if i, ok := r.trial.index[name]; ok {
		return &r.Mutants[i]
	}
	return nil
}

func (r *Run) mutantBegins(e Event) {
	m := r.Mutant(e.Mutant)
	if m == nil {
		r.unplanned("mutant", e.Mutant, "began")
		return
	}
	if e.Mutant != NoMutant && r.trial.began.IsZero() {
		r.trial.began = e.Time
	}
	if !r.trial.ended[e.Mutant] {
		m.Why = neverDone
	}
}

func (r *Run) mutantEnds(g *Graded, at time.Time) {
	m := r.Mutant(g.Mutant)
	if m == nil {
		r.unplanned("mutant", g.Mutant, "ended with grade "+string(g.Grade))
		return
	}
	if r.trial.ended[g.Mutant] {
		r.streamError("mutant %q ended twice: %s stands, %s came after it", m.Mutant, m.Grade, g.Grade)
		return
	}
	if r.trial.ended == nil {
		r.trial.ended = map[string]bool{}
	}
	r.trial.ended[g.Mutant] = true
	m.Graded = sanitizeGrade(*g, m.Requirements)
	if g.Mutant != NoMutant && !r.trial.began.IsZero() && at.After(r.trial.last) {
		r.trial.last = at
		r.MutantSeconds = max(0, at.Sub(r.trial.began).Seconds())
	}
}

// sanitizeGrade makes a grade from the stream consistent: one outside the set, one
// that is not for this mutant, a kill that no spec of its requirements made, and a
// mutant taken out of the score for no reason have no grade.
func sanitizeGrade(g Graded, requirements []string) Graded {
	ofNone := g.Grade == Harmless || g.Grade == Disturbs
	ofMutant := g.Grade == Killed || g.Grade == Survived || g.Grade == Crashed
	g = withoutForeignKills(g, requirements)
	g.Specs = max(0, g.Specs)
	switch {
	case !slices.Contains(Grades(), g.Grade):
		return ungraded(g, fmt.Sprintf("the mutant ended with the unknown grade %q", g.Grade))
	case ofNone && g.Mutant != NoMutant, ofMutant && g.Mutant == NoMutant:
		return ungraded(g, fmt.Sprintf("%s is no grade for %q", g.Grade, g.Mutant))
	case g.Grade == Killed && len(g.KilledBy) == 0:
		return ungraded(g, "killed, but by no spec of its requirements")
	case g.Grade == NotApplicable && g.Why == "":
		return ungraded(g, "not applicable, but without a reason")
	case g.Grade == Killed:
		g.Why = ""
	default:
		g.KilledBy = nil
	}
	return g
}

// withoutForeignKills makes kills by specs that name none of the mutant's
// requirements what they are: collateral.
func withoutForeignKills(g Graded, requirements []string) Graded {
	var kills []Kill
	g.Collateral = slices.Clone(g.Collateral)
	for _, k := range g.KilledBy {
		foreign := func(id string) bool { return !slices.Contains(requirements, id) }
		k.Requirements = slices.DeleteFunc(slices.Clone(k.Requirements), foreign)
		if len(k.Requirements) > 0 {
			kills = append(kills, k)
		} else {
			g.Collateral = append(g.Collateral, k.Spec)
		}
	}
	g.KilledBy = kills
	return g
}

func ungraded(g Graded, why string) Graded {
	if g.Why != "" {
		why += ": " + g.Why
	}
	g.Grade, g.Why, g.KilledBy = Ungraded, why, nil
	return g
}
