package cgroup

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("In a cgroup namespace", Label("cgroup"), func() {
	for _, way := range harness.Ways() {
		It("made by "+string(way)+", an inherited mount has a root above the namespace's", Proves("cgroup-inherited-mount-root-dotdot"), func() {
			t := plant("a", "a/b")
			for _, group := range []string{"", "a", "a/b"} {
				creator := t.member(group)
				Expect(rootField(creator, creator, t.mount)).To(Equal("/"), "before")
				inside, err := creator.Isolate(way, nsutil.Cgroup)
				Expect(err).NotTo(HaveOccurred())
				levels := strings.Count(t.path(group), "/")
				Expect(rootField(inside, inside, t.mount)).To(Equal(strings.Repeat("/..", levels)))
				Expect(rootField(inside, t.keeper, t.mount)).To(Equal(strings.Repeat("/..", levels)), "in another one's list")
				Expect(rootField(t.keeper, inside, t.mount)).To(Equal("/"), "as one outside reads it")
			}
		})
	}

	It("a bind mount of one cgroup has a root relative to the namespace's", Proves("cgroup-inherited-mount-root-dotdot"), func() {
		t := plant("a", "a/b", "sibling")
		inside := t.inside("a")
		for group, seen := range map[string]string{"a": "/", "a/b": "/b", "sibling": "/../sibling"} {
			point := T().TempDir()
			Arrange(inside.Bind(t.dir(group), point))
			Expect(rootField(inside, inside, point)).To(Equal(seen))
			Expect(rootField(t.keeper, inside, point)).To(Equal(t.path(group)))
			Arrange(inside.Umount(point, 0))
		}
	})

	It("a mount of its own has the root / and shows the namespace's subtree", Proves("cgroup-own-mount-root-and-subtree", "cgroup-creators-cgroup-becomes-root"), func() {
		t := plant("a", "a/b", "a/b/c", "sibling")
		inside := t.inside("a")
		own := ownMount(inside)
		Expect(rootField(inside, inside, own)).To(Equal("/"))
		Expect(rootField(t.keeper, inside, own)).To(Equal(t.path("a")), "as one outside reads it")
		Expect(cgroupsIn(inside, own)).To(ConsistOf("b"))
		Expect(cgroupsIn(inside, own+"/b")).To(ConsistOf("c"))
		Expect(inside.ReadFile(own + "/cgroup.procs")).To(Equal(fmt.Sprintf("%d\n", inside.PID())))

		Expect(inside.Mkdir(own + "/new")).To(Succeed())
		t.fell("a/new")
		Expect(cgroupsIn(t.keeper, t.dir("a"))).To(ConsistOf("b", "new"), "it is a part of the same hierarchy")
		mover := t.member("sibling")
		Arrange(inside.WriteFile(own+"/new/cgroup.procs", fmt.Sprint(mover.PID()), 0))
		Expect(pathOf(t.keeper, mover)).To(Equal(t.path("a/new")))
		Expect(cgroupsIn(t.keeper, t.dir(""))).To(ConsistOf("a", "sibling"))

		same := Get(inside.Stat(own))
		Expect(Get(t.keeper.Stat(t.dir("a"))).Ino).To(Equal(same.Ino))
		nested := Get(inside.Fork())
		Arrange(t.move(t.keeper, nested, "a/b"))
		Expect(nested.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		Expect(cgroupsIn(nested, ownMount(nested))).To(ConsistOf("c"))
	})

	It("a mount of its own leads to no ancestor's directory", Proves("cgroup-own-mount-hides-ancestors"), func() {
		t := plant("a", "a/b", "sibling")
		inside := t.inside("a")
		for _, leave := range []string{"a", "a/b", "sibling"} {
			Arrange(t.move(t.keeper, inside, leave)) // the root is the creator's cgroup, wherever it is now
			own := ownMount(inside)
			Expect(cgroupsIn(inside, own)).To(ConsistOf("b"))
			above := Get(t.keeper.Stat(t.dir("")))
			for _, up := range []string{"/..", "/b/../..", "/../.."} {
				st, err := inside.Stat(own + up)
				Expect(err).NotTo(HaveOccurred())
				Expect(st.Dev).NotTo(Equal(above.Dev), "%s is on another file system", up)
			}
			Expect(inside.Stat(own + "/sibling")).Error().To(MatchError(unix.ENOENT))
			Expect(inside.Stat(own + t.path("a"))).Error().To(MatchError(unix.ENOENT))
			Expect(inside.Stat(own + "/b")).Error().NotTo(HaveOccurred())
			Expect(t.keeper.Stat(t.dir("sibling"))).Error().NotTo(HaveOccurred(), "one outside gets there")
		}
	})

	It("a mount of its own, made by the root of a user namespace, is as confined", Proves("cgroup-own-mount-root-and-subtree", "cgroup-own-mount-hides-ancestors"), func() {
		t := plant("a", "a/b", "sibling")
		inside := t.member("a")
		Arrange(inside.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWNS))
		Arrange(inside.MapIDs("0 0 1", "0 0 1"))
		point := T().TempDir()
		Expect(inside.Mount("none", point, "cgroup2", 0, "")).To(MatchError(unix.EPERM), "its cgroup namespace is not its own")
		Expect(inside.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		Expect(inside.Mount("none", point, "cgroup2", 0, "")).To(Succeed())
		Expect(cgroupsIn(inside, point)).To(ConsistOf("b"))
		Expect(rootField(inside, inside, point)).To(Equal("/"))
	})

	It("files of ancestors can be written through an older mount, as far as their permissions go", Proves("cgroup-namespace-enforces-no-limits"), func() {
		t := plant("a", "a/b", "sibling")
		inside := t.inside("a/b")
		const limit = "cgroup.max.descendants"
		for _, group := range []string{"", "a"} {
			Expect(t.keeper.ReadFile(t.file(group, limit))).To(Equal("max\n"), "the namespace set no limit")
			Expect(inside.WriteFile(t.file(group, limit), "0", 0)).To(Succeed())
			Expect(t.keeper.ReadFile(t.file(group, limit))).To(Equal("0\n"))
			Expect(t.keeper.Mkdir(t.dir(group)+"/one-more")).To(MatchError(unix.EAGAIN), "it is in force")
			Expect(inside.WriteFile(t.file(group, limit), "max", 0)).To(Succeed())
		}
		Expect(inside.Mkdir(t.dir("sibling/new"))).To(Succeed(), "not even a sibling is out of reach")
		t.fell("sibling/new")
		Expect(t.move(inside, inside, "sibling/new")).To(Succeed())
		Expect(pathOf(t.keeper, inside)).To(Equal(t.path("sibling/new")))

		nobody := t.inside("a/b")
		Arrange(nobody.Setresuid(65534, 65534, 65534))
		for _, group := range []string{"", "a", "a/b"} {
			Expect(nobody.WriteFile(t.file(group, limit), "0", 0)).To(MatchError(unix.EACCES), "without permission")
			Expect(t.keeper.ReadFile(t.file(group, limit))).To(Equal("max\n"))
		}
		t.allow(t.file("a", limit), 0o666)
		Expect(nobody.WriteFile(t.file("a", limit), "7", 0)).To(Succeed(), "with permission")
		Expect(t.keeper.ReadFile(t.file("a", limit))).To(Equal("7\n"))
	})
})

// ownMount has s mount the version 2 hierarchy in a mount namespace of its own.
func ownMount(s *harness.Subject) string {
	point := T().TempDir()
	Arrange(s.Unshare(unix.CLONE_NEWNS))
	Expect(s.Mount("none", point, "cgroup2", 0, "")).To(Succeed())
	return point
}

// rootField returns the root of a process's mount at point as reader reads it
// in mountinfo. See proc_pid_mountinfo(5).
func rootField(reader, process *harness.Subject, point string) (string, error) {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", process.PID()))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); fields[4] == point {
			return fields[3], nil
		}
	}
	return "", fmt.Errorf("find %s in mountinfo: it is not there", point)
}

// cgroupsIn returns the cgroups directly below one.
func cgroupsIn(s *harness.Subject, directory string) ([]string, error) {
	all, err := s.ReadDir(directory)
	var groups []string
	for _, name := range all {
		if !strings.Contains(name, ".") {
			groups = append(groups, name)
		}
	}
	return groups, err
}
