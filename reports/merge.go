package reports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
)

// Source is a report to merge, and the file or folder it was read from.
type Source struct {
	Path   string
	Report *Report
}

// Merge makes one report of the runs of several, in their order. A run that is in more
// than one of them is kept once, and whole if one of them has it whole. Runs that are
// named alike are named apart by what they ran on, or else by where they came from. The
// reports that it is given stay as they are; their results are shared.
func Merge(sources ...Source) *Report {
	merged := &Report{Schema: Schema}
	var origins []string
	for _, source := range sources {
		merged.Version = cmp.Or(merged.Version, source.Report.Version)
		for _, run := range source.Report.Runs {
			i := slices.IndexFunc(merged.Runs, func(other *Run) bool { return sameRun(run, other) })
			switch {
			case i < 0:
				clone := *run
				merged.Runs, origins = append(merged.Runs, &clone), append(origins, source.Path)
			case !merged.Runs[i].whole() && run.whole():
				*merged.Runs[i] = *run
			}
		}
	}
	nameApart(merged.Runs, origins)
	return merged
}

// sameRun reports whether two runs are one: the same command, begun at the same time on
// the same target. Those that do not tell are if they tell nothing different at all.
func sameRun(a, b *Run) bool {
	if a.Begin == nil || b.Begin == nil || a.Began.IsZero() {
		return bytes.Equal(fingerprint(a), fingerprint(b))
	}
	return a.Began.Equal(b.Began) && a.Begin.Target == b.Begin.Target && a.Begin.Seed == b.Begin.Seed &&
		slices.Equal(a.Begin.Args, b.Begin.Args)
}

func fingerprint(r *Run) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Appendf(nil, "%p", r) // then it is like no other
	}
	return text
}

// whole reports whether a run came to its end.
func (r *Run) whole() bool { return r.End != nil && r.End.Error == "" && !r.End.Interrupted }

// distinctions are what may tell runs apart, the most telling foremost.
var distinctions = []func(r *Run, origin string) string{
	func(r *Run, _ string) string {
		if r.Environment == nil {
			return ""
		}
		return r.Environment.Release
	},
	func(r *Run, _ string) string {
		if r.Environment == nil {
			return ""
		}
		return r.Environment.Machine
	},
	func(_ *Run, origin string) string {
		if slices.Contains(reportFiles, filepath.Base(origin)) {
			origin = filepath.Dir(origin)
		}
		return filepath.Base(origin)
	},
	func(_ *Run, origin string) string { return origin },
}

// nameApart gives runs that are named alike names of their own: "here (6.12.57)", or
// numbers where nothing tells all of them apart: "here #2".
func nameApart(runs []*Run, origins []string) {
	alike := map[string][]int{}
	for i, run := range runs {
		alike[run.Name] = append(alike[run.Name], i)
	}
	for name, group := range alike {
		labels := labelsOf(group, runs, origins)
		for n, label := range labels {
			runs[group[n]].Name = fmt.Sprintf("%s (%s)", name, label)
		}
	}
	taken := map[string]bool{}
	for _, run := range runs {
		name := run.Name
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s #%d", run.Name, n)
		}
		run.Name, taken[name] = name, true
	}
}

// labelsOf returns what tells the runs of a group apart; nil for one alone, and where
// nothing does.
func labelsOf(group []int, runs []*Run, origins []string) []string {
	if len(group) < 2 {
		return nil
	}
	for _, distinction := range distinctions {
		var labels []string
		for _, i := range group {
			if label := distinction(runs[i], origins[i]); label != "" && !slices.Contains(labels, label) {
				labels = append(labels, label)
			}
		}
		if len(labels) == len(group) {
			return labels
		}
	}
	return nil
}
