package kinds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// UnifiedRoot returns where the version 2 cgroup hierarchy is mounted, and skips
// the spec where it is not, or not for writing.
func UnifiedRoot() string {
	for _, root := range cgroupMounts(nsutil.CgroupEntry{}) {
		if unix.Access(root, unix.W_OK) == nil {
			return root
		}
	}
	spec.SkipFor(reports.SkipResource, "no version 2 cgroup hierarchy is mounted that the suite could make a group in")
	return ""
}

// MakeCgroup makes a cgroup of the version 2 hierarchy, which goes away with the
// spec; what is in it then moves to the root.
func MakeCgroup(dir string) {
	spec.Arrange(os.Mkdir(dir, 0o755))
	ginkgo.DeferCleanup(func() error {
		deadline := time.Now().Add(max(5*time.Second, spec.Limits.Call))
		for {
			err := clearCgroup(dir)
			if err == nil || time.Now().After(deadline) {
				return err
			}
			time.Sleep(time.Millisecond) // it is not empty before its processes have died
		}
	})
}

// clearCgroup moves what is in the cgroup to the root of its hierarchy, and removes it.
func clearCgroup(dir string) error {
	root := UnifiedRoot()
	pids, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	for _, pid := range strings.Fields(string(pids)) {
		err := os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte(pid), 0)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("empty cgroup %s: %w", dir, err)
		}
	}
	return os.Remove(dir)
}
