package reports

import (
	"cmp"
	"slices"
)

// ChangeKind says what a change of a spec's verdict means.
type ChangeKind string

// The kinds of changes, in the order in which [Changes] returns them.
const (
	BrokenSince ChangeKind = "broken"  // it was not bad, and is: what a comparison is for
	Fixed       ChangeKind = "fixed"   // it violated its requirement, be it in a known way, and holds
	Differs     ChangeKind = "changed" // another verdict, or another reason: it holds, but was skipped
	New         ChangeKind = "new"     // it was not planned before
	Gone        ChangeKind = "gone"    // it is not planned any more
)

// ChangeKinds returns every kind, in the order in which [Changes] returns them.
func ChangeKinds() []ChangeKind { return []ChangeKind{BrokenSince, Fixed, Differs, New, Gone} }

// SpecChange is a spec that two runs do not agree about.
type SpecChange struct {
	Kind          ChangeKind
	Before, After *SpecResult // nil for one that is new, or gone
}

// Result returns what the later run says of the spec, of one that is gone the earlier.
func (c SpecChange) Result() *SpecResult { return cmp.Or(c.After, c.Before) }

// Changes returns the specs that the runs do not agree about, sorted by kind, topic and
// name.
//
// A spec that did not come to its verdict is bad, but says nothing of the kernel: one
// that does where it did not before is neither fixed nor broken since. One that is
// skipped where it held is not broken either: the reason says why it does not apply.
// What a list of expected deviations makes of a spec is another verdict, but breaks and
// fixes nothing: that is for what the kernel did.
func Changes(before, after *Run) []SpecChange {
	var all []SpecChange
	for i := range after.Results {
		now := &after.Results[i]
		was := before.Spec(now.Spec)
		if kind, changed := changeOfSpec(was, now); changed {
			all = append(all, SpecChange{kind, was, now})
		}
	}
	for i := range before.Results {
		if was := &before.Results[i]; after.Spec(was.Spec) == nil {
			all = append(all, SpecChange{Gone, was, nil})
		}
	}
	slices.SortFunc(all, func(a, b SpecChange) int {
		ra, rb := a.Result(), b.Result()
		return cmp.Or(a.Kind.rank()-b.Kind.rank(), cmp.Compare(ra.Topic, rb.Topic), cmp.Compare(ra.Spec, rb.Spec))
	})
	return all
}

// changeOfSpec says what it means that a spec was one thing and is another now.
func changeOfSpec(was, now *SpecResult) (kind ChangeKind, changed bool) {
	if was == nil {
		return New, true
	}
	good := !was.Verdict.Bad() || was.Verdict == XPass
	bad := now.Verdict.Bad() && now.Verdict != XPass
	switch {
	case good && bad && was.observed() != now.observed():
		return BrokenSince, true
	case was.observed().Violation() && now.observed().Sound(), was.Verdict == Known && now.observed() == Pass:
		return Fixed, true
	}
	return Differs, was.Verdict != now.Verdict || was.because() != now.because()
}

// observed is the verdict without regard to what the user expected.
func (s *SpecResult) observed() Verdict {
	switch s.Verdict {
	case XFail:
		return s.Was
	case XPass:
		return Pass
	}
	return s.Verdict
}

// because is what tells results of one verdict apart, from a closed set.
func (s *SpecResult) because() string {
	switch {
	case s.Skip != nil:
		return string(s.Skip.Code)
	case s.Verdict != Pass && s.Known != nil:
		return s.Known.ID
	}
	return ""
}

func (k ChangeKind) rank() int { return slices.Index(ChangeKinds(), k) }
