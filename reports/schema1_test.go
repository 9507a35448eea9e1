package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestResultsOfSchema1StayReadable reads what an nsconform of schema 1 has written, with
// specs, a crash, mutants, known deviations, benchmarks and an interrupt in it. The file
// is never to be written anew: where this fails, [Schema] has to change, and [Read] to
// translate.
func TestResultsOfSchema1StayReadable(t *testing.T) {
	text, err := os.ReadFile("testdata/schema1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(compileSchema(t, "results.json"), text); err != nil {
		t.Error(err)
	}
	r, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	checkEveryFormat(t, r)
	kept(t, "", generic(t, text), generic(t, render(t, "json", r)))
}

func generic(t *testing.T, text []byte) (doc any) {
	t.Helper()
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// kept fails the test for what of was is not in is, or is another thing there. What is
// new does no harm.
func kept(t *testing.T, path string, was, is any) {
	t.Helper()
	switch was := was.(type) {
	case map[string]any:
		now, ok := is.(map[string]any)
		if !ok {
			t.Errorf("%s was an object, now it is %.100v", path, is)
		}
		for key, value := range was {
			kept(t, path+"/"+key, value, now[key])
		}
	case []any:
		now, ok := is.([]any)
		if !ok || len(now) != len(was) {
			t.Errorf("%s had %d elements, now it is %.100v", path, len(was), is)
			return
		}
		for i, value := range was {
			kept(t, fmt.Sprintf("%s/%d", path, i), value, now[i])
		}
	default:
		if was != is {
			t.Errorf("%s was %.100v, now it is %.100v", path, was, is)
		}
	}
}
