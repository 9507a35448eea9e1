package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReadReadsWhatWriteJSONWrites(t *testing.T) {
	for _, dir := range allSamples {
		want := readSampleOf(t, dir)
		got, err := Read(bytes.NewReader(render(t, "json", want)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Run{}), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := Read(bytes.NewReader(render(t, "json", &Report{}))); err != nil {
		t.Error(err)
	}
}

func TestReadRefuses(t *testing.T) {
	run := func(text string) string { return fmt.Sprintf(`{"schema":1,"runs":[{"name":"r",%s}]}`, text) }
	measurement := func(text string) string {
		return run(`"benchmarks":[{"name":"b","planned":2,"measurements":[` + text + `]}]`)
	}
	good := `{"benchmark":"b","boot":1,"round":1,"unit":"ns","values":[1],"counts":[1]}`
	for text, want := range map[string]string{
		"":                           "the file is empty",
		"hello":                      "not JSON at byte 1",
		`{"schema":1,"runs":[{"na`:   "the file ends within the report",
		`[]`:                         " is a array, which it cannot be",
		`{}`:                         "this is not results.json of nsconform",
		`{"type":"run-begins"}`:      "this is not results.json of nsconform",
		`{"schema":2,"runs":[]}`:     "it has schema 2, this nsconform reads schemas up to 1: use a newer one",
		`{"schema":2,"runs":{}}`:     "it has schema 2, this nsconform reads schemas up to 1: use a newer one",
		`{"schema":0,"runs":[]}`:     "there is no schema 0",
		`{"schema":1,"runs":[]} {}`:  "there is something behind the report",
		`{"schema":1,"runs":[null]}`: "a run is null",
		`{"schema":1,"runs":[{"name":"\u001b"},{"name":"\u001b"}]}`: `run "\x1b" is there twice`,
		run(`"began":7`): "not",
		run(`"results":[{"spec":"s","verdict":"skip"}]`):                                                                     `spec "s": the verdict "skip" and its reasons`,
		run(`"results":[{"spec":"s","verdict":"good"}]`):                                                                     `spec "s": the verdict "good" and its reasons`,
		run(`"results":[{"spec":"s","verdict":"fail"}]`):                                                                     `spec "s": the verdict "fail" and its reasons`,
		run(`"mutants":[{"mutant":"m","grade":"killed"}]`):                                                                   `mutant "m": the grade "killed" and its reasons`,
		run(`"benchmarks":[{"name":"b","planned":1},{"name":"b","planned":1}]`):                                              `benchmark "b" is there twice`,
		run(`"benchmarks":[{"name":"b"}]`):                                                                                   "0 of 0 rounds cannot be",
		run(`"benchmarks":[{"name":"b","planned":1,"measurements":[{"values":1e999}]}]`):                                     "which it cannot be",
		measurement(good + "," + good):                                                                                       "boot 1, round 1: it is there twice",
		measurement(strings.Replace(good, `"boot":1`, `"boot":0`, 1)):                                                        "boot 0, round 1: there is no such round",
		measurement(strings.Replace(good, `"b"`, `"c"`, 1)):                                                                  `it is of benchmark "c"`,
		measurement(strings.Replace(good, `[1],`, `[2,1],`, 1)):                                                              "2 values, but 1 counts",
		measurement(strings.Replace(good, `"ns"`, `"fathoms"`, 1)):                                                           `"fathoms" is no unit`,
		measurement(strings.Replace(good, `"unit"`, `"error":"x","unit"`, 1)):                                                "samples and a reason for having none",
		measurement(`{"benchmark":"b","boot":1,"round":1,"skip":{"code":"x"}}`):                                              `skipped for the unknown reason "x"`,
		measurement(strings.Replace(good, `1,"unit"`, `2,"unit"`, 1) + "," + good):                                           "the rounds are not in order",
		measurement(good + "," + strings.Replace(strings.Replace(good, `1,"unit"`, `2,"unit"`, 1), "ns", "instructions", 1)): "measured in instructions, but others in ns",
	} {
		r, err := Read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: report %v, error %v, want %q", text, r, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	skipped := notMeasured("b", Measurement{Skip: &Skip{Code: SkipArch}})
	f.Add(render(f, "json", fold(plannedBenchmarks("a", "b"), measured("a", 1), skipped, runEnds(RunEnd{}))))
	f.Add(render(f, "json", fold(planned("a"), ends("a", Known), runEnds(RunEnd{}))))
	f.Add(render(f, "json", fold(plannedMutants("m"), graded("m", Killed))))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Read(bytes.NewReader(text))
		if err != nil {
			harmless(t, err.Error())
			return
		}
		checkEveryFormat(t, r)
		if again := Merge(Source{"a", r}, Source{"b", r}); len(again.Runs) > len(r.Runs) {
			t.Errorf("%d runs merged with themselves are %d", len(r.Runs), len(again.Runs))
		}
		for _, run := range r.Runs {
			d, err := Match{Pairs: []Pair{{r.Runs[0], run, true}}, OnlyB: r.Runs}.Compare()
			for _, format := range DiffFormats() {
				if err == nil {
					harmless(t, string(renderDiff(t, format, d)))
				}
			}
		}
	})
}
