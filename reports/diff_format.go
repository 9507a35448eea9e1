package reports

import (
	"fmt"
	"io"
	"strings"
)

var diffFormats = []struct {
	name  string
	write func(io.Writer, *Diff) error
}{
	{"pretty", func(w io.Writer, d *Diff) error {
		_, err := io.WriteString(w, diffText(d, palette{on: terminalOf(w) != nil && wantsColor()}))
		return err
	}},
	{"json", func(w io.Writer, d *Diff) error { return writeJSON(w, newDiffDocument(d)) }},
	{"markdown", func(w io.Writer, d *Diff) error {
		_, err := io.WriteString(w, diffMarkdown(d))
		return err
	}},
}

// DiffFormats returns the names that [WriteDiff] takes.
func DiffFormats() []string {
	var names []string
	for _, f := range diffFormats {
		names = append(names, f.name)
	}
	return names
}

// WriteDiff writes d in the format of that name, one of [DiffFormats]. Text has colours
// where w is a terminal and NO_COLOR is unset; JSON follows [ComparisonSchema].
func WriteDiff(name string, w io.Writer, d *Diff) error {
	for _, f := range diffFormats {
		if f.name == name {
			return f.write(w, d)
		}
	}
	return fmt.Errorf("unknown format %q: choose one of %s", name, strings.Join(DiffFormats(), ", "))
}
