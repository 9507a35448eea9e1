package reports

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// streamKTAP streams events and returns what was written.
func streamKTAP(t testing.TB, runs int, events []Event) string {
	t.Helper()
	var b bytes.Buffer
	s := NewKTAPStream(&b, runs)
	for _, e := range events {
		s.Event(e)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestKTAPStreamSaysWhatWriteKTAPSays(t *testing.T) {
	for _, dir := range allSamples {
		r := readSampleOf(t, dir)
		text := streamKTAP(t, len(r.Runs), sampleEventsOf(t, dir))
		harmless(t, text)
		runs, err := parseKTAP(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		want, err := parseKTAP(string(render(t, "ktap", r)))
		if err != nil {
			t.Fatal(err)
		}
		for i, run := range want {
			if runs[i].name != run.name || runs[i].ok != run.ok || runs[i].directive != run.directive {
				t.Errorf("run %+v, want %+v", runs[i], run)
			}
			var leaves []ktapNode
			for _, topic := range run.children {
				leaves = append(leaves, topic.children...)
			}
			if len(leaves) != len(runs[i].children) {
				t.Errorf("%s: %d results of %s, want %d", dir, len(runs[i].children), run.name, len(leaves))
			}
		}
		golden(t, filepath.Join(dir, "ktap-live.txt"), []byte(text))
	}
}

// TestKTAPStreamIsLive: the first run's results are there as they come; those of another
// at the same time come when the first has ended, so that subtests do not mix.
func TestKTAPStreamIsLive(t *testing.T) {
	of := func(run string, e Event) Event {
		e.Run = run
		return e
	}
	var b bytes.Buffer
	s := NewKTAPStream(&b, 3)
	for _, step := range []struct {
		e    Event
		want string
	}{
		{of("x", planned("a", "b")), "KTAP version 1\n1..3\n  KTAP version 1\n  1..2\n"},
		{of("y", planned("c")), ""},
		{of("x", ends("b", Pass)), "  ok 1 b\n"},
		{of("y", ends("c", Skipped)), ""},
		{of("y", runEnds(RunEnd{})), ""},
		{of("x", ends("b", Crash)), "  # later: b: crash\n"},
		{of("x", runEnds(RunEnd{})), "  # requirement: id-a\n  # seen: planned, but never ran\n  not ok 2 a # ERROR did not run\nnot ok 1 x\n" +
			"  KTAP version 1\n  1..1\n  ok 1 c # SKIP arch: not here\nok 2 y # SKIP nothing ran\n"},
		{of("x", ends("a", Pass)), ""}, // after its end
	} {
		b.Reset()
		s.Event(step.e)
		if diff := cmp.Diff(step.want, b.String()); diff != "" {
			t.Errorf("%s of %s:\n%s", step.e.Type, step.e.Run, diff)
		}
	}
	b.Reset()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if want := "not ok 3 a run # ERROR it never began\n# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:2\n"; b.String() != want {
		t.Errorf("at the end %q, want %q", b.String(), want)
	}
}

func TestKTAPStreamOfNothing(t *testing.T) {
	if _, err := parseKTAP(streamKTAP(t, 0, nil)); err != nil {
		t.Error(err)
	}
	if _, err := parseKTAP(streamKTAP(t, 2, nil)); err != nil {
		t.Error(err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("it is full") }

func TestKTAPStreamTellsWhatWritingGave(t *testing.T) {
	s := NewKTAPStream(brokenWriter{}, 1)
	s.Event(planned("a"))
	if err := s.Close(); err == nil || err.Error() != "it is full" {
		t.Errorf("error %v", err)
	}
}
