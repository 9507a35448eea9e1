package reports

import (
	"fmt"
	"strings"
)

// diffMarkdown writes a comparison for the page of a CI run or a pull request.
func diffMarkdown(d *Diff) string {
	var b strings.Builder
	for _, run := range d.Runs {
		run.markdown(&b)
	}
	for i, only := range [][]*Run{d.OnlyA, d.OnlyB} {
		if len(only) > 0 {
			fmt.Fprintf(&b, "Not compared, as the other report has no run of that name: %s, of %s\n\n", markdownText(runNames(only)), "AB"[i:i+1])
		}
	}
	return b.String()
}

func (d RunDiff) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s against %s\n\n", markdownText(d.B.Name), markdownText(d.A.Name))
	fmt.Fprintf(b, "A is %s, B is %s.\n\n", markdownText(platform(d.A)), markdownText(platform(d.B)))
	if d.Problem != "" {
		fmt.Fprintf(b, "Not compared: %s\n\n", markdownText(d.Problem))
		return
	}
	for _, warning := range d.Warnings {
		fmt.Fprintf(b, "> %s\n\n", markdownText(warning))
	}
	if d.Common > 0 {
		fmt.Fprintf(b, "%s.\n\n", markdownText(d.summary(palette{})))
		for _, kind := range ChangeKinds() {
			d.kindMarkdown(b, kind)
		}
	}
	if d.Costs != nil {
		markdownFold(b, "What it costs: "+firstLine(d.Costs.summary(palette{})))
		var text strings.Builder
		d.Costs.body(&text, palette{})
		markdownBlock(b, lines(text.String()))
		b.WriteString(markdownUnfold + "\n")
	}
}

// kindMarkdown folds all but what is broken.
func (d RunDiff) kindMarkdown(b *strings.Builder, kind ChangeKind) {
	changes := d.changes(kind)
	if len(changes) == 0 {
		return
	}
	if kind == BrokenSince {
		fmt.Fprintf(b, "#### %d broken\n\n", len(changes))
	} else {
		markdownFold(b, fmt.Sprintf("%d %s", len(changes), kind))
	}
	for _, group := range byTransition(changes) {
		if len(group) > fewChanges && kind != BrokenSince {
			fmt.Fprintf(b, "- %s: %s: %s\n", markdownText(group[0].transition()), count(len(group), "spec"), markdownText(topicCounts(group)))
			continue
		}
		for _, c := range group {
			fmt.Fprintf(b, "- %s: %s\n", markdownText(c.transition()), markdownText(c.name()))
		}
	}
	if kind != BrokenSince {
		b.WriteString(markdownUnfold)
	}
	b.WriteByte('\n')
}
