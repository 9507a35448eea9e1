package reports

import (
	"fmt"
	"strconv"
)

// junitBenchmarks makes a testsuite of a run's benchmarks: one that was measured
// passes, with its costs as properties.
func junitBenchmarks(r *Run) junitSuite {
	suite := junitSuite{Name: oneLine(r.Name + "/benchmarks"), Properties: junitEnvironment(r), Timestamp: junitTimestamp(r)}
	costs := costsByName(r)
	for i := range r.Benchmarks {
		c := junitBenchmark(&r.Benchmarks[i])
		if cost, measured := costs[r.Benchmarks[i].Name]; measured {
			c.Properties = append(c.Properties, junitCost(cost)...)
		}
		c.Class = suite.Name
		suite.add(c)
	}
	suite.Time = junitSeconds(0)
	return suite
}

func junitBenchmark(b *BenchmarkResult) junitCase {
	c := junitCase{Name: oneLine(b.Name), Time: junitSeconds(0)}
	c.Properties = append(c.Properties, junitProperty{"timed", oneLine(b.Timed)})
	if refused := refusedText(b.refused()); refused != "" {
		c.Properties = append(c.Properties, junitProperty{"refused", refused})
	}
	switch v := b.verdict(); v {
	case Pass:
	case Skipped:
		c.Skipped = &junitMessage{Message: oneLine(fmt.Sprintf("%s: %s", b.skip().Code, b.skip().Text))}
	default:
		c.Error = &junitMessage{Type: string(v), Message: oneLine(firstLine(b.trouble())), Text: visible(b.trouble())}
	}
	return c
}

func junitCost(c Cost) []junitProperty {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	return []junitProperty{
		{"unit", string(c.measure)},
		{"p50", number(c.Typical.Center)},
		{"p90", number(c.P90)},
		{"p99", number(c.P99)},
		{"samples", strconv.Itoa(c.samples)},
		{"rounds", strconv.Itoa(len(c.rounds))},
	}
}
