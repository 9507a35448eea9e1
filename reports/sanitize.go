package reports

import (
	"fmt"
	"slices"
)

// withDeviation are the verdicts that say which deviation was expected.
var withDeviation = []Verdict{Known, XFail, XPass}

// sanitize makes a result from the stream consistent: a verdict outside the set,
// a skip without a reason of the closed set, a deviation that is not named, and an
// expectation that excuses what it cannot, are broken.
func sanitize(r Result) Result {
	switch {
	case !slices.Contains(verdictOrder, r.Verdict):
		return broken(r, fmt.Sprintf("the spec ended with the unknown verdict %q", r.Verdict))
	case r.Verdict == Skipped && r.Skip == nil:
		return broken(r, "the spec was skipped without a reason")
	case r.Verdict == Skipped && !slices.Contains(SkipCodes(), r.Skip.Code):
		return broken(r, fmt.Sprintf("the spec was skipped for the unknown reason %q: %s", r.Skip.Code, r.Skip.Text))
	case slices.Contains(withDeviation, r.Verdict) && (r.Known == nil || r.Known.ID == ""):
		return broken(r, "the spec saw a known deviation, but did not say which")
	case r.Verdict == XFail && !excusable(r.Was):
		return broken(r, fmt.Sprintf("the spec failed as expected, by the verdict %q", r.Was))
	case r.Verdict != Pass && r.Verdict != Skipped && r.Failure == nil:
		r.Failure = &Failure{Message: "the spec gave no details"}
	}
	if r.Verdict != Skipped {
		r.Skip = nil
	}
	if r.Verdict == Pass || r.Verdict == Skipped {
		r.Failure = nil
	}
	if r.Verdict != Pass && !slices.Contains(withDeviation, r.Verdict) {
		r.Known = nil
	}
	if r.Verdict != XFail {
		r.Was = ""
	}
	return r
}

func broken(r Result, why string) Result {
	failure := Failure{}
	if r.Failure != nil {
		failure = *r.Failure
		why += "\n" + failure.Message
	}
	failure.Message = why
	r.Verdict, r.Skip, r.Failure = Broken, nil, &failure
	return r
}
