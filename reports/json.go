package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
)

// document is results.json: the report and what follows from it.
type document struct {
	Schema   int           `json:"schema"`
	Version  string        `json:"version"`
	ExitCode int           `json:"exit_code"`
	Runs     []runDocument `json:"runs"`
}

type runDocument struct {
	*Run
	Totals   Totals             `json:"totals"`
	Verdicts map[string]Verdict `json:"verdicts"` // requirement id to the worst of its specs
	Score    *Score             `json:"score,omitempty"`
	Costs    []costDocument     `json:"costs,omitempty"`
}

func newRunDocument(run *Run) runDocument {
	doc := runDocument{Run: run, Totals: run.Totals(), Verdicts: run.Verdicts(), Costs: newCostDocuments(run)}
	if len(run.Mutants) > 0 {
		score := run.Score()
		doc.Score = &score
	}
	return doc
}

// WriteJSON writes r as results.json (see [ResultsSchema]), in an order that
// depends on nothing but the report. Its text is safe to show on a terminal.
func WriteJSON(w io.Writer, r *Report) error {
	doc := document{Schema: Schema, Version: r.Version, ExitCode: ExitCode(r), Runs: []runDocument{}}
	for _, run := range r.Runs {
		doc.Runs = append(doc.Runs, newRunDocument(run))
	}
	return writeJSON(w, doc)
}

// writeJSON writes a document so that its text is safe to show on a terminal.
func writeJSON(w io.Writer, doc any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err := io.WriteString(w, escape(string(compactNumbers(b.Bytes())), "\n", jsonEscape))
	return err
}

// compactNumbers writes arrays of numbers of indented JSON on one line each: the
// samples of a benchmark would take a line each.
func compactNumbers(text []byte) []byte {
	out := make([]byte, 0, len(text))
	inString, inNumbers := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\':
			out = append(out, c)
			i++
			c = text[i]
		case c == '"':
			inString = !inString
		case c == '[' && !inString:
			rest := bytes.TrimLeft(text[i+1:], " \n")
			inNumbers = len(rest) > 0 && (rest[0] == '-' || rest[0] >= '0' && rest[0] <= '9')
		case c == ']':
			inNumbers = false
		case inNumbers && (c == ' ' || c == '\n'):
			continue
		}
		out = append(out, c)
	}
	return out
}

// jsonEscape writes a rune as JSON strings do. Outside of them encoding/json
// writes nothing that needs it.
func jsonEscape(r rune, _ string) string {
	if high, low := utf16.EncodeRune(r); r > 0xffff {
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
