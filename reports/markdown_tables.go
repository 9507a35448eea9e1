package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// short cuts a name to what a cell has room for.
func short(name string) string { return truncate(oneLine(name), widestName) }

func markdownName(name string) string { return markdownText(short(name)) }

// markdownTotals writes a row a run: what it ran on, how many specs came to which
// verdict, and how many mutants and benchmarks, where there are any.
func markdownTotals(r *Report) string {
	all := totals(nil)
	mutants, benchmarks := false, hasBenchmarks(r)
	for _, run := range r.Runs {
		all.add(run.Totals())
		mutants = mutants || len(run.Mutants) > 0
	}
	titles := []string{"kernel", "release"}
	var columns []Verdict
	for _, v := range []Verdict{Pass, Skipped, Fail, XPass, Known, XFail, Broken, Timeout, Crash, Missing} {
		if always := (v == Pass || v == Skipped || v == Fail) && !onlyMeasures(r); all[v] > 0 || always {
			columns = append(columns, v)
			titles = append(titles, string(v))
		}
	}
	if mutants {
		titles = append(titles, "mutants killed")
	}
	if benchmarks {
		titles = append(titles, "benchmarks measured")
	}
	var b strings.Builder
	markdownHead(&b, append(titles, "time")...)
	for _, run := range r.Runs {
		row := []string{markdownName(run.Name), markdownName(platform(run))}
		for _, v := range columns {
			row = append(row, strconv.Itoa(run.Totals()[v]))
		}
		if score := run.Score(); mutants {
			row = append(row, fmt.Sprintf("%d of %d", score.Killed, score.Applicable))
		}
		if benchmarks {
			row = append(row, fmt.Sprintf("%d of %d", benchmarkTotals(run)[Pass], len(run.Benchmarks)))
		}
		time := ""
		if run.End != nil {
			time = duration(run.End.Seconds)
		}
		markdownRow(&b, append(row, time)...)
	}
	return b.String() + "\n"
}

// markdownTopics writes a row a topic and a column a run: how many of its specs held, or
// how many did not.
func markdownTopics(r *Report) string {
	topics := map[string]bool{}
	for _, run := range r.Runs {
		for _, topic := range run.Topics() {
			topics[topic] = true
		}
	}
	if len(topics) == 0 {
		return ""
	}
	titles := []string{"topic"}
	var byTopic []map[string]Totals
	for _, run := range r.Runs {
		titles = append(titles, markdownName(run.Name))
		of := map[string]Totals{}
		for _, s := range run.Results {
			if of[s.Topic] == nil {
				of[s.Topic] = Totals{}
			}
			of[s.Topic][s.Verdict]++
		}
		byTopic = append(byTopic, of)
	}
	var b strings.Builder
	markdownHead(&b, titles...)
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		row := []string{markdownName(topic)}
		for _, of := range byTopic {
			row = append(row, markdownCell(of[topic]))
		}
		markdownRow(&b, row...)
	}
	return b.String() + "\n" + markdownLegend(r) + "\n"
}

// markdownCell says the worst of a topic's verdicts and how many there are of it, and
// how many specs held.
func markdownCell(t Totals) string {
	var parts []string
	for _, v := range Verdicts() {
		if t[v] > 0 && v != Skipped {
			parts = append(parts, fmt.Sprintf("%s %d", glyph(v), t[v]))
		}
	}
	if len(parts) == 0 && t[Skipped] > 0 {
		return glyph(Skipped)
	}
	return strings.Join(parts, " ")
}

// markdownLegend says what the glyphs of the table mean.
func markdownLegend(r *Report) string {
	all := totals(nil)
	for _, run := range r.Runs {
		all.add(run.Totals())
	}
	var parts []string
	for _, v := range slices.Backward(Verdicts()) {
		switch {
		case v == Skipped && all[v] > 0:
			parts = append(parts, glyph(v)+" nothing applies")
		case all[v] > 0:
			parts = append(parts, glyph(v)+" "+string(v))
		}
	}
	return strings.Join(parts, ", ") + "; skipped specs are not counted\n"
}
