package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The folders of the samples: two runs with every verdict but those about deviations, two with every
// grade of a mutant, and in both text as hostile as a guest can make it; a run of which
// nothing is bad, with a known deviation that was seen and one that was not; one judged with a list
// of expectations; runs that only measure: in time with all that can go wrong, two kernels in turns in exact mode,
// and by an emulator's clock; two runs of container runtimes, with what is known of a version of one.
const (
	specSample   = "testdata"
	mutantSample = "testdata/mutants"
	knownSample  = "testdata/known"
	expectSample = "testdata/expected"
	benchSample  = "testdata/bench"

	runtimeSample = "testdata/runtimes"
)

var allSamples = []string{specSample, mutantSample, knownSample, expectSample, benchSample, runtimeSample}

func readSample(t testing.TB) *Report { return readSampleOf(t, specSample) }

func readSampleOf(t testing.TB, dir string) *Report {
	t.Helper()
	return fold(sampleEventsOf(t, dir)...)
}

func sampleEvents(t testing.TB) []Event { return sampleEventsOf(t, specSample) }

func sampleEventsOf(t testing.TB, dir string) []Event {
	t.Helper()
	stream, err := os.ReadFile(filepath.Join(dir, "sample.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	err = ReadStream(bytes.NewReader(stream), func(e Event) error {
		events = append(events, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// golden compares got with a file, or writes it with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got; -update accepts):\n%s", path, diff)
	}
}

// render writes r in a format.
func render(t testing.TB, format string, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(format, &b, r); err != nil {
		t.Fatalf("write %s: %v", format, err)
	}
	return b.Bytes()
}
