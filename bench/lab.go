package bench

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// lab is where one round of an experiment is made. To package harness it is the
// test that owns the subjects.
type lab struct {
	experiment
	scope *harness.Scope
	exact bool
	// patience is how long a program may take.
	patience time.Duration
	// ticks per nanosecond of the cycle counter.
	rate float64

	taken    []harness.Track // by benchmark
	rates    []float64
	refused  map[unix.Errno]int
	trouble  string        // why there are no samples
	skip     *reports.Skip // why there can be none here
	cleanups []func()
}

// measure makes one round of the experiment.
func (l *lab) measure(limits harness.Limits) {
	l.taken, l.rates = make([]harness.Track, len(l.benchmarks)), make([]float64, len(l.benchmarks))
	l.refused, l.patience = map[unix.Errno]int{}, limits.Call
	done := make(chan struct{})
	go func() { // which Fatalf ends
		defer close(done)
		defer l.cleanUp()
		l.scope = harness.NewScope(l, limits)
		l.run(l)
	}()
	<-done
}

func (l *lab) cleanUp() {
	for i := len(l.cleanups) - 1; i >= 0; i-- {
		l.cleanups[i]()
	}
}

// mostExact is how many samples of a benchmark are enough in exact mode, where nearly
// all are the same.
const mostExact = 24

// times is how many samples to take of each benchmark.
func (l *lab) times() int {
	if l.exact {
		return min(max(4, l.experiment.times/5), mostExact)
	}
	return l.experiment.times
}

// subject spawns a subject that stays on one processor and wakes on time. A child that
// it makes waits for its turn (sched(7), SCHED_BATCH): whether it were to run before its
// parent goes on would depend on how long that has run.
func (l *lab) subject(options ...harness.Option) *harness.Subject {
	s := l.scope.Spawn(options...)
	l.must(s.Syscall("prctl", unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, 1, 0, 0, 0))
	l.must(s.Syscall("sched_setscheduler", unix.SYS_SCHED_SETSCHEDULER, 0, unix.SCHED_BATCH, harness.In(make([]byte, 4))))
	var only unix.CPUSet
	only.Set(lastCPU())
	l.must(s.Syscall("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(only), harness.Struct(&only)))
	return s
}

// pause is long enough for the kernel to do what it has put off. Whether that falls
// into a sample or not would depend, in exact mode, on every instruction before.
var pause = harness.Rest(50)

// mostPauses is how many samples are worth a pause each: it takes some milliseconds.
const mostPauses = 60

// perform has the subject run a program. In exact mode it pauses before each sample,
// unless what the kernel has put off is what is measured.
func (l *lab) perform(s *harness.Subject, times int, steps ...harness.Step) *harness.Recorded {
	if l.exact && !l.restless && times <= mostPauses {
		steps = slices.Insert(slices.Clone(steps), 0, pause)
	}
	r, err := s.Run(harness.Program{Steps: steps, Times: times, Limit: l.patience, Sleepless: l.exact})
	if err != nil {
		l.Fatalf("run a program: %v", err)
	}
	l.noRefusals(r)
	if r.Times < times {
		l.Fatalf("only %d of %d samples in %v", r.Times, times, l.patience)
	}
	return r
}

// noRefusals counts the calls that were refused, and ends the round if any was.
func (l *lab) noRefusals(r *harness.Recorded) {
	for errno, n := range r.Refused {
		l.refused[errno] += n
	}
	if len(r.Refused) > 0 {
		l.Fatalf("refused: %s", r.Refusals())
	}
}

// sample has the subject make the steps a few times in vain and then so often as samples
// are taken, and records their streams: the first for the first benchmark, and so on.
func (l *lab) sample(s *harness.Subject, inVain, times int, steps ...harness.Step) *harness.Recorded {
	l.perform(s, inVain, steps...)
	r := l.perform(s, times, steps...)
	for i := range l.benchmarks {
		l.record(i, r.Streams[i])
	}
	return r
}

// record takes the samples of the benchmark numbered i.
func (l *lab) record(i int, t harness.Track) {
	l.taken[i].Ticks = append(l.taken[i].Ticks, t.Ticks...)
}

// must returns what a call that prepares the experiment returns.
func (l *lab) must(result uintptr, err error) uintptr {
	if err != nil {
		l.Fatalf("prepare: %v", err)
	}
	return result
}

// happened ends the round unless what was measured has been seen to happen.
func (l *lab) happened(ok bool, format string, args ...any) {
	if !ok {
		l.Fatalf("what was measured did not happen: "+format, args...)
	}
}

// Helper implements [harness.TB].
func (l *lab) Helper() {}

// Cleanup implements [harness.TB].
func (l *lab) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

// Errorf implements [harness.TB].
func (l *lab) Errorf(format string, args ...any) {
	if l.trouble == "" {
		l.trouble = fmt.Sprintf(format, args...)
	}
}

// Fatalf implements [harness.TB].
func (l *lab) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	runtime.Goexit()
}

// TempDir implements [harness.TB].
func (l *lab) TempDir() string {
	dir, err := os.MkdirTemp("", "nsconform-")
	if err != nil {
		l.Fatalf("make a temporary directory: %v", err)
	}
	l.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// skipFor ends the round: the experiment does not apply here.
func (l *lab) skipFor(code reports.SkipCode, format string, args ...any) {
	l.skip = &reports.Skip{Code: code, Text: fmt.Sprintf(format, args...)}
	runtime.Goexit()
}
