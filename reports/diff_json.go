package reports

// diffDocument is a comparison as JSON (see [ComparisonSchema]).
type diffDocument struct {
	Schema int               `json:"schema"`
	Runs   []runDiffDocument `json:"runs"`
	OnlyA  []string          `json:"only_a"`
	OnlyB  []string          `json:"only_b"`
}

type runDiffDocument struct {
	A        sideDocument       `json:"a"`
	B        sideDocument       `json:"b"`
	Problem  string             `json:"problem,omitempty"`
	Warnings []string           `json:"warnings"`
	Common   int                `json:"common"`
	Counts   map[ChangeKind]int `json:"counts"`
	Changes  []changeDocument   `json:"changes"`
	Costs    *costsDiffDocument `json:"costs,omitempty"`
}

// sideDocument is a run that was compared.
type sideDocument struct {
	Name    string `json:"name"`
	Release string `json:"release,omitempty"`
	Machine string `json:"machine,omitempty"`
	Totals  Totals `json:"totals"`
}

type changeDocument struct {
	Kind         ChangeKind      `json:"kind"`
	Spec         string          `json:"spec"`
	Topic        string          `json:"topic"`
	Requirements []string        `json:"requirements"`
	Before       *resultDocument `json:"before,omitempty"`
	After        *resultDocument `json:"after,omitempty"`
}

type resultDocument struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"` // a skip's code, a known deviation's id
	Message string  `json:"message,omitempty"`
}

type costsDiffDocument struct {
	Unit       measure            `json:"unit"`
	InTurns    bool               `json:"in_turns"`
	Shift      *float64           `json:"shift,omitempty"`
	Benchmarks []costDiffDocument `json:"benchmarks"`
	OnlyA      []string           `json:"only_a"`
	OnlyB      []string           `json:"only_b"`
	Warnings   []string           `json:"warnings"`
}

type costDiffDocument struct {
	Benchmark string    `json:"benchmark"`
	Change    Change    `json:"change"`
	A         *float64  `json:"a,omitempty"`
	B         *float64  `json:"b,omitempty"`
	Ratio     *float64  `json:"ratio,omitempty"`
	Interval  []float64 `json:"interval,omitempty"`
	Floor     *float64  `json:"floor,omitempty"`
}

func newDiffDocument(d *Diff) diffDocument {
	doc := diffDocument{Schema: Schema, Runs: []runDiffDocument{}, OnlyA: names(d.OnlyA), OnlyB: names(d.OnlyB)}
	for _, run := range d.Runs {
		doc.Runs = append(doc.Runs, newRunDiffDocument(run))
	}
	return doc
}

func newRunDiffDocument(d RunDiff) runDiffDocument {
	doc := runDiffDocument{
		A: newSideDocument(d.A), B: newSideDocument(d.B), Problem: d.Problem, Warnings: append([]string{}, d.Warnings...),
		Common: d.Common, Counts: map[ChangeKind]int{}, Changes: []changeDocument{},
	}
	for _, kind := range ChangeKinds() {
		doc.Counts[kind] = d.Count(kind)
	}
	for _, c := range d.Changes {
		s := c.Result()
		doc.Changes = append(doc.Changes, changeDocument{
			c.Kind, s.Spec, s.Topic, append([]string{}, s.Requirements...), newResultDocument(c.Before), newResultDocument(c.After),
		})
	}
	if d.Costs != nil {
		doc.Costs = newCostsDiffDocument(d.Costs)
	}
	return doc
}

func newSideDocument(r *Run) sideDocument {
	side := sideDocument{Name: r.Name, Totals: r.Totals()}
	if e := r.Environment; e != nil {
		side.Release, side.Machine = e.Release, e.Machine
	}
	return side
}

func newResultDocument(s *SpecResult) *resultDocument {
	if s == nil {
		return nil
	}
	doc := &resultDocument{Verdict: s.Verdict, Reason: s.because()}
	if s.Failure != nil {
		doc.Message = s.Failure.Message
	}
	return doc
}

func newCostsDiffDocument(c *Comparison) *costsDiffDocument {
	doc := &costsDiffDocument{
		Unit: c.A.measure(), InTurns: c.Paired, Shift: number(c.Shift), Benchmarks: []costDiffDocument{},
		OnlyA: append([]string{}, c.OnlyA...), OnlyB: append([]string{}, c.OnlyB...), Warnings: append([]string{}, c.Warnings...),
	}
	for _, row := range c.Rows {
		doc.Benchmarks = append(doc.Benchmarks, costDiffDocument{
			Benchmark: row.Name, Change: row.Change, A: number(row.A.Typical.Center), B: number(row.B.Typical.Center),
			Ratio: number(row.Ratio.Center), Interval: interval(row.Ratio), Floor: number(row.Floor),
		})
	}
	return doc
}

func names(runs []*Run) []string {
	all := []string{}
	for _, r := range runs {
		all = append(all, r.Name)
	}
	return all
}
