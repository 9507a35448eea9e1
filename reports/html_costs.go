package reports

import (
	"fmt"
	"strconv"
	"strings"
)

// costSection is what a run's benchmarks cost, as the page shows it.
type costSection struct {
	Run, Legend string
	Summary     string
	Floor       string
	Facts       []fact
	Problems    []string
	Kinds       []string
	Phases      []costRow
	Groups      []costList
	Plots       []*plot // over the full width
	Small       []plotGroup
}

// costRow is a row of a table, a cell per column.
type costRow struct {
	Name  string
	Cells []costCell
}

type costCell struct{ Column, Text, Tip string }

// costList is a table of benchmarks that no kinds go with.
type costList struct {
	Name   string
	Rows   []costRow
	Folded bool // there is a picture of it
}

// plotGroup is a set of small pictures under one heading.
type plotGroup struct {
	Title, Note string
	Plots       []*plot
}

func newCostSections(r *Report) []costSection {
	var all []costSection
	for _, run := range r.Runs {
		if len(run.Benchmarks) > 0 {
			all = append(all, newCostSection(run))
		}
	}
	return all
}

func newCostSection(r *Run) costSection {
	s := costSection{Run: r.Name, Summary: benchmarksSummary(r, palette{}), Floor: floorText(r), Facts: benchFacts(r)}
	for _, line := range failedBenchmarks(r) {
		s.Problems = append(s.Problems, "error: "+line)
	}
	for _, line := range skippedBenchmarks(r) {
		s.Problems = append(s.Problems, "skip: "+line)
	}
	s.Problems = append(s.Problems, refusedBenchmarks(r)...)
	costs := r.Costs()
	if len(costs) == 0 {
		return s
	}
	g := groupCosts(costs)
	s.Legend, s.Kinds = costs[0].measure.legend(), g.kinds()
	for _, phase := range g.phases {
		s.Phases = append(s.Phases, phaseRow(phase, s.Kinds))
	}
	for _, group := range g.groups {
		s.Groups = append(s.Groups, newCostList(group.name, group.costs))
	}
	for _, curve := range g.curves {
		list := newCostList(curve.name, curve.points)
		list.Folded = true
		s.Groups = append(s.Groups, list)
	}
	s.addPlots(g)
	return s
}

func (s *costSection) addPlots(g costGroups) {
	if p := plotPhases(g); p != nil {
		s.Plots = append(s.Plots, p)
	}
	if ecdfs := plotECDFs(g); len(ecdfs) > 0 {
		s.Small = append(s.Small, plotGroup{"Distributions by kind", "The share of all samples that cost no more; the axis holds all but the outermost thousandth.", ecdfs})
	}
	if curves := plotCurves(g); len(curves) > 0 {
		s.Small = append(s.Small, plotGroup{"Curves", "Medians of the rounds with their 95 % intervals.", curves})
	}
}

func phaseRow(phase costPhase, kinds []string) costRow {
	row := costRow{Name: phase.name}
	for _, kind := range kinds {
		c, has := phase.byKind[kind]
		if !has {
			row.Cells = append(row.Cells, costCell{kind, "–", "not measured"})
			continue
		}
		row.Cells = append(row.Cells, costCell{kind, c.measure.text(c.Typical.Center), c.tip()})
	}
	return row
}

// tip says all that is known of a cost.
func (c Cost) tip() string {
	text := fmt.Sprintf("%s\n%s\n%s", c.Name, c.Timed, c.text())
	if multiple := multipleText(c); multiple != "?" {
		text += "\n" + multiple + " times getppid"
	}
	if c.FloorKnown {
		text += "\nsmallest difference that could have been seen: " + percent(c.Floor)
	}
	return text
}

func newCostList(name string, costs []Cost) costList {
	list := costList{Name: name}
	for _, c := range costs {
		m := c.measure
		list.Rows = append(list.Rows, costRow{strings.TrimPrefix(c.Name, name+"/"), []costCell{
			{"p50", m.text(c.Typical.Center), c.tip()},
			{"95 % interval", plusMinusText(c), ""},
			{"p90", m.text(c.P90), ""},
			{"p99", m.text(c.P99), ""},
			{"x getppid", multipleText(c), ""},
			{"n", strconv.Itoa(c.samples), ""},
		}})
	}
	return list
}

func plusMinusText(c Cost) string {
	if !c.Typical.Known {
		return "?"
	}
	return c.measure.text(c.Typical.Lo) + " – " + c.measure.text(c.Typical.Hi)
}
