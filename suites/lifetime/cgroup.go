package lifetime

import (
	"fmt"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// moveToCgroup moves the landlord into a cgroup of its own below the suite's, which
// is then the root of its guests' cgroup namespaces.
func moveToCgroup(r *room) {
	if !strings.HasPrefix(cgroupOf(r.keeper, r.keeper), "/") {
		SkipFor(reports.SkipResource, "the cgroup version 2 hierarchy has not been mounted since boot")
	}
	NeedCgroup()
	mount := r.directory() + "/cgroup"
	parent := mount + cgroupOf(r.keeper, r.keeper)
	cgroup := parent + "/" + harness.Mark()
	Arrange(r.keeper.Mkdir(mount))
	Arrange(r.keeper.Mount("none", mount, "cgroup2", 0, ""))
	Arrange(r.keeper.Mkdir(cgroup))
	DeferCleanup(func() {
		procs, _ := r.keeper.ReadFile(cgroup + "/cgroup.procs")
		for _, pid := range strings.Fields(procs) {
			r.keeper.WriteFile(parent+"/cgroup.procs", pid, 0)
		}
		Eventually(func() error {
			_, err := r.keeper.Syscall("unlinkat", unix.SYS_UNLINKAT, unix.AT_FDCWD, cgroup, harness.Hex(unix.AT_REMOVEDIR))
			return err
		}).WithTimeout(patience()).WithPolling(time.Millisecond).Should(Succeed())
	})
	Arrange(r.keeper.WriteFile(cgroup+"/cgroup.procs", fmt.Sprint(r.landlord.PID()), 0))
}

func lookAtCgroup(r *room, who *harness.Subject) string { return cgroupOf(who, r.landlord) }

// cgroupOf returns the path of other's cgroup in the version 2 hierarchy, as who sees it.
func cgroupOf(who, other *harness.Subject) string {
	text, err := who.ReadFile(fmt.Sprintf("/proc/%d/cgroup", other.PID()))
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(path)
		}
	}
	return textOr("no cgroup", err)
}
