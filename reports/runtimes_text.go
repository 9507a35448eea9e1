package reports

import "strings"

// prettyRuntimes writes the table of runtimes, and how to run each row.
func prettyRuntimes(r *Report, p palette) string {
	table := newRuntimeTable(r)
	if table == nil {
		return ""
	}
	var t textTable
	t.title(append([]string{"runtime", "kernel"}, table.titles()...)...)
	for _, row := range table.Rows {
		cells := []string{row.name(), row.Run.Name}
		for _, specs := range row.Specs {
			cells = append(cells, markdownCell(totals(specs)))
		}
		t.add(cells...)
	}
	var b strings.Builder
	b.WriteString("\n" + p.paint(bold, "runtimes") + "  " + markdownLegend(r))
	t.write(&b, p)
	for _, row := range table.Rows {
		if row.Command != "" {
			b.WriteString("  " + p.paint(faint, oneLine(row.Command)) + "\n")
		}
	}
	return b.String()
}

// markdownRuntimes writes the table of runtimes.
func markdownRuntimes(r *Report) string {
	table := newRuntimeTable(r)
	if table == nil {
		return ""
	}
	var b strings.Builder
	markdownHead(&b, append(append([]string{"runtime", "kernel"}, table.markdownTitles()...), "command")...)
	for _, row := range table.Rows {
		cells := []string{markdownName(row.name()), markdownName(row.Run.Name)}
		for _, specs := range row.Specs {
			cells = append(cells, markdownCell(totals(specs)))
		}
		command := ""
		if row.Command != "" {
			command = "<code>" + markdownText(row.Command) + "</code>"
		}
		markdownRow(&b, append(cells, command)...)
	}
	return b.String() + "\n"
}

func (t *runtimeTable) markdownTitles() []string {
	titles := t.titles()
	for i, title := range titles {
		titles[i] = markdownName(title)
	}
	return titles
}
