package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// topicTable is a topic's requirements with their verdicts, a column per run.
type topicTable struct {
	Name   string
	Runs   []string
	Rows   []requirementRow
	Counts []barPart // requirements by their worst verdict in any run
}

type requirementRow struct {
	Requirement
	Worst Verdict // in any run; "" when no spec proves it
	Cells []cell
	Specs []specRow
	Text  string // what the filter looks in
}

// cell is a requirement's verdict in one run; its verdict is "" when no spec
// proved it there.
type cell struct {
	Run, Anchor string
	Verdict     Verdict
}

// specRow is a spec that proves a requirement, with its result in each run.
type specRow struct {
	Name, Location string
	Results        []specCell
}

type specCell struct {
	Run, Anchor string
	SpecResult
}

func newTopicTables(r *Report, anchors map[specKey]string) []topicTable {
	b := &topicBuilder{anchors: anchors}
	for _, run := range r.Runs {
		b.runs = append(b.runs, run.Name)
		b.verdicts = append(b.verdicts, run.Verdicts())
		b.proofs = append(b.proofs, proofs(run))
	}
	topics := map[string]*topicTable{}
	for _, q := range allRequirements(r) {
		t := topics[q.Topic]
		if t == nil {
			t = &topicTable{Name: q.Topic, Runs: b.runs}
			topics[q.Topic] = t
		}
		t.Rows = append(t.Rows, b.row(q))
	}
	var tables []topicTable
	for _, name := range slices.Sorted(maps.Keys(topics)) {
		t := topics[name]
		t.Counts = countRows(t.Rows)
		tables = append(tables, *t)
	}
	return tables
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

func countRows(rows []requirementRow) []barPart {
	n := map[Verdict]int{}
	for _, row := range rows {
		n[row.Worst]++
	}
	var parts []barPart
	for _, v := range append(Verdicts(), "") {
		if n[v] > 0 {
			parts = append(parts, barPart{v, n[v]})
		}
	}
	return parts
}

type topicBuilder struct {
	anchors  map[specKey]string
	runs     []string
	verdicts []map[string]Verdict
	proofs   []map[string][]SpecResult
}

func (b *topicBuilder) row(q Requirement) requirementRow {
	row := requirementRow{Requirement: q}
	text := []string{q.ID, q.Statement, q.Page, q.Section, q.Topic}
	for i, run := range b.runs {
		c := cell{Run: run, Verdict: b.verdicts[i][q.ID]}
		for _, s := range b.proofs[i][q.ID] {
			anchor := b.anchors[specKey{run, s.Spec}]
			if s.Verdict == c.Verdict && c.Anchor == "" {
				c.Anchor = anchor
			}
			row.addSpec(s, run, anchor)
			text = append(text, s.Spec, string(s.Verdict))
		}
		if c.Verdict != "" {
			row.Worst = Worst(append(row.worst(), c.Verdict)...)
		}
		row.Cells = append(row.Cells, c)
	}
	row.Text = strings.ToLower(strings.Join(text, " "))
	return row
}

func (row *requirementRow) worst() []Verdict {
	if row.Worst == "" {
		return nil
	}
	return []Verdict{row.Worst}
}

func (row *requirementRow) addSpec(s SpecResult, run, anchor string) {
	i := slices.IndexFunc(row.Specs, func(r specRow) bool { return r.Name == s.Spec })
	if i < 0 {
		i = len(row.Specs)
		row.Specs = append(row.Specs, specRow{Name: s.Spec, Location: s.Location})
	}
	row.Specs[i].Results = append(row.Specs[i].Results, specCell{run, anchor, s})
}
