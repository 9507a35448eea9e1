package bench

import (
	"sync"

	"golang.org/x/sys/unix"
)

// lastCPU is the last processor that this process may use: the first tends to serve
// interrupts.
var lastCPU = sync.OnceValue(func() int {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return 0
	}
	last := 0
	for cpu, left := 0, allowed.Count(); left > 0; cpu++ {
		if allowed.IsSet(cpu) {
			last = cpu
			left--
		}
	}
	return last
})
