package reports

import "strings"

// widestName is how many columns a name in a table may take.
const widestName = 44

// textTable lays cells out in columns, the first to the left and the others to the
// right, each row indented by two.
type textTable struct {
	rows   [][]string
	colors []string // of the rows
}

func (t *textTable) add(cells ...string)   { t.put("", cells) }
func (t *textTable) title(cells ...string) { t.put(bold, cells) }

func (t *textTable) put(color string, cells []string) {
	for i, cell := range cells {
		cells[i] = truncate(oneLine(cell), widestName)
	}
	t.rows, t.colors = append(t.rows, cells), append(t.colors, color)
}

// write writes the table, without spaces at the ends of lines.
func (t *textTable) write(b *strings.Builder, p palette) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], textWidth(cell))
		}
	}
	for i, row := range t.rows {
		var line strings.Builder
		for j, cell := range row {
			padding := strings.Repeat(" ", widths[j]-textWidth(cell))
			if j == 0 {
				line.WriteString(cell + padding)
			} else {
				line.WriteString("  " + padding + cell)
			}
		}
		text := strings.TrimRight(line.String(), " ")
		b.WriteString("  " + p.paint(t.colors[i], text) + "\n")
	}
}

func textWidth(s string) int {
	width := 0
	for _, r := range s {
		width += columns(r)
	}
	return width
}
