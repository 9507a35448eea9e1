package inspect

import (
	"strings"
	"unicode/utf8"
)

// Style is how text is laid out; its zero value has no colours.
type Style struct {
	Color bool
}

const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

func (s Style) paint(code, text string) string {
	if !s.Color || code == "" || text == "" {
		return text
	}
	return code + text + reset
}

var verdictColors = map[Verdict]string{Isolated: green, Shared: yellow, Leaking: red, Unknown: yellow}

// table lays cells out in columns, two blanks apart. What a cell says is made plain.
type table struct {
	rows   [][]string
	colors [][]string
	right  map[int]bool // the columns whose cells stand to the right
}

func (t *table) add(cells ...string) { t.paint(nil, cells...) }

// paint adds a row with a colour for each of its first cells.
func (t *table) paint(colors []string, cells ...string) {
	for i, cell := range cells {
		cells[i] = plain(cell)
	}
	t.rows, t.colors = append(t.rows, cells), append(t.colors, colors)
}

// write writes the table, each line indented, without blanks at the ends of lines.
func (t *table) write(b *strings.Builder, indent string, style Style) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if i < len(row)-1 || t.right[i] {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	for n, row := range t.rows {
		last := len(row) - 1
		for last > 0 && row[last] == "" {
			last--
		}
		b.WriteString(indent)
		for i, cell := range row[:last+1] {
			text, color := cell, ""
			if i < len(t.colors[n]) {
				color = t.colors[n][i]
			}
			padding := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
			switch text = style.paint(color, text); {
			case t.right[i]:
				text = padding + text
			case i < last:
				text += padding
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
}
