package cgroup

import (
	"fmt"
	"os"
	"path"
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

// tree is the version 2 hierarchy, mounted where only the keeper and its children
// see it, with some cgroups that go when the spec ends.
type tree struct {
	keeper *harness.Subject // root, in the suite's cgroup namespace
	mount  string           // the hierarchy's root as a directory
	home   string           // the path of the suite's own cgroup
	top    string           // the path of the cgroup that holds all others
}

// plant makes a tree with the given cgroups, "a/b" after "a".
func plant(cgroups ...string) *tree {
	return mountTree().plant(cgroups...)
}

// mountTree mounts the hierarchy and makes no cgroups yet.
func mountTree() *tree {
	if Nested() {
		NeedCgroup()
	} else {
		NeedInitial(nsutil.Cgroup)
	}
	directory := T().TempDir()
	t := &tree{keeper: Spawn(harness.Named("keeper")), mount: directory + "/cgroup"}
	t.allow(directory, 0o755)
	Arrange(t.keeper.Unshare(unix.CLONE_NEWNS))
	Arrange(t.keeper.MakePrivate())
	Arrange(os.Mkdir(t.mount, 0o755))
	Arrange(t.keeper.Mount("none", t.mount, "cgroup2", 0, strings.Join(options(), ",")))
	return t
}

func (t *tree) plant(cgroups ...string) *tree {
	t.home = Get(pathOf(t.keeper, t.keeper))
	t.top = path.Join(t.home, harness.Mark())
	for _, group := range append([]string{""}, cgroups...) {
		t.grow(group)
	}
	return t
}

// options returns the hierarchy's, which belong to the whole machine and which
// every mount from the initial namespace sets anew.
func options() []string {
	text := Get(os.ReadFile("/proc/self/mountinfo"))
	features, _ := os.ReadFile("/sys/kernel/cgroup/features")
	known := strings.Fields(string(features))
	for line := range strings.Lines(string(text)) {
		_, tail, _ := strings.Cut(strings.TrimSpace(line), " - ")
		if fields := strings.Fields(tail); len(fields) > 2 && fields[0] == "cgroup2" {
			return slices.DeleteFunc(strings.Split(fields[2], ","), func(o string) bool { return !slices.Contains(known, o) })
		}
	}
	return nil
}

// path returns the whole path of one of the tree's cgroups.
func (t *tree) path(group string) string { return path.Join(t.top, group) }

// dir returns a cgroup's directory, as the keeper and its children see it.
func (t *tree) dir(group string) string { return t.mount + t.path(group) }

// file returns a file of a cgroup's.
func (t *tree) file(group, name string) string { return t.dir(group) + "/" + name }

// grow makes a cgroup.
func (t *tree) grow(group string) {
	Arrange(t.keeper.Mkdir(t.dir(group)))
	t.fell(group)
	t.allow(t.dir(group), 0o755)
}

// lend gives the cgroup that holds the others a controller to pass on, while the
// spec runs, unless it has some or the suite's own cgroup may not.
func (t *tree) lend(controller string) {
	if strings.TrimSpace(Get(t.keeper.ReadFile(t.file("", "cgroup.controllers")))) != "" {
		return
	}
	home, top := t.mount+t.home+"/cgroup.subtree_control", t.file("", "cgroup.subtree_control")
	if t.keeper.WriteFile(home, "+"+controller, 0) != nil {
		return
	}
	DeferCleanup(func() { Arrange(t.keeper.WriteFile(home, "-"+controller, 0)) })
	Arrange(t.keeper.WriteFile(top, "+"+controller, 0))
	DeferCleanup(func() { Arrange(t.keeper.WriteFile(top, "-"+controller, 0)) })
}

// allow sets the permissions of a file or directory.
func (t *tree) allow(path string, mode int) {
	Arrange(t.keeper.Chmod(path, uint32(mode)))
}

// give makes uid the owner of a cgroup's directory and of some of its files.
func (t *tree) give(uid int, group string, files ...string) {
	for _, file := range append([]string{""}, files...) {
		Arrange(t.keeper.Chown(t.file(group, file), uid, uid))
	}
}

// fell has a cgroup removed when the spec ends, what is in it having left.
func (t *tree) fell(group string) {
	DeferCleanup(func() {
		Eventually(func() error {
			procs, _ := t.keeper.ReadFile(t.file(group, "cgroup.procs"))
			for _, pid := range strings.Fields(procs) {
				t.keeper.WriteFile(t.mount+t.home+"/cgroup.procs", pid, 0)
			}
			return t.remove(t.keeper, group)
		}).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(Or(Succeed(), MatchError(unix.ENOENT)))
	})
}

// remove has s remove a cgroup.
func (t *tree) remove(s *harness.Subject, group string) error {
	return s.Rmdir(t.dir(group))
}

// move has by move a process to a cgroup.
func (t *tree) move(by, process *harness.Subject, group string) error {
	return by.WriteFile(t.file(group, "cgroup.procs"), fmt.Sprint(process.PID()), 0)
}

// member returns a child of the keeper's in a cgroup.
func (t *tree) member(group string) *harness.Subject {
	s := Get(t.keeper.Fork())
	Arrange(t.move(t.keeper, s, group))
	return s
}

// inside returns a child of the keeper's in a cgroup that is the root of a new
// cgroup namespace of its own.
func (t *tree) inside(group string) *harness.Subject {
	s := t.member(group)
	Expect(s.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
	return s
}

// members returns the pids that a cgroup holds, as the keeper reads them.
func (t *tree) members(group string) ([]string, error) {
	text, err := t.keeper.ReadFile(t.file(group, "cgroup.procs"))
	return strings.Fields(text), err
}

// pathOf returns the path of a process's cgroup as reader sees it.
func pathOf(reader, process *harness.Subject) (string, error) {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/cgroup", process.PID()))
	if err != nil {
		return "", err
	}
	entries, err := nsutil.ParseCgroups(strings.NewReader(text))
	if err != nil {
		return "", err
	}
	unified, ok := nsutil.UnifiedCgroup(entries)
	if !ok {
		return "", fmt.Errorf("find the version 2 line in %q: there is none", text)
	}
	return unified, nil
}
