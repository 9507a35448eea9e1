package runtimes

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// cleanUp has what a container leaves outside of its room go with the spec: its cgroup,
// if the runtime does not, and the controllers that it has switched on for that.
func (c *container) cleanUp() {
	before := controllers()
	DeferCleanup(func() error {
		deadline := time.Now().Add(Patience())
		for {
			err := c.removeGroups()
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

// removeGroups ends what is in the container's cgroups, and removes these.
func (c *container) removeGroups() error {
	groups := c.groups()
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

const switches = hierarchy + "/cgroup.subtree_control"

// controllers returns those that are on for the groups right below the root.
func controllers() []string {
	GinkgoHelper()
	return strings.Fields(string(Get(os.ReadFile(switches))))
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
