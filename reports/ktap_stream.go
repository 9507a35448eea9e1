package reports

import (
	"io"
	"strings"
	"sync"
)

// KTAPStream writes results as KTAP version 1 while they come: a subtest per run, in it
// the specs and mutants in the order in which they end, and the benchmarks at the end.
// Of runs that go on at the same time the first is written as it happens, and the next
// once that has ended: subtests must not mix. It is safe for concurrent use.
type KTAPStream struct {
	mu      sync.Mutex
	w       io.Writer
	err     error // the first that went wrong
	runs    int   // that are to come
	began   bool
	report  Report
	order   []*ktapRun // as they began
	written int        // runs of order that are written to their end
	counts  ktap       // of all runs that have ended
}

// ktapRun is a run on its way.
type ktapRun struct {
	run      *Run
	k        ktap
	told     map[string]bool // specs, and mutants behind a slash
	results  int
	planned  bool
	finished bool
}

// NewKTAPStream returns a stream of so many runs that writes to w. Call Close at the end.
func NewKTAPStream(w io.Writer, runs int) *KTAPStream { return &KTAPStream{w: w, runs: runs} }

// Event writes what e adds.
func (s *KTAPStream) Event(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Apply(e)
	run := s.run(e.Run)
	if run.finished {
		return
	}
	switch {
	case e.Type == RunBegins:
		run.plan()
	case e.Type == SpecEnds && e.Result != nil:
		run.specEnded(e.Result.Spec)
	case e.Type == MutantEnds && e.Graded != nil:
		run.mutantEnded(e.Graded.Mutant)
	case e.Type == RunEnds:
		run.finish(s.place(run))
	}
	s.flush()
}

// Close ends what has not ended, and tells the totals. It returns the first error that
// writing gave.
func (s *KTAPStream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Close()
	for i, run := range s.order {
		if !run.finished {
			run.finish(i + 1)
		}
	}
	s.flush()
	var end ktap
	for n := len(s.order) + 1; n <= s.runs; n++ {
		s.counts.errors++
		end.result(0, n, false, "a run", "ERROR it never began")
	}
	end.totals(&s.counts)
	s.write(end.b.String())
	return s.err
}

func (s *KTAPStream) run(name string) *ktapRun {
	for _, run := range s.order {
		if run.run.Name == name {
			return run
		}
	}
	run := &ktapRun{run: s.report.Run(name), k: ktap{raised: 1}, told: map[string]bool{}}
	s.order = append(s.order, run)
	return run
}

func (s *KTAPStream) place(run *ktapRun) int {
	for i := range s.order {
		if s.order[i] == run {
			return i + 1
		}
	}
	return 0
}

// flush writes what there is of the first run that has not ended, and of those before it.
func (s *KTAPStream) flush() {
	if !s.began {
		s.began = true
		var begin ktap
		begin.plan(0, s.runs, "no run began")
		s.write(begin.b.String())
	}
	for s.written < len(s.order) {
		run := s.order[s.written]
		s.write(run.k.b.String())
		run.k.b = strings.Builder{}
		if !run.finished {
			return
		}
		s.counts.add(&run.k)
		s.written++
	}
}

func (s *KTAPStream) write(text string) {
	if s.err == nil && text != "" {
		_, s.err = io.WriteString(s.w, text)
	}
}

func (r *ktapRun) plan() {
	if !r.planned {
		r.k.plan(1, len(r.run.Results)+len(r.run.Mutants)+len(r.run.Benchmarks), "nothing was planned")
		r.planned = true
	}
}

// specEnded writes the result of a spec, once: a later one, which can only be worse,
// makes the run fail.
func (r *ktapRun) specEnded(name string) {
	s := r.run.Spec(name)
	switch {
	case s == nil:
	case r.told[name]:
		r.k.line(1, "# later: %s: %s", oneLine(name), s.Verdict)
	default:
		r.told[name] = true
		r.results++
		r.k.diagnose(*s, r.run.requirements())
		r.k.spec(r.results, *s)
	}
}

func (r *ktapRun) mutantEnded(name string) {
	if m := r.run.Mutant(name); m != nil && !r.told["/"+name] {
		r.told["/"+name] = true
		r.results++
		for _, d := range r.run.details(*m) {
			r.k.block(d.Title, d.Text)
		}
		r.k.mutant(r.results, *m)
	}
}

// finish writes what never ended, the benchmarks, and the result of the run.
func (r *ktapRun) finish(number int) {
	r.plan()
	for _, s := range r.run.Results {
		if !r.told[s.Spec] {
			r.specEnded(s.Spec)
		}
	}
	for _, m := range r.run.Mutants {
		r.mutantEnded(m.Mutant)
	}
	costs := costsByName(r.run)
	for i := range r.run.Benchmarks {
		r.results++
		r.k.cost(&r.run.Benchmarks[i], costs)
		r.k.benchmark(r.results, &r.run.Benchmarks[i])
	}
	r.k.conclude(number, r.run)
	r.finished = true
}
