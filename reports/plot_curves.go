package reports

import (
	"fmt"

	"github.com/nsconform/nsconform/reports/stats"
)

// curveOf is what curves are drawn of: costs, or how many were done in a second.
type curveOf struct {
	estimate func(Cost) stats.Interval
	title    string
	label    func(float64) string
}

// plotCurves draws the curves, those along the same axis in one picture, and their
// rates in another where they were measured and the clock tells time.
func plotCurves(g costGroups) []*plot {
	var all []*plot
	done := map[string]bool{}
	for _, curve := range g.curves {
		if done[curve.axis] {
			continue
		}
		done[curve.axis] = true
		m := curve.points[0].measure
		cost := curveOf{func(c Cost) stats.Interval { return c.Typical }, m.noun(), m.label}
		all = append(all, plotAxis(g.along(curve.axis, func(Cost) bool { return true }), cost))
		rated := g.along(curve.axis, func(c Cost) bool { return c.rate().Center > 0 })
		if len(rated) > 0 && m == inTime {
			all = append(all, plotAxis(rated, curveOf{Cost.rate, "done in a second by all", tickText}))
		}
	}
	return all
}

// along returns the curves along an axis with those points that are kept.
func (g *costGroups) along(axis string, keep func(Cost) bool) []costCurve {
	var all []costCurve
	for _, curve := range g.curves {
		if curve.axis != axis {
			continue
		}
		kept := costCurve{name: curve.name, axis: axis}
		for _, c := range curve.points {
			if keep(c) {
				kept.points = append(kept.points, c)
			}
		}
		if len(kept.points) > 0 {
			all = append(all, kept)
		}
	}
	return all
}

func plotAxis(curves []costCurve, of curveOf) *plot {
	var xs, ys []float64
	for _, curve := range curves {
		for _, c := range curve.points {
			xs = append(xs, c.X)
			ys = append(ys, of.estimate(c).Lo, of.estimate(c).Hi)
		}
	}
	p := linesPlot(len(curves))
	x, y := newAxis(xs, wide(xs), p.Left+6, p.Right-6), newAxis(ys, wide(ys), p.Bottom, p.Top)
	if !y.log {
		y = y.padded()
	}
	for i, curve := range curves {
		p.addLine(curve.line(i, x, y, of), i)
	}
	along := plotLabel(curves[0].axis)
	p.Title = "By " + along
	p.XTitle, p.YTitle = along+logNote(x.log), of.title+logNote(y.log)+fromZero(y)
	p.X, p.Y = x.ticks(tickText), y.ticks(of.label)
	return p
}

func (curve costCurve) line(i int, x, y axis, of curveOf) plotLine {
	var places [][2]float64
	least := curve.points[0].samples
	l := plotLine{Tip: curve.name, Class: seriesClass(i)}
	for _, c := range thin(curve.points) {
		estimate := of.estimate(c)
		point := plotPoint{X: x.at(c.X), Y: y.at(estimate.Center), Lo: y.at(estimate.Lo), Hi: y.at(estimate.Hi)}
		point.Whiskers, point.Tip = estimate.Known, c.Name+": "+c.text()
		l.Points = append(l.Points, point)
		places = append(places, [2]float64{point.X, point.Y})
		least = min(least, c.samples)
	}
	l.Label = fmt.Sprintf("%s, n %d a point", plotLabel(curve.name), least)
	l.Path = path(places, false)
	return l
}
