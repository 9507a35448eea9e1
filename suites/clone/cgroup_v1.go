package clone

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// hierarchy is the name of a version 1 hierarchy of the spec's.
const hierarchy = "name=nsconform-clone"

// pathV1 returns the cgroup that s is in, in this hierarchy; "" when there is none.
func pathV1(s *harness.Subject) string {
	GinkgoHelper()
	for _, e := range Get(nsutil.CgroupsOf(s.PID())) {
		if strings.Join(e.Controllers, ",") == hierarchy {
			return e.Path
		}
	}
	return ""
}

// mountV1 mounts the hierarchy where only s and its children see it, and has it
// go with the spec. It stays when it still has a cgroup as it loses its last
// mount, a removed one too; then it takes another mount to get rid of it.
func mountV1(s *harness.Subject) (dir string) {
	GinkgoHelper()
	dir = T().TempDir()
	Arrange(s.Unshare(unix.CLONE_NEWNS))
	Arrange(s.MakePrivate())
	mount := func() error { return s.Mount("none", dir, "cgroup", 0, "none,"+hierarchy) }
	Arrange(mount())
	DeferCleanup(func() {
		Arrange(s.Umount(dir, 0))
		begun, wait := time.Now(), 40*time.Millisecond
		Eventually(func() string {
			if time.Since(begun) > wait { // ever longer, or each would interrupt the one before
				Arrange(mount())
				Arrange(s.Umount(dir, 0))
				begun, wait = time.Now(), 2*wait
			}
			return pathV1(s)
		}).WithTimeout(max(5*time.Second, Limits.Call)).WithPolling(time.Millisecond).Should(BeEmpty())
	})
	return dir
}

var _ = Specs("CLONE_INTO_CGROUP", Label("clone", "cgroup"), func() {
	It("leaves the child in its parent's version 1 cgroups", Serial, Proves("clone-into-cgroup-keeps-v1"), func() {
		to := groups()[0]
		keeper := Spawn(harness.Named("keeper"))
		dir := mountV1(keeper)
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
		Expect(pathV1(child)).To(Equal("/v1"))
		Expect(cgroupsV1(child)).To(Equal(cgroupsV1(parent)))
		Expect(keeper.ReadFile(dir + "/v1/cgroup.procs")).To(ContainSubstring("%d\n", child.PID()))
	})
})

// cgroupsV1 returns the lines of the version 1 hierarchies in /proc/PID/cgroup.
func cgroupsV1(s *harness.Subject) (lines []string) {
	GinkgoHelper()
	for line := range strings.Lines(string(Get(os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.PID()))))) {
		if !strings.HasPrefix(line, "0::") {
			lines = append(lines, line)
		}
	}
	return lines
}
