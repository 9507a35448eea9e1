package reports

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// readBench reads text in Go's benchmark format as benchstat does.
func readBench(t *testing.T, text []byte) []*benchfmt.Result {
	t.Helper()
	var all []*benchfmt.Result
	reader := benchfmt.NewReader(bytes.NewReader(text), "bench.txt")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			all = append(all, record.Clone())
		case *benchfmt.SyntaxError:
			t.Errorf("not the benchmark format: %v", record)
		}
	}
	if err := reader.Err(); err != nil {
		t.Error(err)
	}
	return all
}

func TestBenchstatReadsBench(t *testing.T) {
	r := readSampleOf(t, benchSample)
	results := readBench(t, render(t, "bench", r))
	samples, n := 0, map[string]int{}
	for _, run := range r.Runs {
		for _, b := range run.Benchmarks {
			samples += len(b.Samples())
		}
	}
	if len(results) != samples {
		t.Errorf("%d results of %d rounds with samples", len(results), samples)
	}
	for _, got := range results {
		for _, value := range got.Values {
			n[got.GetConfig("target")+" "+value.Unit]++
		}
		if got.GetConfig("kernel") == "" || got.GetConfig("exact") == "" {
			t.Errorf("%s has no configuration: %v", got.Name, got.Config)
		}
	}
	for unit, want := range map[string]int{
		"here sec/op": 160, "here p99-sec/op": 160, "here op/s": 24,
		"debian:trixie instructions/op": 78, "debian:bullseye x-getppid": 104,
		"debian:bullseye sec/op": 0, "debian:trixie sec/op": 0,
	} {
		if n[unit] != want {
			t.Errorf("%s: %d, want %d", unit, n[unit], want)
		}
	}
}

func TestBenchName(t *testing.T) {
	for name, want := range map[string]string{
		"create/net":       "BenchmarkCreate/net",
		"live/net/n=1000":  "BenchmarkLive/net/n=1000",
		"a b\n\tc":         "BenchmarkA_b__c",
		"":                 "BenchmarkX_",
		"1st":              "BenchmarkX_1st",
		"Élan":             "BenchmarkÉlan",
		"\u2028x 100 1 ns": `BenchmarkX_\u2028x_100_1_ns`,
	} {
		if got := benchName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		results := readBench(t, []byte(benchName(name)+" 100 1 ns/op\n"))
		if len(results) != 1 || "Benchmark"+string(results[0].Name) != want {
			t.Errorf("%q is read as %v", want, results)
		}
	}
}

func TestBenchOfRunsWithoutBenchmarksIsEmpty(t *testing.T) {
	if text := render(t, "bench", readSample(t)); strings.TrimSpace(string(text)) != "" {
		t.Errorf("%s", text)
	}
}
