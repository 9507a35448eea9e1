package kinds

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

var given = map[int]bool{}

// FreePID returns a pid that no process has in the suite's PID namespace, that
// none will get there soon, and that it has not returned before. Pids are given
// out in turn, so those just behind the last one come last.
func FreePID() int32 {
	const reserved = 300 // that the kernel does not come back to, RESERVED_PIDS
	most := number("/proc/sys/kernel/pid_max") - reserved
	last := number("/proc/loadavg") - reserved
	for {
		behind := 1000 + rand.IntN(most/2)
		pid := reserved + ((last-behind)%most+most)%most
		if !given[pid] && pid > reserved && unix.Kill(pid, 0) == unix.ESRCH {
			given[pid] = true
			return int32(pid)
		}
	}
}

// number returns the last word of a file as a number; the last of /proc/loadavg
// is the last pid that was given out.
func number(file string) int {
	words := strings.Fields(string(spec.Get(os.ReadFile(file))))
	return spec.Get(strconv.Atoi(words[len(words)-1]))
}
