package bench

import (
	"fmt"
	"runtime"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// window is how long processes work side by side, at least: some turns of the
// scheduler where they share a processor.
const window = 15 * time.Millisecond

// mostProcesses is the longest side-by-side that there is, whatever the machine.
const mostProcesses = 32

// sideBySide measure processes that make namespaces at the same time, each dropping
// the one it made before: what the calls take, and how many are done in a second by
// all together.
func sideBySide() []experiment {
	var all []experiment
	for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.Cgroup} {
		for n := 1; n <= mostProcesses; n *= 2 {
			all = append(all, experiment{
				benchmarks: []reports.PlannedBenchmark{point("processes/"+string(kind), "processes", "n", n, kind,
					fmt.Sprintf("unshare(%s), which drops the one before, in %d processes at the same time", nsutil.FlagString(kind.Flag()), n))},
				needs:     []nsutil.Feature{kind.Feature(), nsutil.Clone3},
				timely:    true,
				processes: n,
				times:     30,
				run:       func(l *lab) { l.churnTogether(kind, n) },
			})
		}
	}
	return all
}

// crowded reports whether so many processes are more than two for each processor.
func crowded(n int) bool { return n > 2*runtime.NumCPU() }

func (l *lab) churnTogether(kind nsutil.Kind, n int) {
	if crowded(n) {
		l.skipFor(reports.SkipResource, "%d processes are more than two for each processor of %d", n, runtime.NumCPU())
	}
	l.keepsUp(kind)
	churn := own(unshare(kind.Flag()), 1)
	var subjects []*harness.Subject
	var took uint64
	for range n {
		s := l.scope.Spawn() // which may run on any processor
		l.must(s.Syscall("prctl", unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, 1, 0, 0, 0))
		warm := l.perform(s, 3, churn).Of(1)
		took = max(took, (warm.To-warm.From)/3)
		subjects = append(subjects, s)
	}
	perMicro := harness.TicksPerMicrosecond()
	long := time.Duration(uint64(l.times())*took/perMicro) * time.Microsecond
	long = min(max(long, window), 20*window)
	var tracks []harness.Track
	for range 3 {
		if tracks = l.together(subjects, long, harness.Await(0), churn); overlap(tracks) {
			break
		}
		long *= 2 // somebody else had the processors
	}
	l.happened(overlap(tracks), "one process had ended when another began")
	var ids []nsutil.ID
	for _, s := range subjects {
		ids = append(ids, l.ns(s, kind))
	}
	l.allNew(kind, ids)
	l.recordTogether(tracks)
	for _, s := range subjects {
		l.must(0, s.End())
	}
	l.settle(kind)
}

// together has the subjects make the steps at the same time for a while, and
// returns what is in their first streams.
func (l *lab) together(subjects []*harness.Subject, long time.Duration, steps ...harness.Step) []harness.Track {
	// Waking one after the other takes a while, more where they share a processor.
	start := harness.Ticks() + uint64(len(subjects))*2000*harness.TicksPerMicrosecond()
	all, err := harness.RunTogether(subjects, harness.Program{Steps: steps, Times: 1 << 20, Limit: long, Start: start})
	if err != nil {
		l.Fatalf("run programs: %v", err)
	}
	tracks := make([]harness.Track, len(all))
	for i, r := range all {
		l.noRefusals(r)
		tracks[i] = r.Of(1)
	}
	return tracks
}

// overlap reports whether all of them had begun before any ended.
func overlap(tracks []harness.Track) bool {
	begun, ended := uint64(0), ^uint64(0)
	for _, t := range tracks {
		if len(t.Ticks) == 0 {
			return false
		}
		begun, ended = max(begun, t.From), min(ended, t.To)
	}
	return begun < ended
}

// enough is how many samples of processes side by side are kept in a round, evenly
// spread, of the many thousand that they make.
const enough = 1000

// recordTogether records samples of all, and their rate.
func (l *lab) recordTogether(tracks []harness.Track) {
	all := harness.Track{From: tracks[0].From}
	for _, t := range tracks {
		all.Ticks = append(all.Ticks, t.Ticks...)
		all.From, all.To = min(all.From, t.From), max(all.To, t.To)
	}
	l.rates[0] = l.perSecond(all)
	stride := (len(all.Ticks) + enough - 1) / enough
	for i := 0; i < len(all.Ticks); i += stride {
		l.record(0, harness.Track{Ticks: all.Ticks[i : i+1]})
	}
}

// perSecond is how many calls a track has recorded in a second.
func (l *lab) perSecond(t harness.Track) float64 {
	return float64(len(t.Ticks)) / float64(t.To-t.From) * l.rate * 1e9
}
