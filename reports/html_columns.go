package reports

import (
	"regexp"
	"slices"
	"strings"
)

// column is a run as the head of a column tells it.
type column struct {
	run    *Run
	Anchor string // of the run in the page
	Label  string // what tells it apart in the least space
	Sub    string // what else there is to tell
	Title  string // all of it
}

// kernelNumber is what is told of a release where there is little space:
// "6.1.0-50-cloud-amd64" is 6.1.0-50, "6.12.57+deb13-amd64" 6.12.57.
var kernelNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+(-rc[0-9]+|-[0-9]+)?`)

// newColumns has a column for each run that has specs.
func newColumns(r *Report) []column {
	var all []column
	labels, machines := map[string]int{}, map[string]bool{}
	for i, run := range r.Runs {
		if len(run.Results) == 0 {
			continue
		}
		c := column{run: run, Anchor: runAnchor(i), Label: run.Name, Title: run.Name + "\n" + platform(run)}
		if e := run.Environment; e != nil {
			if number := kernelNumber.FindString(e.Release); number != "" {
				c.Label, c.Sub = number, run.Name
			}
			c.Title += " " + e.Machine
			machines[e.Machine] = true
		}
		labels[c.Label]++
		all = append(all, c)
	}
	for i := range all {
		c := &all[i]
		if labels[c.Label] > 1 {
			c.Label, c.Sub = c.run.Name, c.Label
		}
		if len(machines) > 1 && c.run.Environment != nil {
			c.Sub = strings.TrimSpace(c.Sub + " " + c.run.Environment.Machine)
		}
	}
	return all
}

// verdictsIn returns the verdicts of a list of cells that the page's order knows, once each.
func verdictsIn(has func(Verdict) bool) []Verdict {
	return slices.DeleteFunc(slices.Clone(shownVerdicts), func(v Verdict) bool { return !has(v) })
}
