package reports

import (
	"cmp"
	"slices"
	"strings"
)

// requirementRow is a requirement with its verdict in each run, and the specs that
// prove it.
type requirementRow struct {
	Requirement
	Cells []cell
	Specs []specRow
}

// cell is a requirement's verdict in one run; its verdict is "" when no spec
// proved it there.
type cell struct {
	Verdict  Verdict
	Evidence string // where it is shown; "" where there is nothing to show
}

// specRow is a spec that proves a requirement, with what came of it.
type specRow struct {
	Name, Location string
	Anchor         string // "" for one that has its place at another requirement
	Outcomes       []outcome
}

func (row requirementRow) worst() Verdict {
	var all []Verdict
	for _, c := range row.Cells {
		if c.Verdict != "" {
			all = append(all, c.Verdict)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return Worst(all...)
}

func newRows(r *Report, columns []column, a *anchors) []requirementRow {
	b := rowBuilder{columns: columns, anchors: a, placed: map[string]bool{}}
	for _, c := range columns {
		b.verdicts = append(b.verdicts, c.run.Verdicts())
		b.proofs = append(b.proofs, proofs(c.run))
	}
	var rows []requirementRow
	for _, q := range allRequirements(r) {
		rows = append(rows, b.row(q))
	}
	return rows
}

// allRequirements returns the requirements of all runs, in the order in which they
// are first mentioned. One that only a spec mentions is known by its id alone.
func allRequirements(r *Report) []Requirement {
	var all []Requirement
	seen := map[string]bool{}
	add := func(q Requirement) {
		if !seen[q.ID] {
			seen[q.ID] = true
			q.Topic = cmp.Or(q.Topic, noTopic)
			all = append(all, q)
		}
	}
	for _, run := range r.Runs {
		if run.Begin != nil {
			for _, q := range run.Begin.Requirements {
				add(q)
			}
		}
	}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			for _, id := range s.Requirements {
				add(Requirement{ID: id})
			}
		}
	}
	return all
}

func proofs(run *Run) map[string][]SpecResult {
	by := map[string][]SpecResult{}
	for _, s := range run.Results {
		for _, id := range s.Requirements {
			by[id] = append(by[id], s)
		}
	}
	return by
}

type rowBuilder struct {
	columns  []column
	anchors  *anchors
	verdicts []map[string]Verdict
	proofs   []map[string][]SpecResult
	placed   map[string]bool // specs that have their place
}

func (b *rowBuilder) row(q Requirement) requirementRow {
	row := requirementRow{Requirement: q}
	results := map[string][]*SpecResult{} // of each spec, by column
	var specs []string
	for i, c := range b.columns {
		here := cell{Verdict: b.verdicts[i][q.ID]}
		for _, s := range b.proofs[i][q.ID] {
			if s.Verdict == here.Verdict && here.Evidence == "" {
				here.Evidence = b.anchors.result(c.run.Name, s.Spec)
			}
			if results[s.Spec] == nil {
				results[s.Spec] = make([]*SpecResult, len(b.columns))
				specs = append(specs, s.Spec)
			}
			results[s.Spec][i] = &s
		}
		row.Cells = append(row.Cells, here)
	}
	slices.SortFunc(specs, strings.Compare)
	for _, name := range specs {
		row.Specs = append(row.Specs, b.spec(name, results[name]))
	}
	return row
}

func (b *rowBuilder) spec(name string, results []*SpecResult) specRow {
	row := specRow{Name: name, Outcomes: b.outcomes(results)}
	if i := slices.IndexFunc(results, func(s *SpecResult) bool { return s != nil }); i >= 0 {
		row.Location = results[i].Location
	}
	if !b.placed[name] {
		b.placed[name] = true
		row.Anchor = b.anchors.of(name)
	}
	return row
}
