package bench

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// mostLive are the kinds whose namespaces take notice of each other, or might, and
// how many of each a small machine can hold at once; and destroy in time: Linux
// before 6.3 takes some 10 ms for each ipc namespace.
var mostLive = []struct {
	kind nsutil.Kind
	n    int
}{{nsutil.UTS, 1000}, {nsutil.IPC, 300}, {nsutil.Mnt, 1000}, {nsutil.Net, 300}}

// lives measure what it takes to make a namespace while others lie idle, in a
// steady state: each is dropped before the next is made. Making the idle ones, from
// memory that the kernel must fetch anew, is another curve: see [filling].
func lives() []experiment {
	var all []experiment
	for _, most := range mostLive {
		for _, n := range []int{0, 100, most.n} {
			all = append(all, live(most.kind, n, n == most.n))
		}
	}
	return all
}

func live(kind nsutil.Kind, n int, fill bool) experiment {
	flag := nsutil.FlagString(kind.Flag())
	times := map[nsutil.Kind]int{nsutil.UTS: 300, nsutil.IPC: 50, nsutil.Mnt: 100, nsutil.Net: 30}
	benchmarks := []reports.PlannedBenchmark{point("live/"+string(kind), "live namespaces", "n", n, kind,
		fmt.Sprintf("unshare(%s), the one before dropped, while %d others lie idle", flag, n))}
	if fill {
		benchmarks = append(benchmarks, fillings(kind, n)...)
	}
	return experiment{
		benchmarks: benchmarks,
		needs:      []nsutil.Feature{kind.Feature(), nsutil.Clone3},
		times:      times[kind],
		run: func(l *lab) {
			l.roomFor(kind, n)
			idle := l.idle(kind, n, fill)
			s := l.subject()
			home := l.home(s, kind)
			l.moves(s, kind, home)
			steps := []harness.Step{own(unshare(kind.Flag()), 1), setns(home, kind.Flag())}
			l.perform(s, 2, steps...)
			l.record(0, l.perform(s, l.times(), steps...).Of(1))
			idle.end()
			l.settle(kind)
		},
	}
}

// idlers are namespaces that only descriptors of a subject hold.
type idlers struct {
	lab *lab
	by  *harness.Subject
	fds []int
}

// idle makes n namespaces of a kind, and may record what each took.
func (l *lab) idle(kind nsutil.Kind, n int, fill bool) idlers {
	i := idlers{lab: l}
	if n == 0 {
		return i
	}
	i.by = l.subject()
	var r *harness.Recorded
	i.fds, r = l.createHolding(i.by, kind, n)
	if fill {
		l.recordFilling(1, r.Of(1))
	}
	return i
}

// end drops them; they must have been there until then.
func (i idlers) end() {
	if i.by == nil {
		return
	}
	i.lab.perform(i.by, len(i.fds), closing(harness.Each(i.fds[0], 1)))
	i.lab.must(0, i.by.End())
}
