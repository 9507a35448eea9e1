package reports

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// FuzzReport folds any stream and writes it in every format: nothing may panic, and
// what comes out is well-formed and harmless whatever went in.
func FuzzReport(f *testing.F) {
	for _, dir := range []string{specSample, mutantSample, knownSample, expectSample, runtimeSample} { // the other's size would slow the search down
		sample, err := os.ReadFile(filepath.Join(dir, "sample.ndjson"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sample)
	}
	f.Add([]byte("{}\n{}\n"))
	f.Add([]byte(`{"type":"run-begins","run":"","begin":{"plan":[{"name":""},{"name":""}],"requirements":[{"id":""}]}}` + "\n"))
	f.Add([]byte(`{"type":"run-ends","run":"\u0000","time":"0000-01-01T00:00:00Z","end":{"seconds":-1e308}}` + "\n"))
	f.Add([]byte(`{"type":"run-begins","run":"","begin":{"mutants":[{"name":""},{"name":""},{"name":"none"}]}}
{"type":"mutant-begins","run":""}
{"type":"mutant-ends","run":"","graded":{"grade":"killed","killed_by":[{}],"specs":-1}}
{"type":"mutant-ends","run":"","graded":{"mutant":"none","grade":"harmless","told":18446744073709551615,"seconds":1e308}}
`))
	f.Add([]byte(`{"type":"run-begins","run":"","begin":{"benchmarks":[{"name":""},{"name":"","kind":"net"},{"name":"x/net","kind":"net","curve":"c","x":-1e308}],"boots":-1,"rounds":3}}
{"type":"environment","run":"","environment":{"vm":{"accelerator":"tcg"}}}
{"type":"measurement","run":"","measurement":{"boot":1,"round":1,"unit":"ns","values":[0,1e15],"counts":[1,1000000]}}
{"type":"measurement","run":"","measurement":{"benchmark":"x/net","boot":1,"round":2,"unit":"ns","values":[0],"counts":[1],"rate":1e-300,"refused":{"":1}}}
{"type":"census","run":"","census":{"when":"before"}}
`))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := &Report{}
		var live bytes.Buffer
		var events []Event
		terminal := NewTerminal(&live, TerminalOptions{Verbose: true})
		// A stream that breaks off still has a report, of what came before.
		_ = ReadStream(bytes.NewReader(stream), func(e Event) error {
			events = append(events, e)
			r.Apply(e)
			terminal.Event(e)
			return nil
		})
		r.Close()
		terminal.Close()
		harmless(t, live.String())
		checkEveryFormat(t, r)
		text := streamKTAP(t, len(r.Runs), events)
		harmless(t, text)
		if _, err := parseKTAP(text); err != nil {
			t.Errorf("not KTAP: %v\n%s", err, text)
		}
	})
}

func checkEveryFormat(t *testing.T, r *Report) {
	t.Helper()
	for _, f := range formats {
		text := render(t, f.name, r)
		harmless(t, string(text))
		switch f.name {
		case "json", "squad":
			if !json.Valid(text) {
				t.Errorf("not JSON: %s", text)
			}
		case "junit":
			checkJUnit(t, text)
		case "html":
			ids, links := inspectHTML(t, text)
			leadSomewhere(t, ids, links)
		case "markdown":
			inspectMarkdown(t, text)
		case "bench":
			readBench(t, text)
		case "ktap":
			if _, err := parseKTAP(string(text)); err != nil {
				t.Errorf("not KTAP: %v\n%s", err, text)
			}
		}
	}
}
