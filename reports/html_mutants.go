package reports

import "slices"

// mutantTable is a run's mutants, those that need attention first.
type mutantTable struct {
	Run, Summary string
	Bar          []gradePart
	Rows         []mutantRow
}

type gradePart struct {
	Grade Grade
	Count int
}

// mutantRow is one mutant, as the page shows it.
type mutantRow struct {
	MutantResult
	Outcome  string
	ToldText string
	RanText  string
	Breaks   []mutantRequirement
}

// mutantRequirement is a requirement that a mutant must break.
type mutantRequirement struct {
	Requirement
	Shown bool // the page has it in its tables
}

func newMutantTables(r *Report) []mutantTable {
	shown := map[string]bool{}
	for _, q := range allRequirements(r) {
		shown[q.ID] = true
	}
	var tables []mutantTable
	for _, run := range r.Runs {
		if len(run.Mutants) > 0 {
			tables = append(tables, newMutantTable(run, shown))
		}
	}
	return tables
}

func newMutantTable(run *Run, shown map[string]bool) mutantTable {
	t := mutantTable{Run: run.Name, Summary: mutantsSummary(run, palette{})}
	statements := run.requirements()
	for _, g := range Grades() {
		graded := run.graded(g)
		if len(graded) > 0 {
			t.Bar = append(t.Bar, gradePart{g, len(graded)})
		}
		for _, m := range graded {
			row := mutantRow{MutantResult: m, Outcome: m.outcome(), ToldText: m.toldText(), RanText: m.ranText()}
			for _, id := range m.Requirements {
				q := statements[id]
				q.ID = id
				row.Breaks = append(row.Breaks, mutantRequirement{q, shown[id]})
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// totalScore adds the scores of all runs.
func totalScore(r *Report) (total Score, mutants bool) {
	for _, run := range r.Runs {
		s := run.Score()
		total.Killed += s.Killed
		total.Applicable += s.Applicable
		mutants = mutants || len(run.Mutants) > 0
	}
	return total, mutants
}

// mutantHeadline says what a report says whose specs saw no violation without a
// mutant.
func mutantHeadline(r *Report, score Score) (text, tone string) {
	disturbs := slices.ContainsFunc(r.Runs, func(run *Run) bool { return len(run.graded(Disturbs)) > 0 })
	switch code := ExitCode(r); {
	case code == ExitInterrupted:
		return "Interrupted: the results are incomplete", "unsure"
	case code == ExitNothingRan:
		return "No mutant applies", "unsure"
	case disturbs:
		return "The mutants’ module alone changes verdicts", "bad"
	case code == ExitBroken:
		return score.text(palette{}) + ", but the results are incomplete", "unsure"
	case code == ExitViolated:
		return score.text(palette{}), "bad"
	case score.Applicable == 0:
		return "The mutants’ module alone changes no verdict", "good"
	}
	return score.text(palette{}), "good"
}
