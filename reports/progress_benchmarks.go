package reports

import (
	"fmt"
	"time"
)

// fewMeasured is how many measurements have to have come before the time left can be
// told from them.
const fewMeasured = 20

// benchmarksDone counts the measurements that came and all that are planned, of every
// run: kernels that are compared take turns. A benchmark that does not apply, or that
// cannot be measured, takes one.
func benchmarksDone(r *Report) (done, all int) {
	for _, run := range r.Runs {
		for i := range run.Benchmarks {
			b := &run.Benchmarks[i]
			n := len(b.Measurements)
			done += n
			if run.End != nil || b.skip() != nil {
				all += n
			} else {
				all += b.Planned
			}
		}
	}
	return done, all
}

// benchTimeLeft estimates how long the remaining measurements of all runs take. It
// goes by how many came since the first run that measures began, boots included.
func benchTimeLeft(r *Report) (left time.Duration, known bool) {
	var began, last time.Time
	for _, run := range r.Runs {
		if len(run.Benchmarks) == 0 {
			continue
		}
		if began.IsZero() || run.Began.Before(began) {
			began = run.Began
		}
		if run.bench.last.After(last) {
			last = run.bench.last
		}
	}
	done, all := benchmarksDone(r)
	elapsed := last.Sub(began)
	if done < fewMeasured || done >= all || elapsed <= 0 || began.IsZero() {
		return 0, false
	}
	return time.Duration(elapsed.Seconds() / float64(done) * float64(all-done) * float64(time.Second)), true
}

// benchmarksProgress says how far the measurements of all runs are, and how many
// benchmarks failed: "130/3400 measured".
func benchmarksProgress(r *Report) string {
	done, all := benchmarksDone(r)
	text := fmt.Sprintf("%d/%d measured", done, all)
	failed := 0
	for _, run := range r.Runs {
		for i := range run.Benchmarks {
			if run.Benchmarks[i].failed() {
				failed++
			}
		}
	}
	if failed > 0 {
		text += fmt.Sprintf("  %d failed", failed)
	}
	return text
}
