package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fewLines is how much is told of what was seen of a spec that broke.
const fewLines = 6

// fewChanges is how many changes of one kind and verdict are worth a line each: what a
// newer kernel no longer skips would hide the rest.
const fewChanges = 20

func diffText(d *Diff, p palette) string {
	var b strings.Builder
	for i, run := range d.Runs {
		if i > 0 {
			b.WriteByte('\n')
		}
		run.text(&b, p)
	}
	for i, only := range [][]*Run{d.OnlyA, d.OnlyB} {
		if len(only) > 0 {
			fmt.Fprintf(&b, "\nnot compared, as the other report has no run of that name: %s, of %s\n", runNames(only), "AB"[i:i+1])
		}
	}
	return b.String()
}

func (d RunDiff) text(b *strings.Builder, p palette) {
	for i, r := range []*Run{d.A, d.B} {
		fmt.Fprintf(b, "%s  %s  %s", p.paint(bold, "AB"[i:i+1]), oneLine(r.Name), platform(r))
		if d.Common > 0 {
			b.WriteString("  " + verdictCounts(r.Totals(), p))
		}
		b.WriteByte('\n')
	}
	if d.Problem != "" {
		fmt.Fprintf(b, "  %s %s\n", p.paint(yellow, "not compared:"), oneLine(d.Problem))
		return
	}
	for _, warning := range d.Warnings {
		fmt.Fprintf(b, "  %s %s\n", p.paint(yellow, "warning:"), oneLine(warning))
	}
	if d.Common > 0 {
		for _, kind := range ChangeKinds() {
			d.kindText(b, kind, p)
		}
		fmt.Fprintf(b, "\n%s\n", d.summary(p))
	}
	if d.Costs != nil {
		if d.Common > 0 {
			b.WriteByte('\n')
		}
		d.Costs.body(b, p)
	}
}

var kindColors = map[ChangeKind]string{BrokenSince: red, Fixed: green}

// kindText writes the changes of one kind: what broke in full, the others by what they
// became.
func (d RunDiff) kindText(b *strings.Builder, kind ChangeKind, p palette) {
	changes := d.changes(kind)
	if len(changes) == 0 {
		return
	}
	title := p.paint(kindColors[kind]+bold, strings.ToUpper(string(kind)))
	if kind == BrokenSince {
		for _, c := range changes {
			fmt.Fprintf(b, "\n%s  %s  %s\n", title, c.transition(), p.paint(bold, c.name()))
			section(b, p, "requires", []string{strings.Join(c.After.Requirements, " ")}, full)
			section(b, p, "seen", lines(c.After.Failure.Message), fewLines)
		}
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, group := range byTransition(changes) {
		if len(group) > fewChanges {
			fmt.Fprintf(b, "  %s  %s: %s\n", group[0].transition(), count(len(group), "spec"), topicCounts(group))
			continue
		}
		for _, c := range group {
			fmt.Fprintf(b, "  %s  %s\n", c.transition(), c.name())
		}
	}
}

// transition says what a spec was and is: "skip (kernel-version) -> pass".
func (c SpecChange) transition() string {
	side := func(s *SpecResult) string {
		if because := s.because(); because != "" {
			return fmt.Sprintf("%s (%s)", s.Verdict, oneLine(because))
		}
		return string(s.Verdict)
	}
	switch {
	case c.Before == nil:
		return side(c.After)
	case c.After == nil:
		return side(c.Before)
	}
	return side(c.Before) + " -> " + side(c.After)
}

func (c SpecChange) name() string {
	return oneLine(c.Result().Topic) + ": " + oneLine(c.Result().Spec)
}

// byTransition groups changes by what they were and are, the smallest group first.
func byTransition(changes []SpecChange) [][]SpecChange {
	groups := map[string][]SpecChange{}
	for _, c := range changes {
		groups[c.transition()] = append(groups[c.transition()], c)
	}
	return slices.SortedFunc(maps.Values(groups), func(a, b []SpecChange) int {
		return cmp.Or(len(a)-len(b), cmp.Compare(a[0].transition(), b[0].transition()))
	})
}

// topicCounts says how many of changes each topic has: "12 cgroup, 3 ipc".
func topicCounts(changes []SpecChange) string {
	n := map[string]int{}
	for _, c := range changes {
		n[c.Result().Topic]++
	}
	var parts []string
	for _, topic := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[topic], oneLine(topic)))
	}
	return strings.Join(parts, ", ")
}

func (d RunDiff) summary(p palette) string {
	var parts []string
	for _, kind := range ChangeKinds() {
		text := fmt.Sprintf("%d %s", d.Count(kind), kind)
		if d.Count(kind) > 0 {
			text = p.paint(kindColors[kind], text)
		}
		parts = append(parts, text)
	}
	return fmt.Sprintf("%s; %s in both", strings.Join(parts, "  "), count(d.Common, "spec"))
}
