package bench

import (
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// batches measure how long net namespaces that are dropped at once still count,
// which the kernel destroys together. The limit of the subject's own user namespace
// is lowered while they are there: until the last of them is gone no other can be
// made.
func batches() []experiment {
	var all []experiment
	for _, n := range []int{1, 10, 100, 300} {
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{point("batch/net", "namespaces dropped at once", "n", n, nsutil.Net,
				fmt.Sprintf("from close_range, which drops %d net namespaces, until one could be made where none of them counts", n))},
			needs: []nsutil.Feature{nsutil.Net.Feature(), nsutil.Clone3, nsutil.CloseRange},
			times: 1,
			run:   func(l *lab) { l.record(0, l.drainBatch(n)) },
		})
	}
	return all
}

// drainBatch drops n net namespaces at once.
func (l *lab) drainBatch(n int) harness.Track {
	l.roomFor(nsutil.Net, n)
	s, home := l.limited(nsutil.Net, n)
	held, _ := l.createHolding(s, nsutil.Net, n)
	l.must(0, s.Setns(home, unix.CLONE_NEWNET))
	l.limit(s, nsutil.Net, 2) // the one at home, and another
	err := s.Unshare(unix.CLONE_NEWNET)
	l.happened(errors.Is(err, unix.ENOSPC), "another net namespace while %d are held: %v", n, err)

	drop := call("close_range", unix.SYS_CLOSE_RANGE, held[0], held[n-1], 0)
	create := unshare(unix.CLONE_NEWNET)
	drop.Begin, create.Until, create.End = true, unix.ENOSPC, 1
	return l.perform(s, 1, drop, create).Of(1)
}
