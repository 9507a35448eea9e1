package clone

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// hierarchy is the name of a version 1 hierarchy of the spec's.
const hierarchy = "name=nsconform-clone"

var _ = Specs("CLONE_INTO_CGROUP", Label("clone", "cgroup"), func() {
	It("leaves the child in its parent's version 1 cgroups", Serial, Proves("clone-into-cgroup-keeps-v1"), func() {
		to := groups()[0]
		keeper := Spawn(harness.Named("keeper"))
		dir := mounts.NewHierarchy(keeper, hierarchy)
		Arrange(keeper.Mkdir(dir + "/v1"))
		parent := Get(keeper.Fork())
		var child *harness.Subject
		DeferCleanup(func() {
			for _, s := range []*harness.Subject{child, parent} {
				if s != nil {
					Arrange(s.End())
				}
			}
			Eventually(func() error { return keeper.Rmdir(dir + "/v1") }).WithPolling(time.Millisecond).Should(Succeed())
		})
		Arrange(keeper.WriteFile(dir+"/v1/cgroup.procs", fmt.Sprint(parent.PID()), 0))

		child, err := into(parent, Get(parent.Open(to.dir(), unix.O_PATH)), 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(cgroupOf(child)).To(Equal(to.path))
		Expect(mounts.CgroupIn(child, hierarchy)).To(Equal("/v1"))
		Expect(cgroupsV1(child)).To(Equal(cgroupsV1(parent)))
		Expect(keeper.ReadFile(dir + "/v1/cgroup.procs")).To(ContainSubstring("%d\n", child.PID()))
	})
})

// cgroupsV1 returns the lines of the version 1 hierarchies in /proc/PID/cgroup.
func cgroupsV1(s *harness.Subject) (lines []string) {
	for line := range strings.Lines(string(Get(os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.PID()))))) {
		if !strings.HasPrefix(line, "0::") {
			lines = append(lines, line)
		}
	}
	return lines
}
