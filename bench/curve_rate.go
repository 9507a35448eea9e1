package bench

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// percents are the rates that are offered, of the highest.
var percents = []int{30, 60, 90}

// offers measure namespaces that are asked for at a given rate, whether those
// before are done or not. What one takes is counted from when it was to begin: a
// call that had to wait for the one before it pays for that. What the call itself
// took is apart.
func offers() []experiment {
	var all []experiment
	for _, kind := range []nsutil.Kind{nsutil.IPC, nsutil.Net} {
		var latencies, services []reports.PlannedBenchmark
		timed := "unshare(" + nsutil.FlagString(kind.Flag()) + "), which drops the one before"
		for _, p := range percents {
			offered := fmt.Sprintf("offered at %d %% of the rate that one process has reached", p)
			latencies = append(latencies, point("rate/"+string(kind), axisRate, "percent", p, kind, timed+", from when it was to begin, "+offered))
			services = append(services, point("rate-service/"+string(kind), axisRate, "percent", p, kind, timed+", from when it began, "+offered))
		}
		times := map[nsutil.Kind]int{nsutil.IPC: 500, nsutil.Net: 60}
		all = append(all, experiment{
			benchmarks: append(latencies, services...),
			needs:      []nsutil.Feature{kind.Feature(), nsutil.Clone3},
			timely:     true,
			times:      times[kind],
			run:        func(l *lab) { l.offer(kind) },
		})
	}
	return all
}

const axisRate = "offered rate, percent of the highest"

func (l *lab) offer(kind nsutil.Kind) {
	l.keepsUp(kind)
	s := l.subject()
	l.moves(s, kind, l.home(s, kind))
	create := own(unshare(kind.Flag()), 2)
	create.End = 1
	l.perform(s, l.times(), create) // until the kernel destroys as many
	highest := l.perform(s, l.times(), create).Of(2)
	each := (highest.To - highest.From) / uint64(len(highest.Ticks))
	for i, p := range percents {
		r := l.perform(s, l.times(), harness.Await(each*100/uint64(p)), create)
		l.record(i, r.Of(1))
		l.record(len(percents)+i, r.Of(2))
		l.rates[i] = l.perSecond(r.Of(1))
	}
	l.must(0, s.End())
	l.settle(kind)
}
