package containers

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// ExpectBeside claims that another process is where a container's first one is: in the
// same namespaces, cgroup and root.
func ExpectBeside(pid, first int) {
	Expect(Group(pid)).To(Equal(Group(first)), "the cgroup")
	root := func(pid int) string { return fmt.Sprintf("/proc/%d/root", pid) }
	Expect(os.SameFile(Get(os.Stat(root(pid))), Get(os.Stat(root(first))))).To(BeTrue(), "the root")
	for _, kind := range kinds.Built() {
		Expect(rooms.NS(pid, kind)).To(Equal(rooms.NS(first, kind)), "the %s namespace", kind)
	}
}

// Group returns the cgroup that a process is in, as a path below [Hierarchy].
func Group(pid int) string {
	group, _ := nsutil.UnifiedCgroup(Get(nsutil.CgroupsOf(pid)))
	return group
}
