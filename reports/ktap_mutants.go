package reports

import "fmt"

// mutants writes the run's mutants as one more subtest of it: a survivor is not ok.
func (k *ktap) mutants(number int, r *Run) {
	k.plan(2, len(r.Mutants), "")
	for i, m := range r.Mutants {
		for _, d := range r.details(m) {
			k.block(d.Title, d.Text)
		}
		k.mutant(i+1, m)
	}
	k.parent(1, number, "mutants", mutantTotals(r), nil)
}

func (k *ktap) mutant(number int, m MutantResult) {
	directive := ""
	v := m.Grade.verdict()
	switch v {
	case Pass:
		k.pass++
	case Skipped:
		k.skip++
		directive = "SKIP " + m.outcome()
	case Fail:
		k.fail++
	default:
		k.errors++
		directive = fmt.Sprintf("ERROR %s: %s", m.Grade, m.outcome())
	}
	k.result(k.leaf(), number, !v.Bad(), m.Mutant, directive)
}

// mutantTotals counts mutants as the verdicts that their grades stand for.
func mutantTotals(r *Run) Totals {
	t := totals(nil)
	for _, m := range r.Mutants {
		t[m.Grade.verdict()]++
	}
	return t
}
