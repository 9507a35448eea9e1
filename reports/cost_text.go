package reports

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nsconform/nsconform/reports/stats"
)

// text writes a cost: "1.34 us", "1544" instructions, "x 12.3" getppids.
func (m measure) text(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case m == inInstructions:
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	case m == inGetppids:
		return "x " + significant(v)
	}
	return nanoseconds(v)
}

// nanoseconds writes a time with three significant digits: "342 ns", "1.34 us".
func nanoseconds(v float64) string {
	units := []string{"ns", "us", "ms", "s"}
	i := 0
	for v >= 999.5 && i < len(units)-1 {
		v /= 1000
		i++
	}
	return significant(v) + " " + units[i]
}

// significant writes a number with three significant digits, without an exponent:
// 0.123, 1.23, 12.3, 123, 1230.
func significant(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	v = rounded(v, 3)
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(0, decimals), 12), 64)
}

// rounded returns v to so many significant digits.
func rounded(v float64, digits int) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	return v
}

// percent writes a share: "0.34 %", "12 %".
func percent(share float64) string {
	v := 100 * share
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "? %"
	case v == 0:
		return "0 %"
	case math.Abs(v) < .01:
		return "<0.01 %"
	case math.Abs(v) > 1e4:
		return ">10000 %"
	case math.Abs(v) < 10:
		return strconv.FormatFloat(v, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " %"
}

// intervalText writes an estimate with its interval: "1.34 us [1.33 us, 1.36 us]".
func (m measure) intervalText(i stats.Interval) string {
	if !i.Known {
		return m.text(i.Center)
	}
	return fmt.Sprintf("%s [%s, %s]", m.text(i.Center), m.text(i.Lo), m.text(i.Hi))
}

// text says in one line what a benchmark costs.
func (c Cost) text() string {
	unit := ""
	switch c.measure {
	case inInstructions:
		unit = " instructions"
	case inGetppids:
		unit = " getppid"
	}
	return fmt.Sprintf("%s%s  p90 %s  p99 %s  n %d", c.measure.intervalText(c.Typical), unit, c.measure.text(c.P90), c.measure.text(c.P99), c.samples)
}
