package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
)

// machine is a virtual machine that runs a kernel.
type machine struct {
	kernel      *kernels.Kernel
	tools       *kernels.Tools
	init        string   // the program that runs in it
	parameters  []string // of the kernel, besides those that it always has
	accelerator vm.Accelerator
	why         string // this accelerator
	console     io.Writer
	progress    func(line string)
	// again says that there is more than one run, and slots how many machines may be
	// up at once; copies runs those of this kernel then.
	again  bool
	slots  slots
	copies runner
	free   func()
}

func (m *machine) name() string { return m.kernel.Name }

func (m *machine) run(ctx context.Context, j job, s *session) ending {
	n := worthwhile(cap(m.slots), len(s.plan))
	run := m.copies
	if run == nil {
		config, err := m.config(s)
		if err != nil {
			return ending{err: err}
		}
		if run = m.bootingFirst(config); m.again || n > 1 {
			if err := m.slots.take(ctx); err != nil {
				return ending{err: err}
			}
			m.save(ctx, config)
			m.slots.free()
			run = m.copies
		}
	}
	return m.divide(ctx, j, s, m.slots.hold(run), suites.Divide(s.plan, n))
}

// divide runs a session in a machine for each part.
func (m *machine) divide(ctx context.Context, j job, s *session, run runner, parts [][]int) ending {
	j.Slowdown = float64(vm.Slowdown(m.accelerator))
	return s.divide(ctx, parts, func(p *part) ending {
		j := p.job(j)
		var said bytes.Buffer // not among what the others say
		defer said.WriteTo(m.console)
		fmt.Fprintf(&said, "==> %s\n", p.title())
		return m.runOn(ctx, run, j, p, &said)
	})
}

// config is the machine that a session's specs need.
func (m *machine) config(s *session) (vm.Config, error) {
	return vm.Config{Kernel: m.kernel, Tools: m.tools, Init: m.init, Accelerator: m.accelerator, Short: s.short(), Modules: s.modules, Parameters: m.parameters}, nil
}

// runner runs a job in a machine: one that it boots, or one that it restores.
type runner func(context.Context, vm.Job) (*vm.Outcome, error)

func booting(config vm.Config) runner {
	return func(ctx context.Context, work vm.Job) (*vm.Outcome, error) { return vm.Run(ctx, config, work) }
}

// bootingFirst boots the machine, and saves it if that has to be done again: each
// time from then on takes a fraction. It is for one run after the other.
func (m *machine) bootingFirst(config vm.Config) runner {
	boot, again := booting(config), false
	return func(ctx context.Context, work vm.Job) (*vm.Outcome, error) {
		if again && m.copies == nil {
			m.save(ctx, config)
			boot = m.copies
		}
		again = true
		return boot(ctx, work)
	}
}

// save boots the machine once for many jobs. Where it cannot be saved it is
// booted for each.
func (m *machine) save(ctx context.Context, config vm.Config) {
	snapshot, err := vm.Save(ctx, config)
	if err != nil {
		if ctx.Err() == nil {
			m.progress(fmt.Sprintf("the machine is booted for each run: %v", err))
		}
		m.copies = booting(config)
		return
	}
	m.copies, m.free = snapshot.Run, snapshot.Close
}

// close frees what save has kept.
func (m *machine) close() {
	if m.free != nil {
		m.free()
	}
}

// runOn runs a part of a session.
func (m *machine) runOn(ctx context.Context, run runner, j job, p *part, console io.Writer) ending {
	// The guest gives up on a spec before.
	return m.runArgs(ctx, run, j.args(), suites.SpecLimit(j.Chance)+15*time.Second, p, console)
}

// runArgs runs a process with these arguments, which tells something at least once in
// the given time.
func (m *machine) runArgs(ctx context.Context, run runner, args []string, silence time.Duration, p *part, console io.Writer) ending {
	return run.events(ctx, args, vm.Job{
		SilenceDeadline: silence,
		SpecName:        specNames(p.session.plan),
		Console:         console,
		Booted: func(b vm.Boot) {
			b.VM.Why = m.why // vm knows only that it was asked for
			p.booted(b.VM)
		},
		Complaint: p.complaint,
	}, p.record)
}

// specNames returns the function that tells the names of specs by their marks.
func specNames(plan []reports.PlannedSpec) func(mark string) string {
	names := make(map[string]string, len(plan))
	for _, s := range plan {
		names[spec.Mark(s.Name)] = s.Name
	}
	return func(mark string) string { return names[mark] }
}

// events runs a process with these arguments and hands its events to record.
func (run runner) events(ctx context.Context, args []string, work vm.Job, record func(reports.Event)) ending {
	var strange error
	work.Args = args
	work.Record = func(line []byte) {
		event, err := reports.ParseEvent(line)
		if err != nil {
			strange = err
			return
		}
		record(event)
	}
	outcome, err := run(ctx, work)
	if err != nil {
		return ending{err: err}
	}
	return judge(outcome, strange)
}

// judge says what a machine's end means for the run; strange is what is wrong
// with the records that came.
func judge(o *vm.Outcome, strange error) ending {
	if o.How == vm.Finished {
		if o.Dropped > 0 {
			strange = fmt.Errorf("%d lines were none", o.Dropped)
		}
		if strange != nil {
			return ending{err: fmt.Errorf("the guest's records: %w", strange), verdict: reports.Broken}
		}
		if o.ExitCode == 0 && o.Signal == 0 {
			return ending{}
		}
		return explainEnding(fmt.Errorf("%s", o.Why), o.ExitCode, o.Output)
	}
	end := ending{err: fmt.Errorf("%s: %s", o.How, o.Why), console: o.ConsoleTail, spec: o.Spec, verdict: reports.Broken}
	switch o.How {
	case vm.GuestCrashed:
		end.verdict = reports.Crash
	case vm.Hung:
		end.verdict = reports.Timeout
	case vm.QEMUDied:
		end.chance = true // somebody may have killed it
	}
	return end
}
