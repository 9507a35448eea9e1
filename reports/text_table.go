package reports

import "strings"

// widestName is how many columns a name in a table may take.
const widestName = 44

// textTable lays cells out in columns, the first to the left and the others to the
// right, each row indented by two.
type textTable struct {
	rows [][]string
	head []bool // the rows that are heads
}

func (t *textTable) add(cells ...string)   { t.put(false, cells) }
func (t *textTable) title(cells ...string) { t.put(true, cells) }

func (t *textTable) put(head bool, cells []string) {
	for i, cell := range cells {
		cells[i] = truncate(oneLine(cell), widestName)
	}
	t.rows, t.head = append(t.rows, cells), append(t.head, head)
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
		if t.head[i] {
			text = p.paint(bold, text)
		}
		b.WriteString("  " + text + "\n")
	}
}

func textWidth(s string) int {
	width := 0
	for _, r := range s {
		width += columns(r)
	}
	return width
}
