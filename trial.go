package main

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/mutants"
)

// trial tries mutants of one kernel: a fresh machine each, restored from one that
// was booted once, and one more without a mutant to compare with.
type trial struct {
	machine  *machine
	mutants  []mutants.Mutant
	allSpecs bool
	parallel int           // machines at once
	limit    time.Duration // for a mutant
	seed     int64
	emit     func(reports.Event)

	module   string                   // the file
	specName func(mark string) string // see [vm.Job]

	sound    map[string]reports.Result // what came of each spec on the kernel as it is
	compared chan struct{}             // closed when sound is whole
}

// prepare builds the module before anything is told.
func (t *trial) prepare(ctx context.Context, out *output) (err error) {
	t.module, err = t.machine.mutantModule(ctx, out)
	return err
}

// mutantModule builds the module that makes the machine's kernel lie.
func (m *machine) mutantModule(ctx context.Context, out *output) (string, error) {
	headers, err := kernels.Headers(ctx, m.kernel, out.findOptions())
	if err != nil {
		return "", err
	}
	cache, err := kernels.CacheDir()
	if err != nil {
		return "", err
	}
	return mutants.Build(ctx, headers, cache, m.progress)
}

// withMutants returns a machine like the given one that loads the module.
func withMutants(config vm.Config, module string) vm.Config {
	config.OwnModule = module
	// The module calls functions that the kernel itself only calls directly, which
	// are no targets where the processor watches (Indirect Branch Tracking).
	config.Parameters = append(slices.Clip(config.Parameters), "ibt=off")
	return config
}

// run is one run of the event stream: the specs on the kernel as it is, and
// what came of each mutant.
func (t *trial) run(ctx context.Context) {
	selection := t.selection(t.mutants...)
	plan := selection.Plan()
	begin := beginning(plan, os.Args[1:])
	begin.Target, begin.Seed = t.machine.name(), t.seed
	begin.Mutants = append(begin.Mutants, reports.Mutant{Name: reports.NoMutant, Lie: "the module alone, without a mutant"})
	for _, m := range t.mutants {
		begin.Mutants = append(begin.Mutants, reports.Mutant{Name: m.Name, Lie: m.Lie, Functions: m.Functions, Requirements: m.Requirements})
	}
	t.sound, t.compared = map[string]reports.Result{}, make(chan struct{})
	s := newSession(t.machine.name(), begin, t.note)
	s.end(t.try(ctx, s, selection, plan).because(ctx))
}

// selection is the specs to run under mutants.
func (t *trial) selection(all ...mutants.Mutant) suites.Selection {
	if t.allSpecs {
		return t.everything()
	}
	return specsOf(all...)
}

// everything is all specs that the machine has the programs for.
func (t *trial) everything() suites.Selection {
	if t.machine.tools == nil {
		return suites.Selection{}.WithTools()
	}
	return suites.Selection{}
}

// specsOf selects the specs of the requirements that mutants break.
func specsOf(all ...mutants.Mutant) suites.Selection {
	var ids []string
	for _, m := range all {
		ids = append(ids, m.Requirements...)
	}
	selection, err := suites.Select(ids...)
	if err != nil {
		panic(err) // a test of ours holds the tables to the catalog
	}
	return selection
}

// try saves the machine and does everything in its copies.
func (t *trial) try(ctx context.Context, s *session, selection suites.Selection, plan []reports.PlannedSpec) ending {
	t.specName = specNames(plan)
	config, err := t.machine.config(s)
	if err != nil {
		return ending{err: err}
	}
	plain := config
	config.Short = true // as are nearly all
	t.machine.save(ctx, withMutants(config, t.module))
	defer t.machine.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var end ending
	tasks := make(chan func())
	var workers sync.WaitGroup
	for range t.parallel {
		workers.Go(func() {
			for task := range tasks {
				task()
			}
		})
	}
	tasks <- func() {
		if end = t.compare(ctx, s, t.job(selection, plan), booting(plain)); end.err != nil {
			stop() // there is nothing to compare with
		}
		close(t.compared)
	}
	tasks <- func() { t.tryNone(ctx, s, t.job(selection, plan)) }
	for _, m := range t.mutants {
		if ctx.Err() != nil {
			break
		}
		tasks <- func() { t.tryMutant(ctx, s, m) }
	}
	close(tasks)
	workers.Wait()
	return end
}

func (t *trial) job(selection suites.Selection, plan []reports.PlannedSpec) job {
	return job{Filter: selection.Filter(), Containers: suites.Containers(plan), Gates: suites.Gates(plan), Seed: t.seed}
}

// compare finds out what comes of each spec on the kernel as it is.
func (t *trial) compare(ctx context.Context, s *session, j job, run runner) ending {
	return t.machine.divide(ctx, j, s, run, [][]int{j.Containers})
}

// note remembers what comes of each spec on the kernel as it is.
func (t *trial) note(e reports.Event) {
	if e.Type == reports.SpecEnds {
		t.sound[e.Result.Spec] = *e.Result // only compare's goroutine does this
	}
	t.emit(e)
}

// tryNone finds out whether the module alone changes any verdict.
func (t *trial) tryNone(ctx context.Context, s *session, j job) {
	begun := t.begin(s, reports.NoMutant)
	a := t.attempt(ctx, "", j, t.limitForAll(), never)
	<-t.compared
	t.end(ctx, s, begun, gradeNone(a, t.sound))
}

// tryMutant runs first the specs of the requirements that a mutant breaks, then,
// if asked for, all.
func (t *trial) tryMutant(ctx context.Context, s *session, m mutants.Mutant) {
	begun := t.begin(s, m.Name)
	selection := specsOf(m)
	plan := selection.Plan()
	if why := t.known(plan); why != "" {
		t.end(ctx, s, begun, reports.Graded{Mutant: m.Name, Grade: reports.NotApplicable, Why: why})
		return
	}
	kills := func(r reports.Result) bool {
		return r.Verdict == reports.Fail && slices.ContainsFunc(plan, func(p reports.PlannedSpec) bool { return p.Name == r.Spec })
	}
	attempts := []*attempt{t.attempt(ctx, m.Name, t.job(selection, plan), t.limit, kills)}
	if t.allSpecs && attempts[0].missing == "" {
		everything := t.everything()
		attempts = append(attempts, t.attempt(ctx, m.Name, t.job(everything, everything.Plan()), t.limitForAll(), never))
	}
	<-t.compared
	t.end(ctx, s, begun, grade(m, plan, t.sound, attempts...))
}

// known says why none of a plan's specs applies to the kernel, if that is the case
// and known already.
func (t *trial) known(plan []reports.PlannedSpec) string {
	select {
	case <-t.compared:
		if grade, why := applicable(plan, t.sound); grade == reports.NotApplicable {
			return why
		}
	default:
	}
	return ""
}

func never(reports.Result) bool { return false }

// limitForAll is for the specs of all mutants, or all specs there are.
func (t *trial) limitForAll() time.Duration { return 10 * t.limit }

func (t *trial) begin(s *session, name string) time.Time {
	s.emit(reports.Event{Type: reports.MutantBegins, Mutant: name})
	return time.Now()
}

// end tells what came of a mutant, unless the user has stopped everything.
func (t *trial) end(ctx context.Context, s *session, begun time.Time, g reports.Graded) {
	if ctx.Err() != nil {
		return
	}
	g.Seconds = time.Since(begun).Seconds()
	s.emit(reports.Event{Type: reports.MutantEnds, Graded: &g})
}
