package reports

import (
	"fmt"
	"time"
)

// failedBefore reports whether the benchmark that e measures is known to have failed.
func (t *Terminal) failedBefore(e Event) bool {
	run := t.report.Run(e.Run)
	if run == nil || e.Measurement == nil {
		return false
	}
	b := run.Benchmark(e.Measurement.Benchmark)
	return b != nil && (b.failed() || b.skip() != nil)
}

// measured shows, once, that a benchmark could not be measured; with Verbose also that
// it does not apply, and what it costs when its last round came.
func (t *Terminal) measured(r *Run, m Measurement, seen bool) {
	b := r.Benchmark(m.Benchmark)
	switch {
	case b == nil || seen:
	case b.failed():
		t.print(t.benchmarkLine(r, Broken, b.Name, b.trouble()))
	case t.opts.Verbose && b.skip() != nil:
		t.print(t.benchmarkLine(r, Skipped, b.Name, fmt.Sprintf("%s: %s", b.skip().Code, b.skip().Text)))
	case t.opts.Verbose && len(b.Measurements) == b.Planned:
		c := r.cost(b, r.medians(r.Benchmark(simplestCall)))
		t.print(t.benchmarkLine(r, Pass, b.Name, c.text()))
	}
}

func (t *Terminal) benchmarkLine(r *Run, v Verdict, name, what string) string {
	return fmt.Sprintf("%s  %s  benchmark: %s: %s\n", t.colors.paint(verdictColor(v), string(v)), oneLine(r.Name), oneLine(name), oneLine(what))
}

// benchProgress writes a line now and then where none can be updated in place. It goes
// by the stream's time.
func (t *Terminal) benchProgress(r *Run, now time.Time) {
	if t.line != nil || now.Sub(t.told) < progressLines {
		return
	}
	t.told = now
	text := benchmarksProgress(&t.report)
	if left, known := benchTimeLeft(&t.report); known {
		text += "  ~" + clock(left) + " left"
	}
	t.print(oneLine(r.Name) + "  " + text + "\n")
}
