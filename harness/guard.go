package harness

import (
	"strings"
	"sync"
)

// Guard compares this process's namespaces before and after each of a sequence
// of tests. The state after one test is the state before the next.
type Guard struct {
	// Quiet, unless nil, waits until nobody else changes what is the whole
	// machine's, and keeps others from it until it is done.
	Quiet func() (done func())

	mu   sync.Mutex
	last Snapshot
}

// Watch fails t as leaking when, at t's end, anything differs from what was
// before. Call it before anything else registers a cleanup with t.
func (g *Guard) Watch(t TB) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last.parts == nil {
		g.last = g.quietly()
	}
	t.Cleanup(func() {
		if diff := g.compare(); len(diff) > 0 {
			leaked(t, "left behind in the suite's own namespaces: "+strings.Join(diff, "; "))
		}
	})
}

func (g *Guard) compare() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	after := TakeSnapshot()
	diff := g.last.Diff(after)
	if len(diff) > 0 && g.Quiet != nil { // it may be another's, and go with his test
		after = g.quietly()
		diff = g.last.Diff(after)
	}
	g.last = after
	return diff
}

func (g *Guard) quietly() Snapshot {
	if g.Quiet != nil {
		defer g.Quiet()()
	}
	return TakeSnapshot()
}
