package vm

import (
	"sync"
	"time"
)

// tscKHz returns how fast the time stamp counter of this machine runs, which QEMU
// gives an emulated guest for its own; 0 if there is none. A kernel that is not told
// measures it against timers that come late on a busy host: its clock then ran ten
// times too fast.
var tscKHz = sync.OnceValue(func() int {
	const interval = 20 * time.Millisecond
	beginTime, begin := readTSC()
	time.Sleep(interval)
	endTime, end := readTSC()
	return int(float64(end-begin) / (endTime.Sub(beginTime).Seconds() * 1000))
})

// readTSC returns the time and the counter of one moment: of several attempts the
// one that was interrupted least.
func readTSC() (at time.Time, counter uint64) {
	shortest := time.Hour
	for range 10 {
		before := time.Now()
		c := cycles()
		if took := time.Since(before); took < shortest {
			shortest, at, counter = took, before.Add(took/2), c
		}
	}
	return at, counter
}
