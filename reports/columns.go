package reports

import (
	"strings"
	"unicode/utf8"
)

// truncate cuts text to a width in terminal columns. Runes that may be two columns
// wide count as two: a line cut early is better than one that wraps.
func truncate(text string, width int) string {
	used, cut := 0, 0
	for i, r := range text {
		used += columns(r)
		if used > width {
			return text[:cut] + "…"
		}
		if used < width {
			cut = i + utf8.RuneLen(r)
		}
	}
	return strings.TrimRight(text, " ")
}

func columns(r rune) int {
	if r >= 0x1100 && r != '…' {
		return 2
	}
	return 1
}
