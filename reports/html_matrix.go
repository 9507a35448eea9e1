package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// matrix is the requirements with their verdicts, a column per run, by topic.
type matrix struct {
	Columns  []column
	Many     bool // too many columns for words
	Topics   []topicTable
	Pages    []string  // for the filter
	Verdicts []Verdict // for the filter
	Rows     int
}

// topicTable is a topic's requirements, by the page that promises them.
type topicTable struct {
	Runs   []column
	Name   string
	Anchor string
	Pages  []pageRows
	Counts []barPart // requirements by their worst verdict in any run
	Rows   int
	Named  string      // the pages with most of them
	ByRun  []topicCell // what came of the topic in each run
	Open   bool
}

// topicCell counts a topic's requirements in one run, but for those that held if
// others did not.
type topicCell []barPart

type pageRows struct {
	Page string
	Rows []requirementRow
}

// How many columns have space for words, and how many rows are not too many at once.
const (
	wordyColumns = 3
	unfoldedRows = 150
	fewPages     = 3
)

// newMatrix is nil where no run has a spec.
func newMatrix(r *Report, a *anchors) *matrix {
	m := &matrix{Columns: newColumns(r)}
	m.Many = len(m.Columns) > wordyColumns
	rows := newRows(r, m.Columns, a)
	if len(rows) == 0 {
		return nil
	}
	m.Rows = len(rows)
	byTopic := map[string][]requirementRow{}
	pages, verdicts := map[string]bool{}, map[Verdict]bool{}
	for _, row := range rows {
		byTopic[row.Topic] = append(byTopic[row.Topic], row)
		pages[row.Page] = true
		for _, c := range row.Cells {
			verdicts[c.Verdict] = true
		}
	}
	delete(pages, "")
	m.Pages = slices.Sorted(maps.Keys(pages))
	m.Verdicts = verdictsIn(func(v Verdict) bool { return verdicts[v] })
	for _, name := range slices.Sorted(maps.Keys(byTopic)) {
		m.Topics = append(m.Topics, m.topic(name, byTopic[name]))
	}
	return m
}

func (m *matrix) topic(name string, rows []requirementRow) topicTable {
	t := topicTable{Runs: m.Columns, Name: name, Rows: len(rows), Anchor: "topic-" + oneLine(name), Open: m.Rows <= unfoldedRows}
	t.Counts = countRows(rows, requirementRow.worst)
	for i := range m.Columns {
		t.ByRun = append(t.ByRun, newTopicCell(countRows(rows, func(row requirementRow) Verdict { return row.Cells[i].Verdict })))
	}
	slices.SortStableFunc(rows, func(a, b requirementRow) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.Section, b.Section), cmp.Compare(a.ID, b.ID))
	})
	for _, row := range rows {
		i := slices.IndexFunc(t.Pages, func(p pageRows) bool { return p.Page == row.Page })
		if i < 0 {
			i = len(t.Pages)
			t.Pages = append(t.Pages, pageRows{Page: row.Page})
		}
		t.Pages[i].Rows = append(t.Pages[i].Rows, row)
	}
	t.Named = namedPages(t.Pages)
	return t
}

// namedPages names the pages that promise most.
func namedPages(pages []pageRows) string {
	most := slices.DeleteFunc(slices.Clone(pages), func(p pageRows) bool { return p.Page == "" })
	slices.SortStableFunc(most, func(a, b pageRows) int { return len(b.Rows) - len(a.Rows) })
	var names []string
	for i, p := range most {
		if i == fewPages {
			names = append(names, "…")
			break
		}
		names = append(names, p.Page)
	}
	return strings.Join(names, ", ")
}

func newTopicCell(counts []barPart) topicCell {
	if len(counts) == 1 {
		return counts
	}
	return slices.DeleteFunc(counts, func(p barPart) bool { return p.Verdict == Pass || p.Verdict == "" })
}

func countRows(rows []requirementRow, verdict func(requirementRow) Verdict) []barPart {
	n := map[Verdict]int{}
	for _, row := range rows {
		n[verdict(row)]++
	}
	var parts []barPart
	for _, v := range append(Verdicts(), "") {
		if n[v] > 0 {
			parts = append(parts, barPart{v, n[v]})
		}
	}
	return parts
}
