package containers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// Hierarchy is where runtimes look for cgroups.
const Hierarchy = "/sys/fs/cgroup"

// NeedHierarchy skips the spec where the version 2 hierarchy is not at [Hierarchy].
func NeedHierarchy() {
	if kinds.UnifiedRoot() != Hierarchy {
		SkipFor(reports.SkipResource, "the version 2 cgroup hierarchy is not the one that runtimes use")
	}
}

// Groups returns the cgroups at and below a path of the hierarchy that there are, the
// upper ones first.
func Groups(path string) (found []string) {
	filepath.WalkDir(Hierarchy+path, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// ClearGroups has the cgroups at and below a path go with the spec, with all that is in
// there, and the controllers that have been switched on for them.
func ClearGroups(path string) {
	before := controllers()
	DeferCleanup(func() error {
		deadline := time.Now().Add(Patience())
		for {
			err := removeGroups(path)
			if err == nil {
				return restoreControllers(before)
			}
			if time.Now().After(deadline) {
				return err
			}
			time.Sleep(time.Millisecond) // a group is not empty before its processes have died
		}
	})
}

// removeGroups ends what is in the cgroups, and removes these.
func removeGroups(path string) error {
	groups := Groups(path)
	slices.Reverse(groups) // those below first
	for _, group := range groups {
		text, _ := os.ReadFile(group + "/cgroup.procs")
		for _, number := range strings.Fields(string(text)) {
			var pid int
			fmt.Sscan(number, &pid)
			unix.Kill(pid, unix.SIGKILL)
		}
		if err := os.Remove(group); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the container's cgroup: %w", err)
		}
	}
	return nil
}

const switches = Hierarchy + "/cgroup.subtree_control"

// controllers returns those that are on for the groups right below the root.
func controllers() []string {
	return strings.Fields(string(Get(os.ReadFile(switches))))
}

// HandOut has groups right below the root get a controller, until the spec has come
// to its end: see [ClearGroups].
func HandOut(controller string) {
	Arrange(os.WriteFile(switches, []byte("+"+controller), 0))
}

// restoreControllers switches off what was not on before.
func restoreControllers(before []string) error {
	for _, name := range controllers() {
		if slices.Contains(before, name) {
			continue
		}
		if err := os.WriteFile(switches, []byte("-"+name), 0); err != nil {
			return fmt.Errorf("switch the cgroup controller %s off: %w", name, err)
		}
	}
	return nil
}
