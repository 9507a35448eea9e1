package mount

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// onlyRoot maps uid 0 of a user namespace to itself.
const onlyRoot = "0 0 1"

// alice and bob have ids that own nothing on this machine.
const (
	alice = 60001
	bob   = 60002
)

// owners returns the kinds that specs make together with a mount namespace: its
// owner is that of the original, or a new user namespace.
func owners() [][]nsutil.Kind {
	if slices.Contains(kinds.Built(), nsutil.User) {
		return [][]nsutil.Kind{{nsutil.Mnt}, {nsutil.User, nsutil.Mnt}}
	}
	return [][]nsutil.Kind{{nsutil.Mnt}}
}

// copied returns a child of s in a new copy of its mount namespace, made together
// with the other kinds.
func copied(s *harness.Subject, way harness.Way, of ...nsutil.Kind) *harness.Subject {
	child, err := s.Isolate(way, of...)
	Expect(err).NotTo(HaveOccurred(), "by %s, with %v", way, of)
	if slices.Contains(of, nsutil.User) {
		for _, file := range []string{"uid_map", "gid_map"} {
			Arrange(s.WriteFile(fmt.Sprintf("/proc/%d/%s", child.PID(), file), onlyRoot, 0))
		}
	}
	return child
}

// cover has s mount a tmpfs on dir that has one file, by that name.
func cover(s *harness.Subject, dir, name string) {
	mounts.Tmpfs(s, dir)
	touch(s, dir+"/"+name)
}

// place has s make a directory and cover it.
func place(s *harness.Subject, dir, name string) {
	Arrange(s.Mkdir(dir))
	cover(s, dir, name)
}

// touch makes an empty file.
func touch(s *harness.Subject, path string) {
	Arrange(s.WriteFile(path, "", unix.O_CREAT|unix.O_EXCL))
}

// table returns the text of the subject's mountinfo; see [mounts.Text].
func table(s *harness.Subject) string {
	return Get(mounts.Text(s))
}

// layout returns all that a copy of the subject's mounts has in common with them,
// a line each: everything but the ids.
func layout(s *harness.Subject) []string {
	all := Get(mounts.Table(s))
	points := map[int]string{}
	for _, m := range all {
		points[m.ID] = m.Mountpoint + " " + m.Root
	}
	lines := make([]string, len(all))
	for i, m := range all {
		lines[i] = fmt.Sprintf("%s %s %d:%d on (%s): %s - %s %s %s",
			m.Mountpoint, m.Root, m.Major, m.Minor, points[m.Parent], m.Options, m.FSType, m.Source, m.VFSOptions)
	}
	slices.Sort(lines)
	return lines
}

// ids returns the ids of all mounts that s sees.
func ids(s *harness.Subject) []int {
	var all []int
	for _, m := range Get(mounts.Table(s)) {
		all = append(all, m.ID)
	}
	return all
}

// atNamespaceRoot says whether the subject's root is that of the mount namespace,
// so that it sees all mounts, and not a mount on top of that.
func atNamespaceRoot(s *harness.Subject) bool {
	return slices.ContainsFunc(Get(mounts.Table(s)), func(m *mountinfo.Info) bool { return m.ID == m.Parent })
}

// options returns the options of the topmost mount at a point, by their words,
// and those of its super block.
func options(s *harness.Subject, point string) (ofMount, ofSuper []string) {
	m, err := mounts.At(s, point)
	Expect(err).NotTo(HaveOccurred())
	return strings.Split(m.Options, ","), strings.Split(m.VFSOptions, ",")
}

// expectRefused claims that the call, which s makes, fails with the errno and
// changes nothing of what s and the others see.
func expectRefused(s *harness.Subject, errno error, call func() error, explain ...any) {
	before := table(s)
	Expect(call()).To(MatchError(errno), explain...)
	Expect(table(s)).To(Equal(before), "a refused call changed the mounts")
}

// procFile returns the path of a process's file.
func procFile(s *harness.Subject, name string) string {
	return fmt.Sprintf("/proc/%d/%s", s.PID(), name)
}

// patience is how long to wait for what happens at once.
func patience() time.Duration { return max(2*time.Second, Limits.Call/2) }

// eventually polls often: what it waits for takes microseconds.
func eventually(actual any) AsyncAssertion {
	return Eventually(actual).WithTimeout(patience()).WithPolling(200 * time.Microsecond)
}
