package reports

import (
	"fmt"
	"slices"
	"sync"
)

// excusable reports whether a spec with that verdict did not pass, in whatever way: a
// kernel that lacks what others promise breaks scenes, too.
func excusable(v Verdict) bool { return v.Violation() || v == Broken }

// Judge returns a function that hands events on to emit, with the verdicts that they
// have in view of what is expected. A spec that a line concerns and that does not pass
// ends as xfail. When a run ends and a line's specs have all passed, as far as they
// were not skipped, these are xpass: the line is to be removed. Any goroutine may
// call it, if any may call emit.
func (x *Expectations) Judge(emit func(Event)) func(Event) {
	if len(x.entries) == 0 {
		return emit
	}
	var mutex sync.Mutex
	runs := map[string]*judged{}
	return func(e Event) {
		mutex.Lock()
		run := runs[e.Run]
		if run == nil && e.Type == RunBegins && e.Begin != nil {
			run = newJudged(x.of(e.Begin.Target), e.Begin.Plan)
			runs[e.Run] = run
		}
		var more []Result
		switch {
		case run == nil:
		case e.Type == SpecEnds && e.Result != nil:
			result := run.ends(*e.Result)
			e.Result = &result
		case e.Type == RunEnds:
			more = run.unexpected()
		}
		mutex.Unlock()
		for _, result := range more {
			emit(Event{Type: SpecEnds, Run: e.Run, Time: e.Time, Result: &result})
		}
		emit(e)
	}
}

// judged is a run whose specs are judged in view of what is expected.
type judged struct {
	lines []line
	of    map[string]expectation // by the name of a spec: the first that concerns it
	ended map[string]Result
}

// line is an expectation with the specs that it concerns.
type line struct {
	expectation
	specs []string
}

func newJudged(expected []expectation, plan []PlannedSpec) *judged {
	j := &judged{of: map[string]expectation{}, ended: map[string]Result{}}
	for _, e := range expected {
		l := line{expectation: e}
		for _, s := range plan {
			if !e.concerns(s) {
				continue
			}
			l.specs = append(l.specs, s.Name)
			if _, ok := j.of[s.Name]; !ok {
				j.of[s.Name] = e
			}
		}
		j.lines = append(j.lines, l)
	}
	return j
}

// ends returns the result of a spec in view of what is expected.
func (j *judged) ends(r Result) Result {
	if e, ok := j.of[r.Spec]; ok && excusable(r.Verdict) {
		r.Verdict, r.Was, r.Known = XFail, r.Verdict, e.deviation()
	}
	if before, ok := j.ended[r.Spec]; !ok || Worst(before.Verdict, r.Verdict) == r.Verdict {
		j.ended[r.Spec] = r
	}
	return r
}

// unexpected returns the specs of the lines that are to be removed.
func (j *judged) unexpected() []Result {
	var all []Result
	for _, l := range j.lines {
		passed := j.passed(l)
		for _, r := range passed {
			if slices.ContainsFunc(all, func(other Result) bool { return other.Spec == r.Spec }) {
				continue
			}
			r.Verdict, r.Known = XPass, l.deviation()
			r.Failure = &Failure{Message: fmt.Sprintf("it passes, although it is expected to fail: remove %q, %s", l.name(), l.at)}
			all = append(all, r)
		}
	}
	return all
}

// passed returns the results of a line's specs that were not skipped; nil unless all
// of them have passed.
func (j *judged) passed(l line) []Result {
	var all []Result
	for _, name := range l.specs {
		r, ok := j.ended[name]
		switch {
		case ok && r.Verdict == Skipped:
		case ok && r.Verdict == Pass:
			all = append(all, r)
		default:
			return nil
		}
	}
	return all
}
