package harness

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
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
	restLonger()
}

const (
	// longSlack is by how much the runtime's threads may sleep longer than they ask
	// to. Its monitor asks for 20 us again and again: an eighth of an emulated
	// machine's time.
	longSlack = 5 * time.Millisecond
	// usualSlack is what threads have by default (PR_SET_TIMERSLACK(2const)).
	usualSlack = 50 * time.Microsecond
)

// restLonger sets the timer slack of all threads that there are, and so of those that
// they will make. Where that cannot be done they go on as before.
func restLonger() {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		os.WriteFile("/proc/"+task.Name()+"/timerslack_ns", []byte(strconv.Itoa(int(longSlack))), 0)
	}
}

// restAsUsual sets the timer slack of the calling thread, which its children begin with.
func restAsUsual() { unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(usualSlack), 0, 0, 0) }
