package kinds

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// cgroupMark is the path of the creator's cgroup: what is the root to members of
// the namespace made from there is a cgroup below a root for everybody else.
func cgroupMark(n int) *Mark {
	var creator *harness.Subject
	var hierarchy int
	return &Mark{
		What:  "the cgroup of the namespace's creator as root",
		Sign:  "cgroup /",
		Fixed: true,
		before: func(s *harness.Subject) error {
			creator = s
			var dir string
			hierarchy, dir = ownCgroup()
			return enterNew(s, filepath.Join(dir, fmt.Sprintf("%s-%d", harness.Mark(), n)))
		},
		see: func(s *harness.Subject) (string, error) {
			text, err := s.ReadFile(fmt.Sprintf("/proc/%d/cgroup", creator.PID()))
			if err != nil {
				return "", err
			}
			entries, err := nsutil.ParseCgroups(strings.NewReader(text))
			for _, e := range entries {
				if e.Hierarchy == hierarchy {
					return "cgroup " + e.Path, nil
				}
			}
			if err == nil {
				err = fmt.Errorf("hierarchy %d is missing in %q", hierarchy, text)
			}
			return "", err
		},
	}
}

// ownCgroup returns the number of a cgroup hierarchy in which the suite can make
// groups, version 2 if there is one, and the folder of the suite's own group.
func ownCgroup() (hierarchy int, dir string) {
	entries := spec.Get(nsutil.CgroupsOf(0))
	slices.SortFunc(entries, func(a, b nsutil.CgroupEntry) int { return cmp.Compare(a.Hierarchy, b.Hierarchy) })
	for _, e := range entries {
		for _, root := range cgroupMounts(e) {
			dir := filepath.Join(root, e.Path)
			if unix.Access(dir, unix.W_OK) == nil && (e.Hierarchy == 0 || !hasRules(e)) {
				return e.Hierarchy, dir
			}
		}
	}
	spec.SkipFor(reports.SkipResource, "no cgroup hierarchy is mounted that the suite could make a group in")
	return 0, ""
}

// hasRules says whether the hierarchy has controllers, some of which want a
// group configured before it takes a process.
func hasRules(e nsutil.CgroupEntry) bool {
	return len(e.Controllers) != 1 || !strings.HasPrefix(e.Controllers[0], "name=")
}

// cgroupMounts returns where the root of e's hierarchy is mounted.
func cgroupMounts(e nsutil.CgroupEntry) []string {
	text := spec.Get(os.ReadFile("/proc/self/mountinfo"))
	var points []string
	for line := range strings.Lines(string(text)) {
		head, tail, _ := strings.Cut(strings.TrimSpace(line), " - ")
		fields, fs := strings.Fields(head), strings.Fields(tail)
		if len(fields) < 5 || len(fs) < 3 || fields[3] != "/" {
			continue
		}
		v2 := e.Hierarchy == 0 && fs[0] == "cgroup2"
		v1 := e.Hierarchy != 0 && fs[0] == "cgroup" && strings.Contains(fs[2], strings.Join(e.Controllers, ","))
		if v2 || v1 {
			points = append(points, fields[4])
		}
	}
	return points
}

// enterNew makes the cgroup dir, which goes away with the spec, and moves s there.
func enterNew(s *harness.Subject, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	ginkgo.DeferCleanup(func() { // what has ended leaves a while after
		gomega.Eventually(removeCgroup).WithArguments(dir).WithPolling(time.Millisecond).Should(gomega.Succeed())
	})
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(s.PID())), 0)
}

// removeCgroup moves what is in the group to the one above and removes it.
func removeCgroup(dir string) error {
	pids, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, pid := range strings.Fields(string(pids)) {
		err := os.WriteFile(filepath.Join(filepath.Dir(dir), "cgroup.procs"), []byte(pid), 0)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("empty cgroup %s: %w", dir, err)
		}
	}
	return os.Remove(dir)
}
