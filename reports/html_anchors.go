package reports

import (
	"fmt"
	"hash/fnv"
)

// anchors are the places of the page that links lead to. Those of specs are the same
// in every report, so that a link holds when the report is made anew.
type anchors struct {
	specs  map[string]string
	matrix map[string]bool    // specs that the matrix has
	seen   map[sighted]string // what is shown of a spec in a run
}

// sighted names a spec of a run.
type sighted struct{ run, spec string }

func newAnchors(r *Report) *anchors {
	a := &anchors{specs: map[string]string{}, matrix: map[string]bool{}, seen: map[sighted]string{}}
	taken := map[string]bool{}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			if len(s.Requirements) > 0 {
				a.matrix[s.Spec] = true
			}
			if a.specs[s.Spec] == "" {
				a.specs[s.Spec] = freeAnchor(s.Spec, taken)
			}
		}
	}
	return a
}

func freeAnchor(spec string, taken map[string]bool) string {
	h := fnv.New32a()
	h.Write([]byte(spec))
	anchor := fmt.Sprintf("spec-%08x", h.Sum32())
	for taken[anchor] {
		anchor += "x"
	}
	taken[anchor] = true
	return anchor
}

// see reserves the place where a run's result of a spec is shown in full.
func (a *anchors) see(run string, number int, spec string) string {
	anchor := fmt.Sprintf("%s-%d", a.specs[spec], number)
	a.seen[sighted{run, spec}] = anchor
	return anchor
}

// of returns where a spec is to be found, "" if nowhere.
func (a *anchors) of(spec string) string {
	if !a.matrix[spec] {
		return ""
	}
	return a.specs[spec]
}

// result returns where a run's result of a spec is shown in full, "" if nowhere.
func (a *anchors) result(run, spec string) string { return a.seen[sighted{run, spec}] }
