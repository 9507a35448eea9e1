package reports

import (
	"math"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/reports/stats"
)

// prettyCosts writes what a run's benchmarks cost: by kind and phase, the others by
// group, the curves.
func prettyCosts(r *Run, p palette) string {
	costs := r.Costs()
	if len(costs) == 0 {
		return ""
	}
	var b strings.Builder
	g := groupCosts(costs)
	b.WriteString("\n" + p.paint(bold, oneLine(r.Name)) + "  " + costs[0].measure.legend() + "\n")
	for _, group := range g.groups {
		prettyGroup(&b, group, p)
	}
	prettyPhases(&b, g, p)
	prettyCurves(&b, g, p)
	return b.String()
}

// legend says what the numbers of a table are.
func (m measure) legend() string {
	switch m {
	case inInstructions:
		return "instructions, median of all rounds"
	case inGetppids:
		return "multiples of getppid, as the emulator's clock tells no time; median of all rounds"
	}
	return "time, median of all rounds"
}

// prettyPhases writes a row per phase with a column per kind.
func prettyPhases(b *strings.Builder, g costGroups, p palette) {
	if len(g.phases) == 0 {
		return
	}
	var t textTable
	kinds := g.kinds()
	t.title(append([]string{"phase"}, kinds...)...)
	for _, phase := range g.phases {
		row := []string{phase.name}
		for _, kind := range kinds {
			if c, has := phase.byKind[kind]; has {
				row = append(row, c.measure.text(c.Typical.Center))
			} else {
				row = append(row, "-")
			}
		}
		t.add(row...)
	}
	b.WriteByte('\n')
	t.write(b, p)
}

// prettyGroup writes a row per benchmark, with what else is known of it.
func prettyGroup(b *strings.Builder, g costGroup, p palette) {
	var t textTable
	t.title(g.name, "p50", "+-", "p90", "p99", "x getppid")
	for _, c := range g.costs {
		name := strings.TrimPrefix(c.Name, g.name+"/")
		t.add(name, c.measure.text(c.Typical.Center), plusMinus(c.Typical), c.measure.text(c.P90), c.measure.text(c.P99), multipleText(c))
	}
	b.WriteByte('\n')
	t.write(b, p)
}

// plusMinus says how far the farther end of an interval is: "1.2 %".
func plusMinus(i stats.Interval) string {
	if !i.Known || i.Center <= 0 {
		return "?"
	}
	return percent(math.Max(i.Hi-i.Center, i.Center-i.Lo) / i.Center)
}

func multipleText(c Cost) string {
	if math.IsNaN(c.Multiple.Center) {
		return "?"
	}
	return significant(c.Multiple.Center)
}

// prettyCurves writes a row per curve with its points, and one for their rates. Curves
// with points at the same places of one axis are in one table.
func prettyCurves(b *strings.Builder, g costGroups, p palette) {
	tables := map[string]*textTable{}
	var order []*textTable
	for _, curve := range g.curves {
		head := []string{curve.axis}
		for _, c := range curve.points {
			head = append(head, axisText(c.X))
		}
		key := strings.Join(head, "\n")
		t := tables[key]
		if t == nil {
			t = &textTable{}
			t.title(head...)
			tables[key], order = t, append(order, t)
		}
		t.addCurve(curve)
	}
	for _, t := range order {
		b.WriteByte('\n')
		t.write(b, p)
	}
}

func (t *textTable) addCurve(curve costCurve) {
	row, rate, rated := []string{curve.name}, []string{"  per second"}, false
	for _, c := range curve.points {
		row = append(row, c.measure.text(c.Typical.Center))
		perSecond := c.rate().Center
		rate = append(rate, significant(perSecond))
		rated = rated || perSecond > 0 && c.measure == inTime
	}
	t.add(row...)
	if rated {
		t.add(rate...)
	}
}

// axisText writes a place on an axis: "1000".
func axisText(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// rate returns the median rate of the rounds that have one, 0 where none has.
func (c Cost) rate() stats.Interval {
	var rates []float64
	for _, m := range c.Samples() {
		if m.Rate > 0 {
			rates = append(rates, m.Rate)
		}
	}
	if len(rates) == 0 {
		return stats.Interval{}
	}
	return stats.Median(rates)
}
