package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/reports/stats"
)

// plot is a picture, as the template draws it.
type plot struct {
	Title, Note    string
	W, H           float64
	Left, Right    float64 // of the area where values are
	Top, Bottom    float64
	X, Y           []tick
	XTitle, YTitle string
	Rows           []plotRow
	Lines          []plotLine
	One            float64 // where a ratio of 1 is; 0 where there is no such
}

// plotRow is a category with an estimate: a median, its interval as whiskers, and what
// it is the median of.
type plotRow struct {
	Label, Tip     string
	Head           bool // a heading without an estimate
	Class          string
	Y              float64
	At, Lo, Hi     float64
	Whiskers       bool
	Points         []float64
	Band           bool // what is no difference yet, from BandLo to BandHi
	BandLo, BandHi float64
}

// plotLine is a line with its name in the legend.
type plotLine struct {
	Label, Tip string
	Class      string // "s0" to "s8": colour and dashes
	Path       string
	Points     []plotPoint
	LegendX    float64
	LegendY    float64
}

// plotPoint is a place on a line with its interval.
type plotPoint struct {
	X, Y, Lo, Hi float64
	Whiskers     bool
	Tip          string
}

// Sizes of pictures in pixels.
const (
	plotWidth   = 720
	rowHeight   = 16
	labelWidth  = 170
	axisHeight  = 40
	smallWidth  = 350
	smallHeight = 200
	legendRow   = 15
	plotPadding = 14
)

// series is how many lines can be told apart.
const series = 9

func seriesClass(i int) string { return "s" + strconv.Itoa(i%series) }

// mostPoints is how many of a row's or line's points are drawn at most.
const mostPoints = 200

// thin keeps at most mostPoints values, evenly.
func thin[T any](all []T) []T {
	if len(all) <= mostPoints {
		return all
	}
	kept := make([]T, mostPoints)
	for i := range kept {
		kept[i] = all[i*(len(all)-1)/(mostPoints-1)]
	}
	return kept
}

// place puts an estimate into a row.
func (row *plotRow) place(i stats.Interval, x axis) {
	row.At, row.Lo, row.Hi = x.at(i.Center), x.at(i.Lo), x.at(i.Hi)
	row.Whiskers = i.Known
}

// path writes the steps or the straight lines between places.
func path(places [][2]float64, steps bool) string {
	var b strings.Builder
	for i, p := range places {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%s %s", pixel(p[0]), pixel(p[1]))
		case steps:
			fmt.Fprintf(&b, "H%sV%s", pixel(p[0]), pixel(p[1]))
		default:
			fmt.Fprintf(&b, "L%s %s", pixel(p[0]), pixel(p[1]))
		}
	}
	return b.String()
}

func pixel(v float64) string { return strconv.FormatFloat(math.Round(10*v)/10, 'f', -1, 64) }

// wide reports whether positive values are so far apart that only a logarithmic axis
// shows them all.
func wide(values []float64) bool {
	positive := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) })
	return len(positive) > 0 && len(positive) == len(values) && slices.Max(positive) > 10*slices.Min(positive)
}

// plotLabel cuts a name to what there is room for.
func plotLabel(name string) string { return truncate(oneLine(name), 48) }

// fromZero says that an axis does not begin at zero where one might think so.
func fromZero(a axis) string {
	if a.log || a.lo <= 0 {
		return ""
	}
	return ", not from 0"
}

func logNote(log bool) string {
	if log {
		return ", logarithmic"
	}
	return ""
}

// Middle is the middle of the area where values are.
func (p *plot) Middle() float64 { return math.Round((p.Left + p.Right) / 2) }

// LegendEnd is where the sample of a line in the legend ends.
func (l plotLine) LegendEnd() float64 { return l.LegendX + 28 }

// BandWidth is how wide the band is of what is no difference yet.
func (row plotRow) BandWidth() string { return pixel(max(0, row.BandHi-row.BandLo)) }
