package harness

import (
	"runtime"
	"runtime/debug"
)

// memoryLimit is where garbage collection begins in any case, in bytes.
const memoryLimit = 256 << 20

// Quiet keeps this process from getting in the way of subjects. Garbage is collected
// when the heap has grown by so many percent; if that is negative, only at 256 MiB.
func Quiet(percent int) {
	debug.SetGCPercent(percent)
	debug.SetMemoryLimit(memoryLimit)
	// With one, the runtime's monitor takes it from whoever is in a system call
	// for 20 us, and does not come to rest: a fourth of an emulated machine's time.
	runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
}
