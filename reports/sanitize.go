package reports

import (
	"fmt"
	"slices"
)

// sanitize makes a result from the stream consistent: a verdict outside the set,
// a skip without a reason of the closed set, and a known deviation that is not named,
// are broken.
func sanitize(r Result) Result {
	switch {
	case !slices.Contains(verdictOrder, r.Verdict):
		return broken(r, fmt.Sprintf("the spec ended with the unknown verdict %q", r.Verdict))
	case r.Verdict == Skipped && r.Skip == nil:
		return broken(r, "the spec was skipped without a reason")
	case r.Verdict == Skipped && !slices.Contains(SkipCodes(), r.Skip.Code):
		return broken(r, fmt.Sprintf("the spec was skipped for the unknown reason %q: %s", r.Skip.Code, r.Skip.Text))
	case r.Verdict == Known && (r.Known == nil || r.Known.ID == ""):
		return broken(r, "the spec saw a known deviation, but did not say which")
	case (r.Verdict.Bad() || r.Verdict == Known) && r.Failure == nil:
		r.Failure = &Failure{Message: "the spec gave no details"}
	}
	if r.Verdict != Skipped {
		r.Skip = nil
	}
	if r.Verdict == Pass || r.Verdict == Skipped {
		r.Failure = nil
	}
	if r.Verdict != Known && r.Verdict != Pass {
		r.Known = nil
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
