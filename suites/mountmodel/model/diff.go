package model

import (
	"slices"
	"strings"
)

// Marks of lines: what both tables have, and only the first, and only the second.
const (
	both  = "    "
	minus = "  - "
	plus  = "  + "
)

// changes returns all lines of two tables, marked.
func changes(before, after []string) (all []string) {
	for len(before)+len(after) > 0 {
		switch {
		case len(before) > 0 && len(after) > 0 && before[0] == after[0]:
			all = append(all, both+before[0])
			before, after = before[1:], after[1:]
		case len(before) > 0 && (len(after) == 0 || !slices.Contains(after, before[0])):
			all = append(all, minus+before[0])
			before = before[1:]
		default:
			all = append(all, plus+after[0])
			after = after[1:]
		}
	}
	return all
}

// near returns the marked lines that only one side has, and the mounts below
// which they are.
func near(lines []string) (kept []string) {
	below := 0 // lines that are less indented are above one that is kept
	for _, line := range slices.Backward(lines) {
		text := line[len(both):]
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if strings.HasPrefix(line, both) && indent >= below {
			continue
		}
		kept, below = append(kept, line), indent
	}
	slices.Reverse(kept)
	return kept
}
