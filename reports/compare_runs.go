package reports

import (
	"fmt"
	"slices"
	"strings"
)

// RunsToCompare returns the runs that a comparison of two reports, or of one with
// itself, is about: the only one of each that measured anything, or both of a. Only the
// latter are paired. A report with more of them is an error that names them.
func RunsToCompare(a, b *Report) (first, second *Run, paired bool, err error) {
	if b == nil {
		runs := a.measuring()
		if len(runs) != 2 {
			return nil, nil, false, fmt.Errorf("a report compared with itself has two runs with measurements, this has %s", runNames(runs))
		}
		return runs[0], runs[1], true, nil
	}
	var picked []*Run
	for _, r := range []*Report{a, b} {
		runs := r.measuring()
		if len(runs) != 1 {
			return nil, nil, false, fmt.Errorf("a report compared with another has one run with measurements, this has %s", runNames(runs))
		}
		picked = append(picked, runs[0])
	}
	return picked[0], picked[1], false, nil
}

// measuring returns the runs that measured anything.
func (r *Report) measuring() []*Run {
	return slices.DeleteFunc(slices.Clone(r.Runs), func(run *Run) bool { return run.unit() == "" })
}

func runNames(runs []*Run) string {
	if len(runs) == 0 {
		return "none"
	}
	var names []string
	for _, r := range runs {
		names = append(names, oneLine(r.Name))
	}
	return fmt.Sprintf("%d: %s", len(runs), strings.Join(names, ", "))
}
