package rooms

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
)

// Interval is between two looks at what a program has come to.
const Interval = 200 * time.Microsecond

// Children returns the children of a process, as the suite's procfs shows them.
func Children(pid int) (children []int) {
	GinkgoHelper()
	for _, text := range strings.Fields(string(Get(os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))))) {
		children = append(children, Get(strconv.Atoi(text)))
	}
	return children
}

// Ended reports whether a process has ended, collected or not.
func Ended(pid int) bool {
	state := Status(pid)["State"]
	return state == "" || strings.ContainsAny(state[:1], "ZX")
}

// Status returns the fields of /proc/PID/status; none where there is no such process.
func Status(pid int) map[string]string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	fields := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.Join(strings.Fields(value), " ")
	}
	return fields
}

// NS returns the namespace of a kind that a process is in.
func NS(pid int, kind nsutil.Kind) nsutil.ID {
	GinkgoHelper()
	return Get(nsutil.IDOf(kind.File(pid)))
}
