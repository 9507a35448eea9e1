package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// format is one way to write a report.
type format struct {
	name  string
	file  string // its file in a report folder; "" for what only a terminal needs
	write func(io.Writer, *Report) error
	// has says whether there is anything to write; nil where there always is.
	has func(*Report) bool
}

var formats = []format{
	{"pretty", "", WritePretty, nil},
	{"ktap", "ktap.txt", WriteKTAP, nil},
	{"json", "results.json", WriteJSON, nil},
	{"junit", "junit.xml", WriteJUnit, nil},
	{"html", "report.html", WriteHTML, nil},
	{"markdown", "summary.md", WriteMarkdown, nil},
	{"bench", "bench.txt", WriteBench, hasBenchmarks},
	{"squad", "", WriteSQUAD, nil},
}

// Formats returns the names that [Write] takes.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes r in the format of that name, one of [Formats].
func Write(name string, w io.Writer, r *Report) error {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return fmt.Errorf("unknown format %q: choose one of %s", name, strings.Join(Formats(), ", "))
	}
	return formats[i].write(w, r)
}

func hasBenchmarks(r *Report) bool {
	return slices.ContainsFunc(r.Runs, func(run *Run) bool { return len(run.Benchmarks) > 0 })
}
