package bench

import (
	"runtime"
	"runtime/debug"
)

// Quiet keeps this process from doing anything while a subject measures.
func Quiet() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	// With one, the runtime's monitor takes it from whoever is in a system call
	// for 20 us, and does not come to rest.
	runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
}
