package main

import (
	"errors"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm/mutants"
)

// runLiedTo runs specs in a guest whose kernel starts to lie once they are ready
// to begin. An event says how often it lied, or that it cannot.
func runLiedTo(mutant string, c suites.Config) error {
	told := func(g reports.Graded) {
		g.Mutant = mutant
		c.Emit(reports.Event{Type: reports.MutantEnds, Graded: &g})
	}
	if mutant != "" {
		c.Ready = func() error { return mutants.Tell(mutant) }
	}
	err := suites.Run(c)
	if missing := (&mutants.MissingError{}); errors.As(err, &missing) {
		told(reports.Graded{Grade: reports.NotApplicable, Why: missing.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	times, err := mutants.Told()
	if err != nil {
		return err
	}
	told(reports.Graded{Told: &times})
	return nil
}
