package reports

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestGoldens(t *testing.T) {
	for _, dir := range allSamples {
		r := readSampleOf(t, dir)
		for _, f := range formats {
			if f.has != nil && !f.has(r) {
				continue
			}
			t.Run(filepath.Join(dir, f.name), func(t *testing.T) {
				name := "sample." + f.name
				if f.file != "" {
					name = f.file
				}
				golden(t, filepath.Join(dir, name), render(t, f.name, r))
			})
		}
	}
}

func TestOutputIsHarmless(t *testing.T) {
	for _, dir := range allSamples {
		r := readSampleOf(t, dir)
		for _, f := range formats {
			t.Run(filepath.Join(dir, f.name), func(t *testing.T) { harmless(t, string(render(t, f.name, r))) })
		}
	}
}

// harmless fails the test if text has anything but printable characters, newlines
// and tabs in it.
func harmless(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not valid UTF-8")
	}
	bad := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }
	if i := strings.IndexFunc(text, bad); i >= 0 {
		t.Errorf("unprintable %q in %q", text[i:i+1], text[max(0, i-40):min(len(text), i+20)])
	}
}

func TestOrderOfRunsDoesNotMatterToAnyRun(t *testing.T) {
	want := readSample(t)
	got := &Report{}
	events := sampleEvents(t)
	for _, name := range []string{"here #2", "debian:bookworm"} {
		for _, e := range events {
			if e.Run == name {
				got.Apply(e)
			}
		}
	}
	for _, run := range want.Runs {
		if a, b := runSummary(run, palette{}), runSummary(got.Run(run.Name), palette{}); a != b {
			t.Errorf("summaries differ:\n%s\n%s", a, b)
		}
	}
}
