package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
)

// machine is a virtual machine that runs a kernel.
type machine struct {
	kernel      *kernels.Kernel
	accelerator vm.Accelerator
	console     io.Writer
}

func (g machine) name() string { return g.kernel.Name }

func (g machine) run(ctx context.Context, j job, s *session) ending {
	accelerator, _, err := vm.ChooseAccelerator(ctx, g.accelerator)
	if err != nil {
		return ending{err: err}
	}
	self, err := os.Executable()
	if err != nil {
		return ending{err: fmt.Errorf("find this program: %w", err)}
	}
	j.Slowdown = float64(vm.Slowdown(accelerator))
	fmt.Fprintf(g.console, "==> %s\n", s.name)
	var strange error
	outcome, err := vm.Run(ctx, vm.Config{
		Kernel:      g.kernel,
		Init:        self,
		Args:        j.args(),
		Accelerator: accelerator,
		Modules:     s.modules,
		Console:     g.console,
		Booted:      func(b vm.Boot) { s.vm = &b.VM },
		Complaint:   s.complaint,
		Record: func(line []byte) {
			event, err := reports.ParseEvent(line)
			if err != nil {
				strange = err
				return
			}
			s.record(event)
		},
	})
	switch {
	case err != nil:
		return ending{err: err}
	case outcome.How == vm.Finished && outcome.Dropped > 0:
		return ending{err: fmt.Errorf("the guest's records: %d lines were none", outcome.Dropped), verdict: reports.Broken}
	case outcome.How == vm.Finished && strange != nil:
		return ending{err: fmt.Errorf("the guest's records: %w", strange), verdict: reports.Broken}
	case outcome.How == vm.Finished:
		return finished(outcome)
	}
	e := ending{err: fmt.Errorf("%s: %s", outcome.How, outcome.Why), console: outcome.ConsoleTail, verdict: reports.Crash}
	if outcome.How == vm.Hung {
		e.verdict = reports.Timeout
	}
	return e
}

// finished says what the suite process's own end means.
func finished(o *vm.Outcome) ending {
	if o.ExitCode == 0 && o.Signal == 0 {
		return ending{}
	}
	return explainEnding(fmt.Errorf("%s", o.Why), o.ExitCode, o.Output)
}
