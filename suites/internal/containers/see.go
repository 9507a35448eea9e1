// Package containers is what specs of container runtimes and of engines have in common:
// how they look at a container, and that nothing of it stays.
package containers

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	. "github.com/nsconform/nsconform/suites/spec"
)

// Numbers returns those of the names in a procfs that are process ids.
func Numbers(names []string) (found []string) {
	for _, name := range names {
		if _, err := strconv.Atoi(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

// Fallback are the devices that kernels make with every network namespace, some of them
// with their modules.
var Fallback = map[string]bool{
	"lo": true, "sit0": true, "tunl0": true, "gre0": true, "gretap0": true, "erspan0": true,
	"ip_vti0": true, "ip6_vti0": true, "ip6tnl0": true, "ip6gre0": true, "teql0": true,
}

// Links returns the names in /proc/net/dev.
func Links(text string) (found []string) {
	for _, line := range strings.Split(text, "\n")[2:] { // after the head
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			found = append(found, name)
		}
	}
	return found
}

// MapOf returns a map of ids of a process's user namespace, without needless blanks.
func MapOf(pid int, file string) string {
	text := Get(os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file)))
	return strings.Join(strings.Fields(string(text)), " ")
}

// Names returns the names in a folder; none where there is no such folder.
func Names(dir string) (found []string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}
