package reports

import (
	"cmp"
	"regexp"
	"slices"
)

// column is a run as the head of a column tells it.
type column struct {
	run    *Run
	Anchor string // of the run in the page
	Name   string // of the run
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
	machine := ""
	for i, run := range r.Runs {
		if len(run.Results) == 0 {
			continue
		}
		c := column{run: run, Anchor: runAnchor(i), Name: run.Name, Title: run.Name + "\n" + platform(run)}
		if e := run.Environment; e != nil {
			machine = cmp.Or(machine, e.Machine)
			c.Label, c.Title = kernelNumber.FindString(e.Release), c.Title+" "+e.Machine
			if c.Label != "" && e.Machine != machine {
				c.Label += " " + e.Machine
			}
			if e.Greeting != "" {
				c.Label, c.Title = "", c.Title+"\n"+e.Greeting // its release is not Linux's
			}
		}
		all = append(all, c)
	}
	return labelled(all)
}

// labelled has the names of runs in the place of labels that do not tell them apart.
func labelled(columns []column) []column {
	n := map[string]int{}
	for _, c := range columns {
		n[c.Label]++
	}
	for i := range columns {
		c := &columns[i]
		switch {
		case c.Label == "":
			c.Label = c.Name
		case n[c.Label] > 1:
			c.Label, c.Sub = c.Name, c.Label
		default:
			c.Sub = c.Name
		}
	}
	return columns
}

// verdictsIn returns the verdicts of a list of cells that the page's order knows, once each.
func verdictsIn(has func(Verdict) bool) []Verdict {
	return slices.DeleteFunc(slices.Clone(shownVerdicts), func(v Verdict) bool { return !has(v) })
}
