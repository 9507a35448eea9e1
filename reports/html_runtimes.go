package reports

// runtimeSection is the table of runtimes as the page shows it.
type runtimeSection struct {
	Kinds []string
	Rows  []htmlRuntimeRow
}

// htmlRuntimeRow is a program in a run.
type htmlRuntimeRow struct {
	runtimeRow
	Anchor string // of the run in the page
	Cells  []runtimeCell
}

// runtimeCell is what came of a program with one kind of namespace, the worst first.
type runtimeCell struct {
	Kind  string
	Parts []runtimePart
}

// runtimePart counts a verdict.
type runtimePart struct {
	Verdict  Verdict
	Count    int
	Evidence string // where one of them is shown in full; "" if nowhere
}

// newRuntimeSection is nil where no spec is of a runtime.
func newRuntimeSection(r *Report, a *anchors) *runtimeSection {
	table := newRuntimeTable(r)
	if table == nil {
		return nil
	}
	places := map[*Run]string{}
	for i, run := range r.Runs {
		places[run] = runAnchor(i)
	}
	section := &runtimeSection{Kinds: table.titles()}
	for _, row := range table.Rows {
		shown := htmlRuntimeRow{runtimeRow: row, Anchor: places[row.Run]}
		for i, specs := range row.Specs {
			shown.Cells = append(shown.Cells, runtimeCell{section.Kinds[i], runtimeParts(row.Run, specs, a)})
		}
		section.Rows = append(section.Rows, shown)
	}
	return section
}

// runtimeParts counts the verdicts of specs. Those that were skipped count only where
// there are no others.
func runtimeParts(run *Run, specs []SpecResult, a *anchors) (parts []runtimePart) {
	for _, v := range Verdicts() {
		part := runtimePart{Verdict: v}
		for _, s := range specs {
			if s.Verdict != v {
				continue
			}
			part.Count++
			if part.Evidence == "" {
				part.Evidence = a.result(run.Name, s.Spec)
			}
		}
		if part.Count > 0 && (v != Skipped || len(parts) == 0) {
			parts = append(parts, part)
		}
	}
	return parts
}
