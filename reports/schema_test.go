package reports

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const base = "https://github.com/nsconform/nsconform/reports/schema/"
	for file, text := range map[string][]byte{"event.json": EventSchema(), "results.json": ResultsSchema(), "comparison.json": ComparisonSchema()} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(base+file, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(base + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestEveryEventFitsItsSchema(t *testing.T) {
	schema := compileSchema(t, "event.json")
	seen := map[EventType]bool{}
	for _, e := range slices.Concat(sampleEvents(t), sampleEventsOf(t, mutantSample), sampleEventsOf(t, expectSample), sampleEventsOf(t, benchSample), sampleEventsOf(t, runtimeSample)) {
		if e.Measurement != nil && impossible(*e.Measurement) {
			continue
		}
		var b bytes.Buffer
		if err := NewWriter(&b).Emit(e); err != nil {
			t.Fatal(err)
		}
		seen[e.Type] = true
		if err := validate(schema, b.Bytes()); err != nil {
			t.Errorf("%s: %v", b.Bytes(), err)
		}
	}
	for _, want := range []EventType{RunBegins, Environs, SpecBegins, SpecEnds, MutantBegins, MutantEnds, Measured, Counted, KernelReports, RunEnds} {
		if !seen[want] {
			t.Errorf("the sample has no %s event", want)
		}
	}
}

// impossible reports whether no schema has to accept m: the sample has such to show
// that the fold does not either.
func impossible(m Measurement) bool {
	_, problem := sanitizeMeasurement(m)
	return problem != ""
}

func TestSchemaRefusesWhatIsNoEvent(t *testing.T) {
	schema := compileSchema(t, "event.json")
	for _, line := range []string{
		`{}`,
		`{"type":"spec-ends","run":"r","time":"2026-01-01T00:00:00Z"}`,
		`{"type":"nonsense","run":"r","time":"2026-01-01T00:00:00Z"}`,
		`{"type":"spec-begins","run":"r","time":"yesterday","spec":"s"}`,
		`{"type":"spec-ends","run":"r","time":"2026-01-01T00:00:00Z","result":{"spec":"s","verdict":"good","seconds":1}}`,
		`{"type":"measurement","run":"r","time":"2026-01-01T00:00:00Z"}`,
		`{"type":"measurement","run":"r","time":"2026-01-01T00:00:00Z","measurement":{"benchmark":"b","boot":0,"round":1,"unit":"ns","values":[1],"counts":[1]}}`,
		`{"type":"measurement","run":"r","time":"2026-01-01T00:00:00Z","measurement":{"benchmark":"b","boot":1,"round":1,"unit":"ns","values":[-1],"counts":[1]}}`,
		`{"type":"measurement","run":"r","time":"2026-01-01T00:00:00Z","measurement":{"benchmark":"b","boot":1,"round":1,"unit":"ns","values":[1],"counts":[0]}}`,
		`{"type":"census","run":"r","time":"2026-01-01T00:00:00Z","census":{"when":"meanwhile","mounts":1,"processes":1,"namespaces":{}}}`,
		`{"type":"mutant-begins","run":"r","time":"2026-01-01T00:00:00Z"}`,
		`{"type":"mutant-ends","run":"r","time":"2026-01-01T00:00:00Z","mutant":"m"}`,
		`{"type":"mutant-ends","run":"r","time":"2026-01-01T00:00:00Z","graded":{"mutant":"m","grade":"dead","specs":1,"seconds":1}}`,
	} {
		if validate(schema, []byte(line)) == nil {
			t.Errorf("accepted %s", line)
		}
	}
}

func TestResultsFitTheirSchema(t *testing.T) {
	schema := compileSchema(t, "results.json")
	for name, r := range map[string]*Report{
		"specs": readSample(t), "mutants": readSampleOf(t, mutantSample), "bench": readSampleOf(t, benchSample), "known": readSampleOf(t, knownSample),
		"expected": readSampleOf(t, expectSample), "empty": {},
		"interrupted":   fold(planned("a", "b"), ends("a", Crash), runEnds(RunEnd{Interrupted: true, Seconds: 2})),
		"never came up": fold(planned("a"), runEnds(RunEnd{Error: "no QEMU"})), "cut": fold(ends("a", Pass)),
	} {
		if err := validate(schema, render(t, "json", r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemasNameEveryField holds the schemas and the Go types together.
func TestSchemasNameEveryField(t *testing.T) {
	type object struct {
		Properties map[string]any    `json:"properties"`
		Defs       map[string]object `json:"$defs"`
	}
	var event, results, comparison object
	for text, into := range map[*[]byte]*object{&eventSchema: &event, &resultsSchema: &results, &comparisonSchema: &comparison} {
		if err := json.Unmarshal(*text, into); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		schema object
		of     any
	}{
		{event, Event{}}, {event.Defs["begin"], RunBegin{}}, {event.Defs["requirement"], Requirement{}},
		{event.Defs["plan"], PlannedSpec{}}, {event.Defs["coverage"], Coverage{}}, {event.Defs["environment"], Environment{}},
		{event.Defs["vm"], VM{}}, {event.Defs["result"], Result{}}, {event.Defs["skip"], Skip{}},
		{event.Defs["failure"], Failure{}}, {event.Defs["measurement"], Measurement{}},
		{event.Defs["benchmark"], PlannedBenchmark{}}, {event.Defs["census"], Census{}},
		{event.Defs["complaint"], Complaint{}}, {event.Defs["end"], RunEnd{}},
		{event.Defs["mutant"], Mutant{}}, {event.Defs["graded"], Graded{}}, {event.Defs["kill"], Kill{}},
		{results, document{}}, {results.Defs["run"], runDocument{}}, {results.Defs["result"], SpecResult{}},
		{results.Defs["mutant"], MutantResult{}}, {results.Defs["score"], Score{}},
		{results.Defs["benchmark"], BenchmarkResult{}}, {results.Defs["cost"], costDocument{}},
		{comparison, diffDocument{}}, {comparison.Defs["run"], runDiffDocument{}}, {comparison.Defs["side"], sideDocument{}},
		{comparison.Defs["change"], changeDocument{}}, {comparison.Defs["result"], resultDocument{}},
		{comparison.Defs["costs"], costsDiffDocument{}}, {comparison.Defs["benchmark"], costDiffDocument{}},
	} {
		typ := reflect.TypeOf(c.of)
		want := jsonFields(typ)
		for whole, part := range map[reflect.Type]reflect.Type{ // whose schema builds on another's
			reflect.TypeFor[SpecResult]():   reflect.TypeFor[Result](),
			reflect.TypeFor[MutantResult](): reflect.TypeFor[Graded](),

			reflect.TypeFor[BenchmarkResult](): reflect.TypeFor[PlannedBenchmark](),
		} {
			if own := jsonFields(part); typ == whole {
				want = slices.DeleteFunc(want, func(f string) bool { return slices.Contains(own, f) })
			}
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(c.schema.Properties))); diff != "" {
			t.Errorf("%v and its schema differ (-type +schema):\n%s", typ, diff)
		}
	}
}

func jsonFields(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" && f.IsExported() {
			names = append(names, tag)
		}
	}
	slices.Sort(names)
	return names
}

func TestSchemaEnumsAreTheGoSets(t *testing.T) {
	schema := compileSchema(t, "event.json")
	for _, code := range SkipCodes() {
		line, err := encode(Event{Type: SpecEnds, Result: &Result{Verdict: Skipped, Skip: &Skip{Code: code}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(schema, line); err != nil {
			t.Error(err)
		}
	}
	for _, g := range Grades() {
		line, err := encode(Event{Type: MutantEnds, Graded: &Graded{Grade: g}})
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(schema, line); err != nil {
			t.Error(err)
		}
	}
	for _, v := range Verdicts() {
		line, err := encode(Event{Type: SpecEnds, Result: &Result{Verdict: v}})
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(schema, line); err != nil {
			t.Error(err)
		}
	}
}
