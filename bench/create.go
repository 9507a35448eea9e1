package bench

import (
	"cmp"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// creations measure what it takes to make a namespace while those made before are
// held, and then what it takes to give each of them up.
func creations() []experiment {
	times := map[nsutil.Kind]int{nsutil.IPC: 100, nsutil.Mnt: 100, nsutil.PID: 60, nsutil.Net: 20, nsutil.User: 60}
	var all []experiment
	for _, kind := range kinds {
		timed := harness.UnshareCall(kind.Flag()).String()
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{
				benchmark("create/"+string(kind), kind, timed),
				benchmark("drop/"+string(kind), kind, fmt.Sprintf("close of the last descriptor of a namespace (%s)", kind)),
			},
			needs: []nsutil.Feature{kind.Feature(), nsutil.Clone3},
			times: cmp.Or(times[kind], 300),
			run: func(l *lab) {
				s := l.subject()
				made, r := l.createHolding(s, kind, l.times())
				l.record(0, r.Of(1))
				l.record(1, l.perform(s, len(made)-1, own(closing(harness.Each(made[0], 1)), 1)).Of(1))
				l.settle(kind)
			},
		})
	}
	return all
}

// createHolding has the subject make n namespaces of a kind, by unshare calls whose
// durations are in stream 1. It returns the descriptors that hold them. The subject,
// or its children to come, are in the last, where one can be without being a member.
func (l *lab) createHolding(s *harness.Subject, kind nsutil.Kind, n int) ([]int, *harness.Recorded) {
	var steps []harness.Step
	create := own(unshare(kind.Flag()), 1)
	switch kind {
	case nsutil.User: // it cannot be left: each is made by another child
		steps = []harness.Step{l.child(s, vforkSharing, create, open(selfFile("user"), unix.O_RDONLY)), wait(harness.Kept(1))}
	case nsutil.PID: // it shows only when it has had a member, and its maker cannot make another
		home := l.home(s, kind)
		steps = []harness.Step{create, l.child(s, vforkSharing, open(selfFile("pid"), unix.O_RDONLY)), wait(harness.Kept(1)), setns(home, unix.CLONE_NEWPID)}
	default:
		steps = []harness.Step{create, open(selfFile(file(kind)), unix.O_RDONLY)}
	}
	first := l.nextFD(s)
	r := l.perform(s, n, steps...)
	held, ids := make([]int, n), make([]nsutil.ID, n)
	for i := range held {
		held[i] = first + i
		ids[i] = l.idOf(s, held[i])
	}
	l.allNew(kind, ids)
	return held, r
}

// allNew sees that the ids are of as many namespaces, none of which is the one that
// this process is in.
func (l *lab) allNew(kind nsutil.Kind, ids []nsutil.ID) {
	ours, err := nsutil.IDOf(kind.File(0))
	l.must(0, err)
	seen := map[nsutil.ID]bool{ours: true}
	for i, id := range ids {
		l.happened(!seen[id], "%d of %d is no new %s namespace: %v", i+1, len(ids), kind, id)
		seen[id] = true
	}
}

// idOf returns the id of the namespace that a descriptor of the subject is of.
func (l *lab) idOf(s *harness.Subject, fd int) nsutil.ID {
	id, err := nsutil.IDOf(fmt.Sprintf("/proc/%d/fd/%d", s.PID(), fd))
	if err != nil {
		l.Fatalf("see what was made: %v", err)
	}
	return id
}

// must2 is [lab.must] of an int.
func (l *lab) must2(result int, err error) int { return int(l.must(uintptr(result), err)) }
