package reports

import (
	"cmp"
	"fmt"
	"slices"
)

func (r *Run) apply(e Event) {
	if r.End != nil {
		r.streamError("a %s event came after the run's end", e.Type)
	}
	r.last = e.Time
	switch e.Type {
	case RunBegins:
		payload(r, e, e.Begin, r.begin)
	case Environs:
		payload(r, e, e.Environment, func(env *Environment) { r.Environment = env })
	case SpecBegins:
		r.specBegins(e.Spec)
	case SpecEnds:
		payload(r, e, e.Result, r.specEnds)
	case MutantBegins:
		r.mutantBegins(e)
	case MutantEnds:
		payload(r, e, e.Graded, func(g *Graded) { r.mutantEnds(g, e.Time) })
	case Measured:
		payload(r, e, e.Measurement, func(m *Measurement) { r.measured(m, e.Time) })
	case Counted:
		payload(r, e, e.Census, r.counted)
	case KernelReports:
		payload(r, e, e.Complaint, func(c *Complaint) { r.Complaints = append(r.Complaints, *c) })
	case RunEnds:
		payload(r, e, e.End, r.end)
	}
}

// payload hands an event's payload to use, unless the event lacks it.
func payload[T any](r *Run, e Event, p *T, use func(*T)) {
	if p == nil {
		r.streamError("a %s event says nothing", e.Type)
		return
	}
	use(p)
}

func (r *Run) begin(b *RunBegin) {
	if r.Begin != nil {
		r.streamError("the run began twice")
		return
	}
	if b.Schema != Schema {
		r.streamError("the stream has schema %d, this nsconform reads schema %d", b.Schema, Schema)
	}
	r.Begin = b
	topics := make(map[string]string, len(b.Requirements))
	for _, q := range b.Requirements {
		topics[q.ID] = q.Topic
	}
	for _, p := range b.Plan {
		r.Results = append(r.Results, SpecResult{
			Topic:        topicOf(p, topics),
			Requirements: append([]string{}, p.Requirements...),
			Labels:       p.Labels,
			Location:     p.Location,
			Runtime:      p.Runtime,
			Kind:         p.Kind,
			Result:       missing(p.Name, "planned, but never ran"),
		})
	}
	slices.SortStableFunc(r.Results, func(a, b SpecResult) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Spec, b.Spec))
	})
	r.dropDoubles()
	r.index = nil
	r.planMutants(b.Mutants)
	r.planBenchmarks(b)
}

// noTopic is the topic of a spec none of whose requirements is in the stream.
const noTopic = "other"

func topicOf(p PlannedSpec, topics map[string]string) string {
	for _, id := range p.Requirements {
		if topic := topics[id]; topic != "" {
			return topic
		}
	}
	return noTopic
}

// dropDoubles keeps the first of several plans for one name: results go by name.
func (r *Run) dropDoubles() {
	seen := make(map[string]bool, len(r.Results))
	r.Results = slices.DeleteFunc(r.Results, func(s SpecResult) bool {
		if seen[s.Spec] {
			r.streamError("spec %q is planned twice", s.Spec)
			return true
		}
		seen[s.Spec] = true
		return false
	})
}

func missing(spec, why string) Result {
	return Result{Spec: spec, Verdict: Missing, Failure: &Failure{Message: why}}
}

func (r *Run) specBegins(name string) {
	switch s := r.Spec(name); {
	case s == nil:
		r.unplanned("spec", name, "began")
	case s.Verdict == Missing:
		s.Result = missing(name, "began, but did not end")
	}
}

func (r *Run) specEnds(result *Result) {
	s := r.Spec(result.Spec)
	if s == nil {
		r.unplanned("spec", result.Spec, "ended with verdict "+string(result.Verdict))
		return
	}
	sane := sanitize(*result)
	if !supersedes(sane, s.Result) {
		r.streamError("spec %q ended twice: %s stands, %s came after it", s.Spec, s.Verdict, sane.Verdict)
		return
	}
	s.Result = sane
}

// supersedes reports whether a later verdict replaces an earlier one of the same
// spec. Only a worse one does: the host may learn afterwards that a spec crashed
// the kernel, but nothing makes a failure undone.
func supersedes(later, earlier Result) bool {
	if earlier.Verdict == Missing {
		return true
	}
	if later.Verdict == XFail && earlier.Verdict == XFail {
		return later.Was != earlier.Was && Worst(later.Was, earlier.Was) == later.Was
	}
	return later.Verdict != Missing && later.Verdict != earlier.Verdict && Worst(later.Verdict, earlier.Verdict) == later.Verdict
}

// unplanned keeps, once, that a spec or mutant came that was not planned.
func (r *Run) unplanned(kind, name, what string) {
	problem := fmt.Sprintf("%s %q, which was not planned, %s", kind, name, what)
	if r.unexpected[problem] {
		return
	}
	if r.unexpected == nil {
		r.unexpected = map[string]bool{}
	}
	if len(r.unexpected) <= maxStreamErrors {
		r.unexpected[problem] = true
	}
	r.streamError("%s", problem)
}

func (r *Run) end(e *RunEnd) {
	if r.End == nil {
		r.End = e
	}
}
