package mounts

import (
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// NewHierarchy makes a version 1 cgroup hierarchy with a name, "name=x", mounts it
// where only s and its children see it, and has it go with the spec. It stays when
// it still has a cgroup as it loses its last mount, a removed one too; then it
// takes another mount to get rid of it.
func NewHierarchy(s *harness.Subject, name string) (dir string) {
	dir = spec.T().TempDir()
	spec.Arrange(s.Unshare(unix.CLONE_NEWNS))
	spec.Arrange(s.MakePrivate())
	mount := func() error { return s.Mount("none", dir, "cgroup", 0, "none,"+name) }
	spec.Arrange(mount())
	ginkgo.DeferCleanup(func() {
		spec.Arrange(s.Umount(dir, 0))
		begun, wait := time.Now(), 40*time.Millisecond
		gomega.Eventually(func() string {
			if time.Since(begun) > wait { // ever longer, or each would interrupt the one before
				spec.Arrange(mount())
				spec.Arrange(s.Umount(dir, 0))
				begun, wait = time.Now(), 2*wait
			}
			return CgroupIn(s, name)
		}).WithTimeout(max(5*time.Second, spec.Limits.Call)).WithPolling(time.Millisecond).Should(gomega.BeEmpty())
	})
	return dir
}

// CgroupIn returns the cgroup that s is in, in the version 1 hierarchy with the
// name; "" when there is none.
func CgroupIn(s *harness.Subject, name string) string {
	for _, e := range spec.Get(nsutil.CgroupsOf(s.PID())) {
		if strings.Join(e.Controllers, ",") == name {
			return e.Path
		}
	}
	return ""
}
