package reports

import (
	"fmt"
	"math"
)

// plotComparison draws the ratio of each benchmark with its interval, beside what is no
// difference yet; differences first.
func plotComparison(c *Comparison) *plot {
	rows := c.sorted()
	var values []float64
	for _, row := range rows {
		values = append(values, row.Ratio.Lo, row.Ratio.Hi)
	}
	p := rowsPlot(len(rows))
	p.Left = 250
	x := newAxis(append(values, .9, 1.1), true, p.Left, p.Right)
	y := p.Top + rowHeight/2
	for _, row := range rows {
		r := plotRow{Label: plotLabel(row.Name), Tip: row.tip(c.Exact), Class: row.Change.class(), Y: y}
		r.place(row.Ratio, x)
		if math.IsNaN(row.Ratio.Center) || math.IsInf(row.Ratio.Center, 0) {
			r.Class = "none"
		}
		r.Band, r.BandLo, r.BandHi = row.Change != Untold, x.at(c.Shift/(1+row.Floor)), x.at(c.Shift*(1+row.Floor))
		p.Rows = append(p.Rows, r)
		y += rowHeight
	}
	p.One = x.at(1)
	p.Title = fmt.Sprintf("%s against %s", c.B.Name, c.A.Name)
	p.XTitle = "cost of B by cost of A" + logNote(x.log)
	p.X = x.ticks(tickText)
	p.Note = fmt.Sprintf("%s. The grey bands are no difference yet. n: %s.", c.method(), c.roundsText())
	return p
}

func (row *ComparedCost) tip(exact bool) string {
	m := row.A.measure
	text := fmt.Sprintf("%s: A %s, B %s, B/A %s %s", row.Name, m.text(row.A.Typical.Center), m.text(row.B.Typical.Center), ratioText(row.Ratio.Center), row.Change)
	if !exact {
		text += ", 95 % interval " + ratioInterval(row.Ratio)
	}
	return text
}

// class returns the CSS class that colours a change.
func (c Change) class() string {
	switch c {
	case Slower:
		return "fail"
	case Faster:
		return "pass"
	case Untold:
		return "missing"
	}
	return "skip"
}

// roundsText says how many rounds are behind a comparison.
func (c *Comparison) roundsText() string {
	a, b := 0, 0
	for _, row := range c.Rows {
		a, b = max(a, len(row.A.rounds)), max(b, len(row.B.rounds))
	}
	return fmt.Sprintf("%s of A, %s of B", count(a, "round"), count(b, "round"))
}
