package reports

import "fmt"

// benchmarks writes the run's benchmarks as one more subtest of it: one that was
// measured is ok, whatever it costs.
func (k *ktap) benchmarks(number int, r *Run) {
	costs := costsByName(r)
	k.plan(2, len(r.Benchmarks), "")
	for i := range r.Benchmarks {
		b := &r.Benchmarks[i]
		k.cost(b, costs)
		k.benchmark(i+1, b)
	}
	k.parent(1, number, "benchmarks", benchmarkTotals(r), nil)
}

// cost writes what a benchmark costs, before its result.
func (k *ktap) cost(b *BenchmarkResult, costs map[string]Cost) {
	if c, measured := costs[b.Name]; measured {
		k.line(k.leaf(), "# cost: %s", c.text())
	}
	if refused := refusedText(b.refused()); refused != "" {
		k.line(k.leaf(), "# refused: %s", refused)
	}
}

func (k *ktap) benchmark(number int, b *BenchmarkResult) {
	directive := ""
	v := b.verdict()
	switch v {
	case Pass:
		k.pass++
	case Skipped:
		k.skip++
		directive = fmt.Sprintf("SKIP %s: %s", b.skip().Code, b.skip().Text)
	default:
		k.errors++
		directive = "ERROR " + b.trouble()
	}
	k.result(k.leaf(), number, !v.Bad(), b.Name, directive)
}

// benchmarkTotals counts benchmarks as the verdicts that they stand for.
func benchmarkTotals(r *Run) Totals {
	t := totals(nil)
	for i := range r.Benchmarks {
		t[r.Benchmarks[i].verdict()]++
	}
	return t
}
