package reports

import (
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/reports/stats"
)

// Change is what a comparison says of one benchmark.
type Change string

// The changes, of B against A.
const (
	Slower    Change = "slower"
	Faster    Change = "faster"
	Unchanged Change = "no difference seen"
	Untold    Change = "too few rounds" // nothing can be said
)

// Comparison says what the benchmarks of run B cost against those of run A.
//
// It says slower or faster only of a difference that is significant after correction
// for the number of benchmarks, and larger than both runs could have seen in
// themselves: measuring the same twice shows no difference.
type Comparison struct {
	A, B   *Run
	Paired bool
	Exact  bool // costs are instructions, whose difference is exact
	// Rows has the benchmarks that both runs measured, in the order of A's plan.
	Rows []ComparedCost
	// OnlyA and OnlyB name those that one run alone measured.
	OnlyA, OnlyB []string
	// Shift is the ratio that most benchmarks of unpaired runs share: the machine's, as
	// far as that can be told. It is 1 otherwise.
	Shift float64
	// Warnings say in a line each what else differs between the runs.
	Warnings []string
}

// ComparedCost is one benchmark's costs in both runs.
type ComparedCost struct {
	Name   string
	A, B   Cost
	Ratio  stats.Interval // of B to A
	Pairs  int            // of rounds that are compared; 0 where they are not paired
	P      float64        // how probable so much is by chance, corrected; 1 where that is exact
	Floor  float64        // the smallest relative difference that could have been seen
	Change Change
	quiet  bool // the floor is not known
	boots  bool // what boots differ by is known
}

// Compare compares b with a. Rounds of two runs of one report are paired: they were
// measured in turns, so that what disturbs one disturbs the other.
func Compare(a, b *Run, paired bool) (*Comparison, error) {
	if err := checkComparable(a, b); err != nil {
		return nil, err
	}
	c := &Comparison{A: a, B: b, Paired: paired, Exact: a.measure() == inInstructions, Shift: 1, Warnings: differences(a, b)}
	c.match(a.Costs(), b.Costs())
	if len(c.Rows) == 0 {
		return nil, errors.New("the runs have no benchmark in common")
	}
	if c.Exact {
		for i := range c.Rows {
			c.Rows[i].compareExact()
		}
		return c, nil
	}
	for i := range c.Rows {
		c.Rows[i].compare(paired)
	}
	c.judge()
	return c, nil
}

// checkComparable says why two runs cannot be compared.
func checkComparable(a, b *Run) error {
	for _, r := range []*Run{a, b} {
		if r.unit() == "" {
			return fmt.Errorf("run %q measured nothing", r.Name)
		}
	}
	if ma, mb := a.measure(), b.measure(); ma != mb {
		return fmt.Errorf("costs in %s cannot be compared with costs in %s: run %q %s, run %q %s",
			ma.noun(), mb.noun(), a.Name, ma.cause(), b.Name, mb.cause())
	}
	return nil
}

// noun says what costs are measured in, for the title of an axis and the like.
func (m measure) noun() string {
	switch m {
	case inInstructions:
		return "instructions"
	case inGetppids:
		return "multiples of getppid"
	}
	return "time"
}

func (m measure) cause() string {
	switch m {
	case inInstructions:
		return "ran in exact mode"
	case inGetppids:
		return "ran under an emulator, whose clock tells no time"
	}
	return "told the time"
}

func (c *Comparison) match(a, b []Cost) {
	of := map[string]Cost{}
	for _, cost := range b {
		of[cost.Name] = cost
	}
	for _, cost := range a {
		if other, both := of[cost.Name]; both {
			c.Rows = append(c.Rows, ComparedCost{Name: cost.Name, A: cost, B: other, P: 1, Change: Unchanged})
			delete(of, cost.Name)
		} else {
			c.OnlyA = append(c.OnlyA, cost.Name)
		}
	}
	for _, cost := range b {
		if _, left := of[cost.Name]; left {
			c.OnlyB = append(c.OnlyB, cost.Name)
		}
	}
}

func changeOf(ratio float64) Change {
	if ratio > 1 {
		return Slower
	}
	return Faster
}

// WorstSlowdown returns the benchmark of those slower in B whose cost rose most, and by
// what share of A's; false when none is slower.
func (c *Comparison) WorstSlowdown() (worst ComparedCost, share float64, found bool) {
	for _, row := range c.Rows {
		if row.Change == Slower && (!found || row.Ratio.Center > worst.Ratio.Center) {
			worst, found = row, true
		}
	}
	return worst, worst.Ratio.Center - 1, found
}
