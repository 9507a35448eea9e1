package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/mutants"
)

// grade says what came of a mutant. plan has the specs of its requirements, sound
// what came of specs without it, attempts what came of them under it. Only a spec
// of plan that fails, where it passes without the mutant, kills.
func grade(m mutants.Mutant, plan []reports.PlannedSpec, sound map[string]reports.Result, attempts ...*attempt) reports.Graded {
	g := reports.Graded{Mutant: m.Name, Told: attempts[0].told}
	verdicts := map[reports.Verdict]int{}
	for i, a := range attempts {
		for _, r := range a.results {
			known := i > 0 && slices.ContainsFunc(attempts[0].results, func(o reports.Result) bool { return o.Spec == r.Spec })
			if known {
				continue
			}
			g.Specs++
			verdicts[r.Verdict]++
			if r.Verdict != reports.Fail || !sound[r.Spec].Verdict.Sound() {
				continue
			}
			if broken := brokenBy(m, plan, r.Spec); len(broken) > 0 {
				g.KilledBy = append(g.KilledBy, reports.Kill{Spec: r.Spec, Requirements: broken, Message: r.Failure.Message})
			} else {
				g.Collateral = append(g.Collateral, r.Spec)
			}
		}
	}
	first := attempts[0]
	applies, why := applicable(plan, sound)
	switch {
	case first.missing != "":
		g.Grade, g.Why = reports.NotApplicable, first.missing
	case len(g.KilledBy) > 0:
		g.Grade = reports.Killed
	case first.crash != nil || first.ending.verdict == reports.Crash:
		g.Grade, g.Why, g.Console = reports.Crashed, "the kernel died before a spec failed", first.console()
	case applies != "":
		g.Grade, g.Why = applies, why
	case first.ending.err != nil && g.Specs == 0:
		g.Grade, g.Why, g.Console = reports.Ungraded, first.ending.err.Error(), first.console()
	default:
		g.Grade, g.Why = reports.Survived, survival(verdicts, first.ending.err)
	}
	return g
}

// brokenBy returns the requirements of a mutant that a spec names.
func brokenBy(m mutants.Mutant, plan []reports.PlannedSpec, spec string) (ids []string) {
	for _, p := range plan {
		if p.Name != spec {
			continue
		}
		for _, id := range p.Requirements {
			if slices.Contains(m.Requirements, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// applicable says what a mutant's grade must be, and why, when no spec can kill it
// for the kernel's sake; else the grade is empty.
func applicable(plan []reports.PlannedSpec, sound map[string]reports.Result) (reports.Grade, string) {
	var skipped []string
	for _, p := range plan {
		r, ran := sound[p.Name]
		switch {
		case ran && r.Verdict.Sound():
			return "", ""
		case ran && r.Verdict == reports.Skipped:
			skipped = append(skipped, fmt.Sprintf("%s: %s", r.Skip.Code, r.Skip.Text))
		}
	}
	switch {
	case len(plan) == 0:
		return reports.Survived, "no spec proves a requirement that it breaks"
	case len(skipped) == len(plan):
		return reports.NotApplicable, "every spec of its requirements is skipped: " + skipped[0]
	}
	return reports.Ungraded, "no spec of its requirements passes without it"
}

// survival says what the specs made of a mutant that none of them killed.
func survival(verdicts map[reports.Verdict]int, end error) string {
	var parts []string
	for _, v := range reports.Verdicts() {
		if n := verdicts[v]; n > 0 && v != reports.Pass {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if end != nil {
		parts = append(parts, end.Error())
	}
	if len(parts) == 0 {
		return "no spec noticed"
	}
	return "no spec failed for it: " + strings.Join(parts, ", ")
}

// gradeNone says whether the module alone changes any verdict.
func gradeNone(a *attempt, sound map[string]reports.Result) reports.Graded {
	g := reports.Graded{Mutant: reports.NoMutant, Grade: reports.Harmless, Specs: len(a.results), Told: a.told}
	for _, r := range a.results {
		if r.Verdict != sound[r.Spec].Verdict {
			g.Collateral = append(g.Collateral, r.Spec)
		}
	}
	switch {
	case len(g.Collateral) > 0:
		g.Grade, g.Why = reports.Disturbs, fmt.Sprintf("the module alone changes the verdict of %d specs", len(g.Collateral))
	case a.ending.err != nil:
		g.Grade, g.Why, g.Console = reports.Ungraded, a.ending.err.Error(), a.console()
	case len(a.results) != len(sound):
		g.Grade, g.Why = reports.Ungraded, fmt.Sprintf("%d specs ended with the module, %d without", len(a.results), len(sound))
	}
	return g
}

// console is what the kernel said last.
func (a *attempt) console() []string {
	if a.crash != nil {
		return a.crash
	}
	return a.ending.console
}
