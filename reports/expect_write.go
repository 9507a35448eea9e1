package reports

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteExpectations writes the list of expectations with which r would have no spec
// that does not pass, each with what was seen. Reasons of the list that r was
// judged with are kept.
func WriteExpectations(w io.Writer, r *Report) error {
	var b strings.Builder
	b.WriteString("# Deviations that are expected: the id of a requirement, or the name of a spec, then a web address and a reason.\n")
	targets := r.targets()
	for _, target := range targets {
		t := newTried(r, target)
		if len(targets) > 1 {
			fmt.Fprintf(&b, "\n[%s]\n", literal(target))
		}
		for _, l := range t.lines() {
			fmt.Fprintf(&b, "\n# %s\n%s\n", strings.Join(l.seen, "\n# "), l.text)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// targets returns the targets of all runs of specs.
func (r *Report) targets() []string {
	var all []string
	for _, run := range r.Runs {
		if run.Begin != nil && !slices.Contains(all, run.Begin.Target) {
			all = append(all, run.Begin.Target)
		}
	}
	return all
}

// literal returns a pattern that matches name alone.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// tried are the specs of a target that were not skipped, in any of its runs.
type tried struct {
	bad    []SpecResult    // the first bad result of each
	isBad  map[string]bool // by name
	proved map[string][]string
}

func newTried(r *Report, target string) *tried {
	t := &tried{isBad: map[string]bool{}, proved: map[string][]string{}}
	for _, run := range r.Runs {
		if run.Begin == nil || run.Begin.Target != target {
			continue
		}
		for _, s := range run.Results {
			if s.Verdict == Skipped || s.Verdict == Missing {
				continue
			}
			for _, id := range s.Requirements {
				t.proved[id] = append(t.proved[id], s.Spec)
			}
			if bad := excusable(s.Verdict) || s.Verdict == XFail; bad && !t.isBad[s.Spec] {
				t.isBad[s.Spec] = true
				t.bad = append(t.bad, s)
			}
		}
	}
	return t
}

// writtenLine is a line to write, with comments.
type writtenLine struct {
	text string
	seen []string
}

// lines returns a line for each requirement of which no spec has passed, and one for
// each other spec that has not.
func (t *tried) lines() []writtenLine {
	var all []writtenLine
	at := map[string]int{}
	for _, s := range t.bad {
		name := t.requirement(s)
		if name == "" {
			name = strconv.Quote(s.Spec)
		}
		i, ok := at[name]
		if !ok {
			i = len(all)
			at[name] = i
			all = append(all, writtenLine{text: name + s.reason()})
		}
		all[i].seen = append(all[i].seen, s.gist())
	}
	for i, l := range all {
		if more := len(l.seen) - 1; more > 0 {
			all[i].seen = []string{l.seen[0], fmt.Sprintf("and %s", count(more, "other spec"))}
		}
	}
	return all
}

// requirement returns the first of the spec's requirements of which no spec has
// passed; "" if there is none.
func (t *tried) requirement(s SpecResult) string {
	for _, id := range s.Requirements {
		if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			continue // none of the catalog's
		}
		if !slices.ContainsFunc(t.proved[id], func(spec string) bool { return !t.isBad[spec] }) {
			return id
		}
	}
	return ""
}

// reason is what the list that the spec was judged with says of it.
func (s SpecResult) reason() string {
	if s.Known == nil || s.Verdict != XFail {
		return ""
	}
	reason := ""
	if s.Known.URL != "" {
		reason += "  " + oneLine(s.Known.URL)
	}
	if s.Known.Statement != unexplained {
		reason += "  " + oneLine(s.Known.Statement)
	}
	return reason
}

// gist says in a line of moderate length how the spec did not pass.
func (s SpecResult) gist() string {
	v := s.Verdict
	if v == XFail {
		v = s.Was
	}
	words := strings.Fields(s.Failure.Message)
	return truncate(oneLine(fmt.Sprintf("%s: %s", v, strings.Join(words, " "))), 160)
}
