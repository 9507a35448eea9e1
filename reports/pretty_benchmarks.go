package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/reports/stats"
)

// benchmarksSummary says how many of the run's benchmarks were measured, and on what.
func benchmarksSummary(r *Run, p palette) string {
	t := benchmarkTotals(r)
	parts := []string{p.paint(verdictColor(Pass), fmt.Sprintf("%d of %s measured", t[Pass], count(len(r.Benchmarks), "benchmark")))}
	if t[Skipped] > 0 {
		parts = append(parts, p.paint(verdictColor(Skipped), fmt.Sprintf("%d skip", t[Skipped])))
	}
	if t.Bad() > 0 {
		parts = append(parts, p.paint(verdictColor(Broken), fmt.Sprintf("%d failed", t.Bad())))
	}
	return strings.Join(parts, "  ")
}

// prettyBench writes what a run's benchmarks were measured on and how finely, and what
// was not measured.
func prettyBench(r *Run, p palette) string {
	var b strings.Builder
	for _, f := range benchFacts(r) {
		fmt.Fprintf(&b, "  %s %s\n", p.paint(faint, fmt.Sprintf("%-8s", f.Name)), oneLine(f.Value))
	}
	for _, line := range skippedBenchmarks(r) {
		fmt.Fprintf(&b, "  skip: %s\n", oneLine(line))
	}
	for _, line := range failedBenchmarks(r) {
		fmt.Fprintf(&b, "  %s %s\n", p.paint(yellow, "error:"), oneLine(line))
	}
	for _, line := range refusedBenchmarks(r) {
		fmt.Fprintf(&b, "  %s\n", oneLine(line))
	}
	if text := floorText(r); text != "" {
		fmt.Fprintf(&b, "  %s\n", text)
	}
	return b.String()
}

// floorText says what difference the run could have seen; "" where nothing was measured.
func floorText(r *Run) string {
	costs := r.Costs()
	switch {
	case r.unit() == "":
		return ""
	case len(costs) == 0:
		return "no costs can be told: an emulator's clock tells multiples of " + simplestCall + ", which was not measured"
	}
	middle, worst, known := floors(costs)
	if !known {
		return "smallest difference that this run could have seen: unknown, there are too few rounds"
	}
	text := fmt.Sprintf("smallest difference that this run could have seen: %s (median of all benchmarks), %s (the worst, %s)", percent(middle), percent(worst.Floor), oneLine(worst.Name))
	if same, boots := sameInAllBoots(costs); costs[0].measure == inInstructions && boots > 1 {
		text += fmt.Sprintf("; %d of %d have the same median in %d boots", same, len(costs), boots)
	}
	return text
}

// sameInAllBoots counts the costs that no boot differs in, and the boots.
func sameInAllBoots(costs []Cost) (same, boots int) {
	for _, c := range costs {
		if c.repeats {
			same++
		}
		boots = max(boots, len(stats.Boots(c.rounds)))
	}
	return same, boots
}

// skippedBenchmarks has a line per reason.
func skippedBenchmarks(r *Run) []string {
	by := map[string][]string{}
	for i := range r.Benchmarks {
		if skip := r.Benchmarks[i].skip(); skip != nil {
			reason := fmt.Sprintf("%s: %s", skip.Code, skip.Text)
			by[reason] = append(by[reason], r.Benchmarks[i].Name)
		}
	}
	var all []string
	for _, reason := range slices.Sorted(maps.Keys(by)) {
		all = append(all, fmt.Sprintf("%s (%s)", reason, strings.Join(by[reason], ", ")))
	}
	return all
}

// failedBenchmarks has a line for each that was not measured as planned; those that
// the run did not come to only when they are few.
func failedBenchmarks(r *Run) []string {
	var all, missing []string
	for i := range r.Benchmarks {
		b := &r.Benchmarks[i]
		switch text := b.Name + ": " + b.trouble(); b.verdict() {
		case Broken:
			all = append(all, text)
		case Missing:
			missing = append(missing, text)
		}
	}
	if len(missing) > fewMissing {
		missing = []string{fmt.Sprintf("%d benchmarks were not measured as planned", len(missing))}
	}
	return append(all, missing...)
}

// refusedBenchmarks has a line for each that was measured although calls were refused.
func refusedBenchmarks(r *Run) []string {
	var all []string
	for i := range r.Benchmarks {
		b := &r.Benchmarks[i]
		if refused := refusedText(b.refused()); refused != "" && b.measured() {
			all = append(all, fmt.Sprintf("refused: %s: %s", b.Name, refused))
		}
	}
	return all
}
