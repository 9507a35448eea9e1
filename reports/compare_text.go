package reports

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/reports/stats"
)

// WriteComparison writes c as text, differences first, the largest of them foremost.
// It has colours where w is a terminal and NO_COLOR is unset.
func WriteComparison(w io.Writer, c *Comparison) error {
	_, err := io.WriteString(w, comparisonText(c, palette{on: terminalOf(w) != nil && wantsColor()}))
	return err
}

func comparisonText(c *Comparison, p palette) string {
	var b strings.Builder
	for i, r := range []*Run{c.A, c.B} {
		fmt.Fprintf(&b, "%s  %s  %s\n", p.paint(bold, "AB"[i:i+1]), oneLine(r.Name), platform(r))
	}
	c.body(&b, p)
	return b.String()
}

// body writes all but what A and B are.
func (c *Comparison) body(b *strings.Builder, p palette) {
	fmt.Fprintf(b, "  %s\n", c.method())
	for _, warning := range c.Warnings {
		fmt.Fprintf(b, "  %s %s\n", p.paint(yellow, "warning:"), oneLine(warning))
	}
	b.WriteByte('\n')
	c.table(b, p)
	fmt.Fprintf(b, "\n%s\n", c.summary(p))
}

// method says in one line how the runs were compared.
func (c *Comparison) method() string {
	switch {
	case c.Exact:
		return "instructions; what is less than 0.5 % or 8, or than what boots or samples of one run differ by, is no difference"
	case c.Paired:
		return fmt.Sprintf("%s, measured in turns: ratios of pairs of rounds, medians with 95 %% intervals", c.A.measure().noun())
	}
	return fmt.Sprintf("%s, not measured in turns: ratios of medians with 95 %% intervals", c.A.measure().noun())
}

func (c *Comparison) table(b *strings.Builder, p palette) {
	var t textTable
	head := []string{"benchmark", "A", "B", "B/A", "95 % interval", "floor", "verdict"}
	if c.Exact {
		head = []string{"benchmark", "A", "B", "B-A", "B/A", "floor", "verdict"}
	}
	t.title(head...)
	for _, row := range c.sorted() {
		t.put(changeColors[row.Change], row.cells(c.Exact))
	}
	t.write(b, p)
}

func (row *ComparedCost) cells(exact bool) []string {
	m := row.A.measure
	a, b := row.A.Typical.Center, row.B.Typical.Center
	cells := []string{row.Name, m.text(a), m.text(b)}
	if exact {
		cells = append(cells, fmt.Sprintf("%+.0f", b-a), ratioText(row.Ratio.Center))
	} else {
		cells = append(cells, ratioText(row.Ratio.Center), ratioInterval(row.Ratio))
	}
	return append(cells, percent(row.Floor), string(row.Change))
}

// ratioText writes a ratio so that a thousandth shows.
func ratioText(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case v >= 100:
		return significant(v)
	}
	return fmt.Sprintf("%.3f", v)
}

func ratioInterval(i stats.Interval) string {
	if !i.Known {
		return "?"
	}
	return fmt.Sprintf("[%s, %s]", ratioText(i.Lo), ratioText(i.Hi))
}

// sorted returns the rows, those that differ first, the largest difference foremost.
func (c *Comparison) sorted() []ComparedCost {
	rows := slices.Clone(c.Rows)
	slices.SortStableFunc(rows, func(a, b ComparedCost) int {
		return cmp.Or(a.Change.rank()-b.Change.rank(), -cmp.Compare(a.size(), b.size()))
	})
	return rows
}

func (c Change) rank() int {
	return slices.Index([]Change{Slower, Faster, Untold, Unchanged}, c)
}

// size is what rows of one verdict are sorted by: the difference, where there is one.
func (row *ComparedCost) size() float64 {
	if row.Change == Slower || row.Change == Faster {
		return stats.Difference(row.Ratio.Center, 1)
	}
	return 0
}

var changeColors = map[Change]string{Slower: red, Faster: green, Untold: yellow}

// summary counts the verdicts and says what could have been seen.
func (c *Comparison) summary(p palette) string {
	n := map[Change]int{}
	var seen []float64
	for _, row := range c.Rows {
		n[row.Change]++
		if row.Change != Untold {
			seen = append(seen, row.Floor)
		}
	}
	var parts []string
	for _, change := range []Change{Slower, Faster, Unchanged, Untold} {
		if text := fmt.Sprintf("%d %s", n[change], change); n[change] > 0 {
			parts = append(parts, p.paint(changeColors[change], text))
		}
	}
	text := fmt.Sprintf("%s, of %s", strings.Join(parts, ", "), count(len(c.Rows), "benchmark"))
	for _, only := range []struct {
		side  string
		names []string
	}{{"A", c.OnlyA}, {"B", c.OnlyB}} {
		if len(only.names) > 0 {
			text += fmt.Sprintf("; %d in %s alone", len(only.names), only.side)
		}
	}
	if len(seen) > 0 {
		text += fmt.Sprintf("\nsmallest difference that could have been seen: %s (median of all benchmarks), %s (the worst)",
			percent(stats.Median(seen).Center), percent(slices.Max(seen)))
	}
	if shift := stats.Difference(c.Shift, 1); shift > 0 {
		more := "more"
		if c.Shift < 1 {
			more = "less"
		}
		text += fmt.Sprintf("\nmost benchmarks cost %s %s in B, by the machine perhaps: none is judged by that; kernels measured in turns, in one run, can tell", percent(shift), more)
	}
	return text
}
