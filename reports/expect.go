package reports

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Expectations are the deviations that a user expects of kernels: a text with one a
// line.
//
//	# Deviations of our kernel.
//	uts-sethostname-*                    https://example.org/issues/7 not there yet
//	"A new IPC namespace has no queues"  to be looked at
//	[debian:*]
//	net-veth-ipv6
//
// A line begins with the id of a requirement, a pattern of [filepath.Match] for ids, or
// in double quotes, as in Go, the name of a spec. The rest of the line, a web address
// and a reason, is for people. Lines below the pattern of a target in brackets are
// about kernels of that name only. Empty lines, and those that begin with #, say nothing.
type Expectations struct{ entries []expectation }

// expectation is a line of a list of expectations.
type expectation struct {
	at          string // file:line
	target      string // a pattern; "" for every target
	spec        string // the name of one, or
	ids         string // a pattern for ids of requirements
	url, reason string
}

// ReadExpectations reads a list of expectations. What is wrong in it is told with its
// file and line.
func ReadExpectations(file string) (*Expectations, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read what is expected: %w", err)
	}
	return parseExpectations(file, string(text))
}

func parseExpectations(file, text string) (*Expectations, error) {
	x, target, number := &Expectations{}, "", 0
	for line := range strings.Lines(text) {
		number++
		at := fmt.Sprintf("%s:%d", file, number)
		line = strings.TrimSpace(line)
		switch section, isSection := strings.CutPrefix(line, "["); {
		case line == "" || line[0] == '#':
		case isSection:
			var closed bool
			if target, closed = strings.CutSuffix(section, "]"); !closed || target == "" || !isPattern(target) {
				return nil, fmt.Errorf("%s: %s names no targets: say [here] or [debian:*]", at, line)
			}
		default:
			e, err := parseExpectation(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			e.at, e.target = at, target
			x.entries = append(x.entries, e)
		}
	}
	return x, nil
}

func parseExpectation(line string) (e expectation, err error) {
	var rest string
	if line[0] == '"' {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return e, fmt.Errorf("%s: the spec's name has no end", line)
		}
		e.spec, _ = strconv.Unquote(quoted)
		rest = line[len(quoted):]
	} else {
		e.ids, rest, _ = strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		if !isPattern(e.ids) {
			return e, fmt.Errorf("%s is no pattern for requirements", e.ids)
		}
	}
	var reason []string
	for _, word := range strings.Fields(rest) {
		if e.url == "" && (strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "http://")) {
			e.url = word
		} else {
			reason = append(reason, word)
		}
	}
	e.reason = strings.Join(reason, " ")
	return e, nil
}

func isPattern(pattern string) bool {
	_, err := filepath.Match(pattern, "")
	return err == nil
}

// Check returns an error for the first line that concerns none of the specs that
// there are.
func (x *Expectations) Check(specs []PlannedSpec) error {
	for _, e := range x.entries {
		switch {
		case slices.ContainsFunc(specs, e.concerns):
		case e.spec != "":
			return fmt.Errorf("%s: no spec is named %q", e.at, e.spec)
		default:
			return fmt.Errorf("%s: no spec proves a requirement %q", e.at, e.ids)
		}
	}
	return nil
}

// of returns the expectations of a target.
func (x *Expectations) of(target string) []expectation {
	var all []expectation
	for _, e := range x.entries {
		if matches, _ := filepath.Match(e.target, target); matches || e.target == "" {
			all = append(all, e)
		}
	}
	return all
}

func (e expectation) concerns(s PlannedSpec) bool {
	if e.spec != "" {
		return s.Name == e.spec
	}
	return slices.ContainsFunc(s.Requirements, func(id string) bool {
		matches, _ := filepath.Match(e.ids, id)
		return matches
	})
}

func (e expectation) name() string { return cmp.Or(e.spec, e.ids) }

// unexplained stands for the reason that a line does not give.
const unexplained = "no reason is given"

func (e expectation) deviation() *Deviation {
	return &Deviation{ID: e.name(), Statement: cmp.Or(e.reason, unexplained), Evidence: "expected in " + e.at, URL: e.url}
}
