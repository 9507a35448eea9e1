package reports

import (
	"fmt"
	"slices"
	"strings"
)

// runTable is what ran, a row per run.
type runTable struct {
	Verdicts []Verdict // that any run has
	Rows     []runRow
}

// runRow is what ran, on what, and what came of it.
type runRow struct {
	*Run
	Anchor     string
	Platform   string
	Totals     Totals
	Bar        []barPart
	Skips      string
	Unseen     string // known deviations that were not seen
	Measured   string // how many benchmarks; "" without any
	Trouble    []string
	Reproduced []fact
	Facts      []fact
}

type barPart struct {
	Verdict Verdict
	Count   int
}

// shownVerdicts is the order in which the page counts.
var shownVerdicts = []Verdict{Pass, Fail, Crash, Timeout, XPass, Broken, Known, XFail, Missing, Skipped}

func newRunTable(r *Report) runTable {
	t := runTable{}
	all := totals(nil)
	for i, run := range r.Runs {
		row := newRunRow(run)
		row.Anchor = runAnchor(i)
		t.Rows = append(t.Rows, row)
		all.add(row.Totals)
	}
	for _, v := range shownVerdicts {
		if all[v] > 0 {
			t.Verdicts = append(t.Verdicts, v)
		}
	}
	return t
}

func runAnchor(i int) string { return fmt.Sprintf("run-%d", i+1) }

func newRunRow(run *Run) runRow {
	row := runRow{
		Run: run, Platform: platform(run), Totals: run.Totals(), Skips: skipCounts(run), Unseen: deviationCounts(run.unseen()),
		Trouble: run.troubles(), Reproduced: reproduction(run), Facts: facts(run),
	}
	if len(run.Benchmarks) > 0 {
		row.Measured = benchmarksSummary(run, palette{})
	}
	for _, v := range shownVerdicts {
		if row.Totals[v] > 0 {
			row.Bar = append(row.Bar, barPart{v, row.Totals[v]})
		}
	}
	return row
}

// reproduction is what it takes to run the same again.
func reproduction(r *Run) []fact {
	if r.Begin == nil || len(r.Begin.Args) == 0 {
		return nil
	}
	all := []fact{{"command", commandLine(r.Begin)}, {"nsconform", r.Begin.Version}, {"seed", fmt.Sprint(r.Begin.Seed)}}
	if e := r.Environment; e != nil {
		all = append(all, fact{"kernel", strings.Join(strings.Fields(e.Release+" "+e.Version+" "+e.Machine), " ")})
		if e.VM != nil {
			all = append(all, fact{"image", e.VM.Kernel}, fact{"machine", e.VM.QEMU + ", " + e.VM.Accelerator})
		}
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// commandLine is the command that runs this run alone, in the same order: as it was
// given, but for the other kernels and for the folder of the reports.
func commandLine(b *RunBegin) string {
	var kept []string
	chosen := false // the kernel
	for i := 0; i < len(b.Args); i++ {
		name, _, joined := strings.Cut(b.Args[i], "=")
		if strings.HasPrefix(name, "-k") && name != "-k" {
			name, joined = "-k", true
		}
		if !slices.Contains([]string{"-k", "--kernel", "--kernel-dir", "--report-dir", "--repeat"}, name) {
			kept = append(kept, b.Args[i])
			continue
		}
		chosen = chosen || name != "--report-dir" && name != "--repeat"
		if !joined {
			i++
		}
	}
	if chosen {
		kept = slices.Insert(kept, min(1, len(kept)), "--kernel", b.Target)
	}
	if inOrder := slices.ContainsFunc(kept, func(arg string) bool { return strings.HasPrefix(arg, "--seed") }); !inOrder && b.Seed != 0 && len(kept) > 0 && kept[0] == "test" {
		kept = append(kept, "--seed", fmt.Sprint(b.Seed))
	}
	for i, arg := range kept {
		kept[i] = shellQuoted(arg)
	}
	return "nsconform " + strings.Join(kept, " ")
}

// shellQuoted writes a word as a shell reads it.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+./:,@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
