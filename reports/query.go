package reports

import (
	"slices"
	"strings"
)

// Totals counts specs by verdict.
type Totals map[Verdict]int

// Bad returns how many are none of pass, known, xfail and skip.
func (t Totals) Bad() int {
	bad := 0
	for v, n := range t {
		if v.Bad() {
			bad += n
		}
	}
	return bad
}

func (t Totals) add(more Totals) {
	for v, n := range more {
		t[v] += n
	}
}

// Totals counts the run's specs by verdict; every verdict has an entry.
func (r *Run) Totals() Totals { return totals(r.Results) }

func totals(results []SpecResult) Totals {
	t := Totals{}
	for _, v := range verdictOrder {
		t[v] = 0
	}
	for _, s := range results {
		t[s.Verdict]++
	}
	return t
}

// Spec returns the planned spec of that name, nil if there is none.
func (r *Run) Spec(name string) *SpecResult {
	if r.index == nil {
		r.index = make(map[string]int, len(r.Results))
		for i, s := range r.Results {
			r.index[s.Spec] = i
		}
	}
	if i, ok := r.index[name]; ok {
		return &r.Results[i]
	}
	return nil
}

// Verdicts returns, for each requirement that a spec of this run proves, the worst
// verdict of its specs.
func (r *Run) Verdicts() map[string]Verdict {
	worst := map[string]Verdict{}
	for _, s := range r.Results {
		for _, id := range s.Requirements {
			if v, ok := worst[id]; ok {
				worst[id] = Worst(v, s.Verdict)
			} else {
				worst[id] = s.Verdict
			}
		}
	}
	return worst
}

// Topics returns the topics of the run's specs, sorted.
func (r *Run) Topics() []string {
	var topics []string
	for _, s := range r.Results {
		if !slices.Contains(topics, s.Topic) {
			topics = append(topics, s.Topic)
		}
	}
	return topics
}

// fewMissing is how many specs that never ran are worth a paragraph each: after
// a crash or an interrupt there may be hundreds.
const fewMissing = 3

// bad returns the specs that neither passed nor were skipped or expected, the best evidence
// against the kernel first; those that never ran only when they are few.
func (r *Run) bad() []SpecResult {
	var all []SpecResult
	for _, v := range []Verdict{Crash, Fail, Timeout, XPass, Broken, Missing} {
		if v == Missing && r.Totals()[v] > fewMissing {
			continue
		}
		for _, s := range r.Results {
			if s.Verdict == v {
				all = append(all, s)
			}
		}
	}
	return all
}

// topic returns the results of one topic.
func (r *Run) topic(name string) []SpecResult {
	var of []SpecResult
	for _, s := range r.Results {
		if s.Topic == name {
			of = append(of, s)
		}
	}
	return of
}

// requirements returns the run's requirements by id.
func (r *Run) requirements() map[string]Requirement {
	byID := map[string]Requirement{}
	if r.Begin != nil {
		for _, q := range r.Begin.Requirements {
			byID[q.ID] = q
		}
	}
	return byID
}

// troubles says in one line each what went wrong with the run as a whole.
func (r *Run) troubles() []string {
	var all []string
	if r.End != nil && r.End.Interrupted {
		all = append(all, "interrupted")
	}
	if r.End != nil && r.End.Error != "" {
		all = append(all, r.End.Error)
	}
	for _, c := range r.Complaints {
		if r.unaccounted(c) {
			all = append(all, "the kernel cannot be trusted after this: "+complaintTitle(c))
		}
	}
	for _, e := range r.StreamErrors {
		all = append(all, "event stream: "+e)
	}
	return all
}

// unaccounted reports whether c is fatal, but no spec's verdict says so.
func (r *Run) unaccounted(c Complaint) bool {
	s := r.Spec(c.Spec)
	return c.Fatal && (s == nil || s.Verdict != Crash && s.Was != Crash)
}

// complaintTitle says in one line what the kernel said; most of its complaints
// begin with their kind.
func complaintTitle(c Complaint) string {
	title := c.Kind
	if len(c.Lines) > 0 && strings.Contains(c.Lines[0], c.Kind) {
		title = c.Lines[0]
	} else if len(c.Lines) > 0 {
		title += ": " + c.Lines[0]
	}
	if c.Spec != "" {
		title += " (during " + c.Spec + ")"
	}
	return title
}
