package rooms

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
)

// Interval is between two looks at what a program has come to.
const Interval = 200 * time.Microsecond

// Children returns the children of a process, whichever of its threads has made them, as
// the suite's procfs shows them; none where there is no such process.
func Children(pid int) (children []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		list, _ := os.ReadFile(file) // the thread may have ended
		for _, text := range strings.Fields(string(list)) {
			children = append(children, Get(strconv.Atoi(text)))
		}
	}
	return children
}

// commandLine returns a process's arguments, each with a zero byte behind it.
func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(text)
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
	return Get(nsutil.IDOf(kind.File(pid)))
}
