package reports

import (
	"slices"
	"strings"
)

// outcome is what came of a spec in the runs in which the same came of it.
type outcome struct {
	Verdict Verdict
	Code    string // why it was skipped, which deviation is known
	Text    string
	Runs    []outcomeRun
	All     bool // in all runs, of which there are several
	texts   []string
}

type outcomeRun struct{ Label, Evidence string }

// outcomes groups a spec's results, one per column or nil.
func (b *rowBuilder) outcomes(results []*SpecResult) []outcome {
	var all []outcome
	for i, s := range results {
		if s == nil {
			continue
		}
		code, text := s.because(), outcomeText(s)
		place := slices.IndexFunc(all, func(o outcome) bool {
			return o.Verdict == s.Verdict && o.Code == code && withoutEnd(o.texts[0]) == withoutEnd(text)
		})
		if place < 0 {
			place = len(all)
			all = append(all, outcome{Verdict: s.Verdict, Code: code})
		}
		o := &all[place]
		o.texts = append(o.texts, text)
		o.Runs = append(o.Runs, outcomeRun{b.columns[i].Label, b.anchors.result(b.columns[i].run.Name, s.Spec)})
	}
	for i := range all {
		all[i].Text = commonText(all[i].texts)
		all[i].All = len(results) > 1 && len(all[i].Runs) == len(results) && all[i].Runs[0].Evidence == ""
	}
	return all
}

// outcomeText says in a line what there is to say of a result.
func outcomeText(s *SpecResult) string {
	text := s.Notes
	switch {
	case s.Skip != nil:
		text = []string{s.Skip.Text}
	case s.Failure != nil:
		text = []string{firstLine(s.Failure.Message)}
	case s.Known != nil:
		text = append([]string{s.Known.ID + " is known of " + s.Known.here() + ", but was not seen"}, text...)
	}
	return strings.Join(text, "; ")
}

// withoutEnd cuts what a text says of the run that it is of: "needs 6.12, this is 6.1"
// is said of every kernel that is too old.
func withoutEnd(text string) string {
	if i := strings.LastIndex(text, ", this is "); i > 0 {
		return text[:i]
	}
	return text
}

// commonText is what texts have in common that are the same but for their ends.
func commonText(texts []string) string {
	for _, text := range texts {
		if text != texts[0] {
			return withoutEnd(texts[0])
		}
	}
	return texts[0]
}
