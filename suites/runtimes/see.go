package runtimes

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
)

// numbers returns those of the names in a procfs that are process ids.
func numbers(names []string) (found []string) {
	for _, name := range names {
		if _, err := strconv.Atoi(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

// fallback are the devices that kernels make with every network namespace, some of them
// with their modules.
var fallback = map[string]bool{
	"lo": true, "sit0": true, "tunl0": true, "gre0": true, "gretap0": true, "erspan0": true,
	"ip_vti0": true, "ip6_vti0": true, "ip6tnl0": true, "ip6gre0": true, "teql0": true,
}

// links returns the names in /proc/net/dev.
func links(text string) (found []string) {
	for _, line := range strings.Split(text, "\n")[2:] { // after the head
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			found = append(found, name)
		}
	}
	return found
}

// mapOf returns a map of ids of a process's user namespace, without needless blanks.
func mapOf(pid int, file string) string {
	GinkgoHelper()
	text := Get(os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file)))
	return strings.Join(strings.Fields(string(text)), " ")
}
