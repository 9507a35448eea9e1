package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func annotations(t *testing.T, r *Report) []string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteAnnotations(&b, r); err != nil {
		t.Fatal(err)
	}
	harmless(t, b.String())
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestAnnotations(t *testing.T) {
	failed := ends("a", Fail)
	failed.Result.Failure = &Failure{Message: "100 %\r\n::error::forged\n", Location: "suites/a,b.go:7"}
	r := fold(planned("a", "b"), failed, ends("b", Pass), runEnds(RunEnd{Error: "it broke"}))
	r.Runs[0].Name = "debian:sid"
	want := []string{
		"::error title=debian%3Asid::it broke",
		"::error file=suites/a%2Cb.go,line=7,title=debian%3Asid%3A fail%3A a::id-a%0A100 %25%0A::error::forged",
	}
	if diff := cmp.Diff(want, annotations(t, r)); diff != "" {
		t.Error(diff)
	}
}

func TestAnnotationsAreFew(t *testing.T) {
	var names []string
	var events []Event
	for i := range 12 {
		names = append(names, fmt.Sprintf("%02d", i))
		events = append(events, ends(names[i], Fail))
	}
	if n := len(annotations(t, fold(append([]Event{planned(names...)}, events...)...))); n != maxAnnotations {
		t.Errorf("%d annotations", n)
	}
	for _, dir := range allSamples {
		for _, line := range annotations(t, readSampleOf(t, dir)) {
			if line != "" && !strings.HasPrefix(line, "::error ") {
				t.Errorf("%q is no annotation", line)
			}
		}
	}
}
