package reports

import (
	"fmt"
	"strings"
	"testing"
)

// How large a report may get that must stay of use: the whole suite on a matrix of
// kernels.
const (
	largeRequirements = 870
	largeSpecs        = 2500
	largeRuns         = 9
)

// largeReport has so many runs that one in seven specs is skipped somewhere, and in the
// last, as on a kernel that only resembles Linux, one in six fails.
func largeReport() *Report {
	r := &Report{}
	for i := range largeRuns {
		name := fmt.Sprintf("debian:6.%d", i)
		begin := &RunBegin{Schema: Schema, Version: "v1", Target: name, Args: []string{"test", "--kernel", name}, Seed: int64(i)}
		for q := range largeRequirements {
			begin.Requirements = append(begin.Requirements, Requirement{
				ID: requirementID(q), Topic: fmt.Sprintf("topic-%d", q%16), Page: fmt.Sprintf("page_%d(7)", q%60), Section: "DESCRIPTION", Level: "must", Since: "5.6",
				Statement: fmt.Sprintf("%d: a statement of the length that most of them have, which is about one line of text", q),
			})
		}
		for s := range largeSpecs {
			begin.Plan = append(begin.Plan, PlannedSpec{Name: specName(s), Requirements: []string{requirementID(s % largeRequirements)}, Location: "suites/topic/file.go:123"})
		}
		r.Apply(Event{Type: RunBegins, Run: name, Begin: begin})
		r.Apply(Event{Type: Environs, Run: name, Environment: &Environment{Release: fmt.Sprintf("6.%d.0-amd64", i), Machine: "x86_64"}})
		for s := range largeSpecs {
			r.Apply(Event{Type: SpecEnds, Run: name, Result: largeResult(i, s)})
		}
		r.Apply(Event{Type: RunEnds, Run: name, End: &RunEnd{Seconds: 90}})
	}
	r.Close()
	return r
}

func requirementID(q int) string { return fmt.Sprintf("topic-%d-some-words-say-what-%d", q%16, q) }

func specName(s int) string {
	return fmt.Sprintf("%d A spec has a name of the length that most of them have, it is longer than a line is", s)
}

func largeResult(run, spec int) *Result {
	result := &Result{Spec: specName(spec), Verdict: Pass, Seconds: 0.02}
	switch {
	case spec%7 == 0 && run < spec%largeRuns:
		result.Verdict = Skipped
		result.Skip = &Skip{Code: SkipKernelVersion, Text: fmt.Sprintf("%s is promised since Linux 6.%d, this is 6.%d", requirementID(spec%largeRequirements), spec%largeRuns, run)}
	case run == largeRuns-1 && spec%6 == 0:
		result.Verdict = Fail
		result.Failure = &Failure{
			Message: "Expected\n    <unix.Errno>: EPERM (1)\nto equal\n    <unix.Errno>: EINVAL (22)", Location: "suites/topic/file.go:123",
			Done: strings.Split(strings.Repeat("subject 1.2: openat(-100, \"/proc/6437/ns/user\", 0x80000, 384) = 0\n", 12), "\n"),
		}
	}
	return result
}

// largeFile is as many bytes as a large report may have: people send it around.
const largeFile = 4 << 20

func TestLargeReportIsAFileToSendAround(t *testing.T) {
	text := render(t, "html", largeReport())
	t.Logf("%d bytes", len(text))
	if len(text) > largeFile {
		t.Errorf("%d bytes, want at most %d", len(text), largeFile)
	}
}
