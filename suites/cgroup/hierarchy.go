package cgroup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// v1 is a version 1 hierarchy, mounted where only the keeper and its children see it.
type v1 struct {
	keeper  *harness.Subject
	mount   string
	options string
	others  []*harness.Subject // in its cgroups, or in namespaces that have these as roots
}

// mountV1 makes a hierarchy that goes when the spec ends.
func mountV1(keeper *harness.Subject, options string) *v1 {
	h := &v1{keeper: keeper, mount: T().TempDir(), options: options}
	Arrange(keeper.Unshare(unix.CLONE_NEWNS))
	Arrange(keeper.MakePrivate())
	Arrange(keeper.Mount("none", h.mount, "cgroup", 0, options))
	DeferCleanup(h.end)
	return h
}

// grow makes a cgroup.
func (h *v1) grow(group string) {
	Arrange(h.keeper.Mkdir(h.mount + group))
	DeferCleanup(func() {
		h.endOthers()
		Eventually(func() error { return h.keeper.Rmdir(h.mount + group) }).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(Succeed())
	})
}

// put moves a process into a cgroup.
func (h *v1) put(process *harness.Subject, group string) {
	Arrange(h.keeper.WriteFile(h.mount+group+"/cgroup.procs", fmt.Sprint(process.PID()), 0))
}

// child returns a new child of one who is in the hierarchy.
func (h *v1) child(s *harness.Subject) *harness.Subject {
	return h.knows(s.Fork())
}

func (h *v1) knows(s *harness.Subject, err error) *harness.Subject {
	Expect(err).NotTo(HaveOccurred())
	h.others = append(h.others, s)
	return s
}

func (h *v1) endOthers() {
	for _, s := range slices.Backward(h.others) {
		Arrange(s.End())
	}
	h.others = nil
}

// end unmounts the hierarchy and waits until it is gone. It stays when it still
// has a cgroup as it loses its last mount, a removed one too; then it takes
// another mount to get rid of it.
func (h *v1) end() {
	h.endOthers()
	Arrange(h.keeper.Umount(h.mount, 0))
	begun, wait := time.Now(), 40*time.Millisecond
	Eventually(func() bool {
		if _, err := h.line(h.keeper); err != nil {
			return true
		}
		if time.Since(begun) > wait { // ever longer, or each would interrupt the one before
			Arrange(h.keeper.Mount("none", h.mount, "cgroup", 0, h.options))
			Arrange(h.keeper.Umount(h.mount, 0))
			begun, wait = time.Now(), 2*wait
		}
		return false
	}).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(BeTrue(), "the hierarchy %s goes", h.options)
}

// line returns the hierarchy's line of s's own file.
func (h *v1) line(s *harness.Subject) (nsutil.CgroupEntry, error) { return h.lineOf(s, s) }

func (h *v1) lineOf(reader, process *harness.Subject) (nsutil.CgroupEntry, error) {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/cgroup", process.PID()))
	if err != nil {
		return nsutil.CgroupEntry{}, err
	}
	entries, err := nsutil.ParseCgroups(strings.NewReader(text))
	for _, entry := range entries {
		if strings.Contains(","+h.options+",", ","+strings.Join(entry.Controllers, ",")+",") && len(entry.Controllers) > 0 {
			return entry, nil
		}
	}
	return nsutil.CgroupEntry{}, fmt.Errorf("find the line of %s in %q: it is not there (%v)", h.options, text, err)
}

func (h *v1) pathOf(reader, process *harness.Subject) (string, error) {
	entry, err := h.lineOf(reader, process)
	return entry.Path, err
}
