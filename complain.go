package main

import (
	"slices"
	"strings"

	"github.com/nsconform/nsconform/reports"
)

// complaints are what the kernel has complained about, by the spec that ran.
type complaints map[string][]reports.Complaint

// A kernel may not stop to complain: so many are kept of one spec, and of so many
// specs, those that no spec has being one.
const (
	maxComplaints     = 10
	maxComplaintSpecs = 1000
)

// take takes note of a complaint. It reports whether it is worth to be told: what a
// machine says as it boots comes again with each that is restored.
func (all complaints) take(c reports.Complaint) (tell bool) {
	said := all[c.Spec]
	repeats := c.Spec == "" && slices.ContainsFunc(said, func(other reports.Complaint) bool {
		return other.Kind == c.Kind && slices.Equal(other.Lines, c.Lines)
	})
	switch {
	case repeats, len(said) == 0 && len(all) == maxComplaintSpecs, len(said) >= maxComplaints && (!c.Fatal || all.fatal(c.Spec)):
		return false
	}
	all[c.Spec] = append(said, c)
	return true
}

// fatal reports whether the kernel cannot be trusted after what it said of a spec.
func (all complaints) fatal(spec string) bool {
	return spec != "" && slices.ContainsFunc(all[spec], func(c reports.Complaint) bool { return c.Fatal })
}

// weigh adds to a spec's result what the kernel has said when it ran. A complaint
// after which it cannot be trusted is a crash, whatever the spec has seen.
func (all complaints) weigh(r *reports.Result) *reports.Result {
	said := all[r.Spec]
	if len(said) == 0 {
		return r
	}
	if all.fatal(r.Spec) {
		first := slices.IndexFunc(said, func(c reports.Complaint) bool { return c.Fatal })
		failure := &reports.Failure{Message: "the kernel reported: " + summary(said[first])}
		if r.Failure != nil {
			failure.Done, failure.Location = r.Failure.Done, r.Failure.Location
		}
		r = &reports.Result{Spec: r.Spec, Verdict: reports.Crash, Seconds: r.Seconds, Notes: r.Notes, Failure: failure}
	}
	if r.Failure != nil && len(r.Failure.Console) == 0 {
		for _, c := range said {
			r.Failure.Console = append(r.Failure.Console, c.Lines...)
		}
	}
	return r
}

// summary says what a complaint is in one line; most begin with their kind.
func summary(c reports.Complaint) string {
	switch {
	case len(c.Lines) == 0:
		return c.Kind
	case strings.Contains(c.Lines[0], c.Kind):
		return c.Lines[0]
	}
	return c.Kind + ": " + c.Lines[0]
}

// complaint takes what the kernel complains about. One after which it cannot be
// trusted is a crash of the spec that ran.
func (r *session) complaint(c reports.Complaint) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.complaints.take(c) {
		return
	}
	r.emit(reports.Event{Type: reports.KernelReports, Complaint: &c})
	if c.Fatal && r.ended[c.Spec] {
		r.emit(reports.Event{Type: reports.SpecEnds, Result: r.complaints.weigh(&reports.Result{Spec: c.Spec})})
	}
}
