package reports

import (
	"fmt"

	"github.com/nsconform/nsconform/reports/stats"
)

// plotPhases draws what each kind costs in each phase: a row each, as kinds are no
// scale that a line could go along.
func plotPhases(g costGroups) *plot {
	if len(g.phases) == 0 {
		return nil
	}
	var values []float64
	n := 0
	for _, phase := range g.phases {
		for _, c := range phase.byKind {
			values = append(append(values, stats.Values(c.rounds)...), c.Typical.Lo, c.Typical.Hi)
			n++
		}
	}
	p := rowsPlot(n + len(g.phases))
	var m measure
	x := newAxis(values, true, p.Left, p.Right)
	y := p.Top + rowHeight/2
	for _, phase := range g.phases {
		p.Rows = append(p.Rows, plotRow{Label: plotLabel(phase.name), Head: true, Y: y})
		y += rowHeight
		for _, kind := range g.kinds() {
			c, has := phase.byKind[kind]
			if !has {
				continue
			}
			m = c.measure
			row := plotRow{Label: kind, Tip: c.Name + ": " + c.text(), Class: "s0", Y: y}
			row.place(c.Typical, x)
			for _, v := range thin(stats.Values(c.rounds)) {
				row.Points = append(row.Points, x.at(v))
			}
			p.Rows = append(p.Rows, row)
			y += rowHeight
		}
	}
	p.Title = "Cost by phase and kind"
	p.XTitle = m.noun() + logNote(x.log)
	p.X = x.ticks(m.label)
	p.Note = "Median of the rounds’ medians with its 95 % interval, and each round’s median. " + roundsNote(g)
	return p
}

// rowsPlot returns an empty plot with room for rows.
func rowsPlot(rows int) *plot {
	p := &plot{W: plotWidth, Left: labelWidth, Right: plotWidth - 2*plotPadding, Top: plotPadding / 2}
	p.Bottom = p.Top + float64(rows)*rowHeight
	p.H = p.Bottom + axisHeight
	return p
}

// roundsNote says how many rounds and samples are behind a picture.
func roundsNote(g costGroups) string {
	least, most, samples := 0, 0, 0
	for _, phase := range g.phases {
		for _, c := range phase.byKind {
			n := len(c.rounds)
			if least == 0 || n < least {
				least = n
			}
			most = max(most, n)
			samples += c.samples
		}
	}
	rounds := fmt.Sprintf("%d to %d rounds", least, most)
	if least == most {
		rounds = count(most, "round")
	}
	return fmt.Sprintf("n: %s a benchmark, %s in all.", rounds, count(samples, "sample"))
}

// plotECDFs draws the distribution of all samples, a picture per kind and a line per
// phase.
func plotECDFs(g costGroups) []*plot {
	var all []*plot
	for _, kind := range g.kinds() {
		if p := plotECDF(g, kind); p != nil {
			all = append(all, p)
		}
	}
	return all
}

func plotECDF(g costGroups, kind string) *plot {
	type line struct {
		cost  Cost
		name  string
		of    stats.Distribution
		index int
	}
	var lines []line
	var values []float64
	for i, phase := range g.phases {
		if c, has := phase.byKind[kind]; has {
			d := c.shown()
			lines = append(lines, line{c, phase.name, d, i})
			values = append(values, d.Quantile(.001), d.Quantile(.999))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	m := lines[0].cost.measure
	p := linesPlot(len(lines))
	x, y := newAxis(values, true, p.Left, p.Right), axis{0, 1, p.Bottom, p.Top, false}
	for i, l := range lines {
		p.addLine(plotLine{
			Label: fmt.Sprintf("%s, n %d", plotLabel(l.name), l.cost.samples), Tip: l.cost.Name + ": " + l.cost.text(),
			Class: seriesClass(l.index), Path: path(ecdf(l.of, x, y), true),
		}, i)
	}
	p.Title, p.XTitle, p.YTitle = kind, m.noun()+logNote(x.log), "share of samples"
	p.X, p.Y = x.ticks(m.label), y.ticks(tickText)
	return p
}

// shown returns the samples in what costs are told in.
func (c Cost) shown() stats.Distribution {
	d := c.pooled()
	if c.measure != inGetppids {
		return d
	}
	scaled := stats.Distribution{Counts: d.Counts}
	for _, v := range d.Values {
		scaled.Values = append(scaled.Values, v*c.scale)
	}
	return scaled
}

// ecdf returns the corners of the steps that samples go up by.
func ecdf(d stats.Distribution, x, y axis) [][2]float64 {
	places := [][2]float64{}
	total, below := float64(d.N()), 0
	for i, v := range d.Values {
		if i == 0 {
			places = append(places, [2]float64{x.at(v), y.at(0)})
		}
		below += d.Counts[i]
		places = append(places, [2]float64{x.at(v), y.at(float64(below) / total)})
	}
	return thin(places)
}

// linesPlot returns an empty small plot with a legend of lines.
func linesPlot(lines int) *plot {
	p := &plot{W: smallWidth, Left: 56, Right: smallWidth - 2*plotPadding, Top: plotPadding / 2, Bottom: smallHeight}
	p.H = p.Bottom + axisHeight + float64(lines)*legendRow
	return p
}

func (p *plot) addLine(l plotLine, i int) {
	l.LegendX, l.LegendY = p.Left, p.Bottom+axisHeight+float64(i)*legendRow+legendRow/2
	p.Lines = append(p.Lines, l)
}
