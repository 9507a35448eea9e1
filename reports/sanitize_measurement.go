package reports

import (
	"fmt"
	"math"
	"slices"
)

// What a measurement may hold at most: values of which there are several, how often
// each was measured, how large one is (in nanoseconds, eleven days), and errnos.
const (
	maxValues  = 100_000
	maxCount   = 1_000_000_000
	maxValue   = 1e15
	maxRefused = 64
)

// sanitizeMeasurement returns a measurement without what contradicts it: samples of
// one in error or skipped. The problem says what of it cannot be; then none of it is
// to be believed.
func sanitizeMeasurement(m Measurement) (sane Measurement, problem string) {
	if m.Error != "" || m.Skip != nil {
		m.Values, m.Counts, m.Rate = nil, nil, 0
	}
	if m.Skip != nil && m.Error == "" && !slices.Contains(SkipCodes(), m.Skip.Code) {
		m.Error = fmt.Sprintf("skipped for the unknown reason %q: %s", m.Skip.Code, m.Skip.Text)
	}
	if m.Error != "" {
		m.Skip = nil
	}
	for _, check := range []func(Measurement) string{checkUnit, checkCounts, checkValues, checkRefused} {
		if problem := check(m); problem != "" {
			return m, problem
		}
	}
	if math.IsNaN(m.Rate) || m.Rate < 0 || m.Rate > maxValue {
		return m, fmt.Sprintf("a rate of %v a second cannot be", m.Rate)
	}
	return m, ""
}

func checkUnit(m Measurement) string {
	if len(m.Values) > 0 && m.Unit != Nanoseconds && m.Unit != Instructions {
		return fmt.Sprintf("%q is no unit", m.Unit)
	}
	return ""
}

func checkCounts(m Measurement) string {
	if len(m.Values) != len(m.Counts) {
		return fmt.Sprintf("%d values, but %d counts", len(m.Values), len(m.Counts))
	}
	if len(m.Values) > maxValues {
		return fmt.Sprintf("more than %d different values", maxValues)
	}
	total := 0
	for _, n := range m.Counts {
		if n <= 0 || n > maxCount {
			return fmt.Sprintf("a value was measured %d times", n)
		}
		if total += n; total > maxCount {
			return fmt.Sprintf("more than %d samples", maxCount)
		}
	}
	return ""
}

func checkValues(m Measurement) string {
	for i, v := range m.Values {
		switch {
		case math.IsNaN(v) || v < 0 || v > maxValue:
			return fmt.Sprintf("a value of %v cannot be", v)
		case i > 0 && v <= m.Values[i-1]:
			return "the values do not ascend"
		}
	}
	return ""
}

func checkRefused(m Measurement) string {
	if len(m.Refused) > maxRefused {
		return fmt.Sprintf("refused for more than %d reasons", maxRefused)
	}
	for _, n := range m.Refused {
		if n <= 0 || n > maxCount {
			return fmt.Sprintf("calls were refused %d times", n)
		}
	}
	return ""
}
