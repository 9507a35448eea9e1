package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxResults bounds what [Read] takes: ten times the largest report there is use for.
const maxResults = 1 << 30

var errNoResults = errors.New("this is not results.json of nsconform")

// Read reads a report from results.json. It refuses, in one line that says why, what
// is no such file, is cut short, says what no stream of events amounts to, or was
// written by a later nsconform, whose words may mean something else.
func Read(r io.Reader) (*Report, error) {
	report, err := readResults(r)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return report, nil
}

func readResults(r io.Reader) (*Report, error) {
	limited := &io.LimitedReader{R: r, N: maxResults}
	decoder := json.NewDecoder(limited)
	var doc struct {
		Schema  *int   `json:"schema"`
		Version string `json:"version"`
		Runs    []*Run `json:"runs"`
	}
	err := decoder.Decode(&doc)
	switch {
	case doc.Schema != nil && *doc.Schema > Schema: // what cannot be decoded follows from that
		return nil, newerSchema(*doc.Schema)
	case err != nil:
		return nil, jsonCause(err, limited.N <= 0)
	case doc.Schema == nil || doc.Runs == nil:
		return nil, errNoResults
	case *doc.Schema < 1:
		return nil, fmt.Errorf("there is no schema %d", *doc.Schema)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is something behind the report")
	}
	report := &Report{Schema: *doc.Schema, Version: doc.Version, Runs: doc.Runs}
	if err := report.check(); err != nil {
		return nil, err
	}
	return report, nil
}

func newerSchema(schema int) error {
	return fmt.Errorf("it has schema %d, this nsconform reads schemas up to %d: use a newer one", schema, Schema)
}

// jsonCause says in one line why JSON could not be decoded.
func jsonCause(err error, tooLarge bool) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case tooLarge:
		return fmt.Errorf("more than %d bytes", maxResults)
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file ends within the report")
	case errors.As(err, &kind):
		return fmt.Errorf("%s is a %s, which it cannot be", oneLine(kind.Field), oneLine(kind.Value))
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at byte %d: %s", syntax.Offset, oneLine(syntax.Error()))
	}
	return errors.New(oneLine(err.Error()))
}

// check says what in a report is not as folding a stream would have made it.
func (r *Report) check() error {
	seen := map[string]bool{}
	for _, run := range r.Runs {
		if run == nil {
			return errors.New("a run is null")
		}
		if seen[run.Name] {
			return fmt.Errorf("run %q is there twice", run.Name)
		}
		seen[run.Name] = true
		if err := run.check(); err != nil {
			return fmt.Errorf("run %q: %w", run.Name, err)
		}
	}
	return nil
}

func (r *Run) check() error {
	for _, s := range r.Results {
		sane := sanitize(s.Result)
		if sane.Verdict != s.Verdict || (sane.Failure == nil) != (s.Failure == nil) || (sane.Skip == nil) != (s.Skip == nil) {
			return fmt.Errorf("spec %q: the verdict %q and its reasons do not fit together", s.Spec, s.Verdict)
		}
	}
	for _, m := range r.Mutants {
		if sane := sanitizeGrade(m.Graded, m.Requirements); sane.Grade != m.Grade {
			return fmt.Errorf("mutant %q: the grade %q and its reasons do not fit together", m.Mutant, m.Grade)
		}
	}
	unit := Unit("")
	names := map[string]bool{}
	for i := range r.Benchmarks {
		b := &r.Benchmarks[i]
		if names[b.Name] {
			return fmt.Errorf("benchmark %q is there twice", b.Name)
		}
		names[b.Name] = true
		if err := b.check(&unit); err != nil {
			return fmt.Errorf("benchmark %q: %w", b.Name, err)
		}
	}
	return nil
}

// check is for a benchmark of a run whose samples are measured in unit, which the first
// of them sets.
func (b *BenchmarkResult) check(unit *Unit) error {
	if b.Planned < 1 || b.Planned > maxRounds*maxRounds || len(b.Measurements) > b.Planned {
		return fmt.Errorf("%d of %d rounds cannot be", len(b.Measurements), b.Planned)
	}
	if !slices.IsSortedFunc(b.Measurements, byRound) {
		return errors.New("the rounds are not in order")
	}
	for i, m := range b.Measurements {
		_, problem := sanitizeMeasurement(m)
		switch {
		case problem != "":
		case m.Benchmark != b.Name:
			problem = fmt.Sprintf("it is of benchmark %q", m.Benchmark)
		case m.Boot < 1 || m.Round < 1:
			problem = "there is no such round"
		case i > 0 && byRound(b.Measurements[i-1], m) == 0:
			problem = "it is there twice"
		case len(m.Values) > 0 && *unit != "" && m.Unit != *unit:
			problem = fmt.Sprintf("measured in %s, but others in %s", m.Unit, *unit)
		case len(m.Values) > 0 && (m.Error != "" || m.Skip != nil):
			problem = "it has samples and a reason for having none"
		case m.Skip != nil && !slices.Contains(SkipCodes(), m.Skip.Code):
			problem = fmt.Sprintf("skipped for the unknown reason %q", m.Skip.Code)
		}
		if problem != "" {
			return fmt.Errorf("boot %d, round %d: %s", m.Boot, m.Round, oneLine(problem))
		}
		if len(m.Values) > 0 {
			*unit = m.Unit
		}
	}
	return nil
}
