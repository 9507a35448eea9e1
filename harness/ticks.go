package harness

import (
	"sync"
	"time"
)

// Clock compares the cycle counter with the time.
type Clock struct {
	ticks uint64
	time  time.Time
}

// StartClock begins to compare.
func StartClock() Clock { return Clock{Ticks(), time.Now()} }

// Rate returns the ticks per nanosecond since the clock was started: the longer
// ago that is, the more exactly.
func (c Clock) Rate() float64 {
	ticks := Ticks()
	return float64(ticks-c.ticks) / float64(time.Since(c.time).Nanoseconds())
}

// TicksPerMicrosecond is how fast the cycle counter counts, roughly.
var TicksPerMicrosecond = sync.OnceValue(func() uint64 {
	c := StartClock()
	for time.Since(c.time) < 2*time.Millisecond {
	}
	return max(1, uint64(1000*c.Rate()))
})
