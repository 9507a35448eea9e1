package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// children returns the ids of pid's children, zombies included, as this
// process's procfs shows them. It reads /proc/PID/task/TID/children (since
// Linux 3.5, CONFIG_PROC_CHILDREN), or every process's stat where there is none.
func children(pid int) []int {
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	threads := threads(pid)
	if len(threads) == 0 {
		return nil // it has ended
	}
	if _, err := os.Stat(fmt.Sprintf("%s/%d/children", tasks, pid)); err != nil {
		return childrenByStat(pid)
	}
	var all []int
	for _, thread := range threads {
		all = appendIDs(all, slurp(fmt.Sprintf("%s/%d/children", tasks, thread)))
	}
	return all
}

// appendIDs appends the process ids that the text of a file children consists of.
func appendIDs(all []int, text string) []int {
	for _, field := range strings.Fields(text) {
		child, _ := strconv.Atoi(field)
		all = append(all, child)
	}
	return all
}

// threads returns the ids of pid's threads, as this process's procfs shows them.
func threads(pid int) []int {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	all := make([]int, len(entries))
	for i, entry := range entries {
		all[i], _ = strconv.Atoi(entry.Name())
	}
	return all
}

func childrenByStat(parent int) []int {
	var all []int
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		if _, itsParent := stat(pid); itsParent == strconv.Itoa(parent) {
			all = append(all, pid)
		}
	}
	return all
}

// stat returns a process's state and its parent's id, as /proc/PID/stat has them; ""
// when there is no such process.
func stat(pid int) (state, parent string) {
	text := slurp(fmt.Sprintf("/proc/%d/stat", pid))
	// pid (comm) state ppid ...; comm may hold anything, parentheses too.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return "", ""
	}
	return fields[0], fields[1]
}

// isChild reports whether the process is a child of this one, a zombie perhaps.
func isChild(pid int) bool {
	return unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) != unix.ECHILD
}

// isAlive reports, without a pidfd, whether the process has not ended yet.
func isAlive(pid int) bool {
	state, _ := stat(pid)
	return state != "" && state != "Z" && state != "X"
}

// know and forget keep the list of scopes that have not ended.
func (e *engine) know(s *Scope) {
	e.scopesMu.Lock()
	defer e.scopesMu.Unlock()
	e.scopes = append(e.scopes, s)
}

func (e *engine) forget(s *Scope) {
	e.scopesMu.Lock()
	defer e.scopesMu.Unlock()
	e.scopes = slices.DeleteFunc(e.scopes, func(other *Scope) bool { return other == s })
}

// known returns the processes that end with a scope, and the zygote.
func (e *engine) known() []int {
	e.scopesMu.Lock()
	defer e.scopesMu.Unlock()
	known := []int{e.zygote.pid}
	for _, scope := range e.scopes {
		scope.mu.Lock()
		for _, subject := range scope.subjects {
			known = append(known, subject.pid)
		}
		scope.mu.Unlock()
	}
	return known
}

// strays returns, as "pid (command)", the children of this process that no scope
// knows: something was started, or orphaned, that nobody ends.
func (e *engine) strays() []string {
	var strays []string
	known := e.known()
	for _, pid := range theThreads.children() {
		if slices.Contains(known, pid) {
			continue
		}
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		strays = append(strays, fmt.Sprintf("%d (%s)", pid, strings.TrimSpace(string(comm))))
	}
	return strays
}

// AdoptOrphans has the orphans among this process's descendants come to it, as a
// child subreaper, and reports whether they do: a kernel that does not know of
// subreapers gives them to the init of the PID namespace, which then ends them for
// good.
func AdoptOrphans() bool { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == nil }

// EndChildren kills and collects every child of this process, and what they
// leave behind, for at most limit. It is for a process that has become a child
// subreaper, after it has ended what it knows of.
func EndChildren(limit time.Duration) { reap(nil, limit) }

// reap kills and collects every child of this process but those to spare.
func reap(spare []int, limit time.Duration) {
	deadline := time.Now().Add(limit)
	for {
		doomed := slices.DeleteFunc(theThreads.children(), func(pid int) bool { return slices.Contains(spare, pid) })
		if len(doomed) == 0 || time.Now().After(deadline) {
			return
		}
		for _, pid := range doomed {
			unix.Kill(pid, unix.SIGKILL)
			if got, _ := unix.Wait4(pid, nil, unix.WNOHANG|unix.WALL, nil); got == 0 {
				time.Sleep(time.Millisecond) // still dying
			}
		}
	}
}

func lines(file string) []string {
	return slices.DeleteFunc(strings.Split(slurp(file), "\n"), func(l string) bool { return l == "" })
}

// slurp returns a file's text, "" when it cannot be read. A snapshot reads some
// forty files after every test; os.ReadFile makes twice the calls.
func slurp(file string) string {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var text []byte
	var part [4096]byte
	for {
		n, err := unix.Read(fd, part[:])
		if n <= 0 || err != nil {
			return string(text)
		}
		text = append(text, part[:n]...)
	}
}
