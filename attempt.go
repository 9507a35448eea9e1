package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm"
)

// attempt is one run of specs under a mutant, as far as it got.
type attempt struct {
	results []reports.Result
	told    *uint64
	missing string // why the kernel cannot lie so
	crash   []string
	ending  ending
}

// patience is how long a mutant that has been killed is left to go on, so that
// more specs show; a lying kernel may hang.
const patience = 2 * time.Second

// haste scales the deadlines of specs under a mutant. Where a lie keeps something
// from ever happening these decide how long it takes to see that; where they are
// too short, the run of the module alone shows it.
const haste = 0.5

var errEnough = errors.New("killed, and what it does since takes too long")

// attempt runs specs in a fresh copy of the machine, under a mutant; kills says
// which results suffice.
func (t *trial) attempt(ctx context.Context, name string, j job, limit time.Duration, kills func(reports.Result) bool) *attempt {
	ctx, cancelAll := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took longer than %v (--limit)", limit))
	defer cancelAll()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attempt{}
	var console bytes.Buffer // not among what the others say
	defer console.WriteTo(t.machine.console)
	fmt.Fprintf(&console, "==> %s, mutant %s\n", t.machine.name(), name)
	j.Slowdown, j.Mutant = haste, &name
	a.ending = t.machine.copies.events(ctx, j.args(), vm.Job{
		SilenceDeadline: suites.SpecLimit(j.Chance) + 5*time.Second,
		SpecName:        t.specName,
		Console:         &console,
		Complaint: func(c reports.Complaint) {
			if c.Fatal && a.crash == nil {
				a.crash = c.Lines
			}
		},
	}, func(e reports.Event) {
		switch {
		case e.Type == reports.SpecEnds && e.Result != nil:
			a.results = append(a.results, *e.Result)
			if kills(*e.Result) {
				time.AfterFunc(patience, func() { cancel(errEnough) })
			}
		case e.Type == reports.MutantEnds && e.Graded != nil:
			a.told = e.Graded.Told
			if e.Graded.Grade == reports.NotApplicable {
				a.missing = e.Graded.Why
			}
		}
	})
	if cause := context.Cause(ctx); cause != nil && a.ending.err != nil {
		a.ending.err = cause
	}
	return a
}
