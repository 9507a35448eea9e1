package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// known returns the specs that saw a known deviation.
func (r *Run) known() []SpecResult {
	return filter(r.Results, func(s SpecResult) bool { return s.Verdict == Known })
}

// expected returns the specs that did not pass, as the user's list says.
func (r *Run) expected() []SpecResult {
	return filter(r.Results, func(s SpecResult) bool { return s.Verdict == XFail })
}

// unseen returns the specs that passed although a deviation is known of what they run on,
// unless another spec has seen that: it may show in one way only.
func (r *Run) unseen() []SpecResult {
	seen := map[string]bool{}
	for _, s := range r.known() {
		seen[s.Known.ID] = true
	}
	return filter(r.Results, func(s SpecResult) bool { return s.Verdict == Pass && s.Known != nil && !seen[s.Known.ID] })
}

func filter(all []SpecResult, keep func(SpecResult) bool) []SpecResult {
	var kept []SpecResult
	for _, s := range all {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// deviationTitle says whose word the deviation of a spec is.
func (s SpecResult) deviationTitle() string {
	if s.Verdict == XFail || s.Verdict == XPass {
		return "expected"
	}
	return "known"
}

// deviationCounts says how many specs each of the deviations concerns: "5 some-deviation".
func deviationCounts(specs []SpecResult) string {
	n := map[string]int{}
	var ids []string
	for _, s := range specs {
		if n[s.Known.ID]++; !slices.Contains(ids, s.Known.ID) {
			ids = append(ids, s.Known.ID)
		}
	}
	for i, id := range ids {
		ids[i] = fmt.Sprintf("%d %s", n[id], oneLine(id))
	}
	return strings.Join(ids, ", ")
}

// text says what a deviation is and how that is known, in lines.
func (d Deviation) text() []string {
	text := []string{d.Statement, "(" + d.ID + ")"}
	if d.Kernels+d.Versions != "" {
		text[1] = fmt.Sprintf("(%s: %s)", d.ID, d.Of())
	}
	return text
}

// Of says who deviates: "Linux 5.10.261 to before 5.10.265", "crun 1.7 and later".
func (d Deviation) Of() string {
	if d.Program != "" {
		return strings.TrimSpace(d.Program + " " + d.Versions)
	}
	return strings.TrimSpace("Linux " + d.Kernels)
}

// here says who is known to deviate, of what a run had: "this kernel", "this crun".
func (d Deviation) here() string { return "this " + cmp.Or(d.Program, "kernel") }

// evidence says how it is known, in lines.
func (d Deviation) evidence() []string {
	var text []string
	for _, line := range []string{d.Evidence, d.URL} {
		if line != "" {
			text = append(text, line)
		}
	}
	return text
}

// unseenText says in one line that a spec passed although a deviation was expected.
func (d Deviation) unseenText() string {
	return fmt.Sprintf("passes, although %s is known to deviate: %s (%s)", d.here(), d.Statement, d.ID)
}
