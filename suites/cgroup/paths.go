package cgroup

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// views are paths of processes in cgroups of a tree as readers of namespaces with
// other roots see them.
var views = []struct {
	root, group, seen string
	proves            []string
}{
	{"a", "a", "/", nil},
	{"a", "a/b", "/b", nil},
	{"a", "a/b/c", "/b/c", nil},
	{"a/b", "a/b/c", "/c", nil},
	{"a", "", "/..", []string{"cgroup-path-outside-root-dotdot-per-level"}},
	{"a/b", "a", "/..", []string{"cgroup-path-outside-root-dotdot-per-level"}},
	{"a/b", "", "/../..", []string{"cgroup-path-outside-root-dotdot-per-level"}},
	{"a/b/c", "", "/../../..", []string{"cgroup-path-outside-root-dotdot-per-level"}},
	{"a", "sibling", "/../sibling", []string{"cgroup-path-of-sibling-dotdot-name"}},
	{"a", "ab", "/../ab", []string{"cgroup-path-of-sibling-dotdot-name"}},
	{"ab", "a", "/../a", []string{"cgroup-path-of-sibling-dotdot-name"}},
	{"a/b", "a/d", "/../d", []string{"cgroup-path-of-sibling-dotdot-name"}},
	{"a/b", "sibling", "/../../sibling", nil},
	{"sibling", "a/b/c", "/../a/b/c", nil},
}

var groups = []string{"a", "a/b", "a/b/c", "a/d", "ab", "sibling"}

var _ = Specs("/proc/PID/cgroup", Label("cgroup"), func() {
	for _, aspect := range []struct{ text, proves string }{
		{"shows paths relative to the root of the reader's cgroup namespace", "cgroup-path-relative-to-readers-root"},
		{"shows one /.. for each level that a process is above that root", "cgroup-path-outside-root-dotdot-per-level"},
		{"shows a process in a sibling of that root as /../NAME", "cgroup-path-of-sibling-dotdot-name"},
	} {
		It(aspect.text, Proves(aspect.proves), func() {
			t := plant(groups...)
			readers, processes := map[string]*harness.Subject{}, map[string]*harness.Subject{}
			for _, view := range views {
				if aspect.proves != "cgroup-path-relative-to-readers-root" && !slices.Contains(view.proves, aspect.proves) {
					continue
				}
				if readers[view.root] == nil {
					readers[view.root] = t.inside(view.root)
				}
				if processes[view.group] == nil {
					processes[view.group] = t.member(view.group)
				}
				reader, process := readers[view.root], processes[view.group]
				Expect(pathOf(reader, process)).To(Equal(view.seen), "of one in %q as the namespace of %q sees it", view.group, view.root)
				Expect(pathOf(t.keeper, process)).To(Equal(t.path(view.group)), "as the initial namespace sees it")
				Expect(processes[view.group].NS(nsutil.Cgroup)).NotTo(Equal(Get(reader.NS(nsutil.Cgroup))))
			}
		})
	}

	It("is of the namespace of who reads it, not of who opened it", Proves("cgroup-path-relative-to-readers-root"), func() {
		t := plant("a", "a/b")
		reader, process := t.member("a"), t.member("a/b")
		fd := Get(reader.Open(fmt.Sprintf("/proc/%d/cgroup", process.PID()), unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(reader.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		Expect(reader.Read(fd, 4096)).To(HaveSuffix("0::/b\n"))
		Expect(reader.Join(t.keeper, nsutil.Cgroup)).To(Succeed())
		Expect(pathOf(reader, process)).To(Equal(t.path("a/b")), "back in the initial namespace")
	})

	for _, way := range harness.Ways() {
		It("is full for the parent namespace of one made by "+string(way), Proves("cgroup-path-full-from-parent-namespace", "cgroup-creators-cgroup-becomes-root"), func() {
			t := plant("a", "a/b", "a/b/c", "sibling")
			parent := t.inside("a")
			creator := Get(parent.Fork())
			Arrange(t.move(t.keeper, creator, "a/b"))
			child, err := creator.Isolate(way, nsutil.Cgroup)
			Expect(err).NotTo(HaveOccurred())
			Expect(pathOf(child, child)).To(Equal("/"))
			Expect(pathOf(child, creator)).To(Equal("/"), "what was the creator's cgroup is the root")
			Expect(pathOf(child, parent)).To(Equal("/.."))
			Expect(pathOf(creator, child)).To(Equal("/b"), "the creator's parent namespace")
			Expect(pathOf(parent, child)).To(Equal("/b"))
			Expect(pathOf(t.keeper, child)).To(Equal(t.path("a/b")))

			Arrange(t.move(t.keeper, child, "a/b/c"))
			Expect(pathOf(child, child)).To(Equal("/c"))
			Expect(pathOf(parent, child)).To(Equal("/b/c"))
			Expect(pathOf(t.keeper, child)).To(Equal(t.path("a/b/c")))
		})
	}

	It("shows / to who has just called unshare, and showed all before", Proves("cgroup-creator-sees-own-path-as-root", "cgroup-creators-cgroup-becomes-root"), func() {
		t := plant("a", "a/b")
		for _, group := range []string{"", "a", "a/b"} {
			creator := t.member(group)
			Expect(pathOf(creator, creator)).To(Equal(t.path(group)))
			Expect(creator.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
			Expect(pathOf(creator, creator)).To(Equal("/"))
			Expect(creator.ReadFile("/proc/self/cgroup")).To(HaveSuffix("0::/\n"))
			Expect(pathOf(Get(creator.Fork()), creator)).To(Equal("/"), "as a child sees it")
			Expect(t.members(group)).To(ContainElement(fmt.Sprint(creator.PID())), "it has not moved")
		}
	})

	It("changes for one who moves, whose namespace keeps its root", Proves("cgroup-root-stays-when-process-moves"), func() {
		t := plant(groups...)
		for _, way := range harness.Ways() {
			creator := t.member("a")
			mover, err := creator.Isolate(way, nsutil.Cgroup)
			Expect(err).NotTo(HaveOccurred())
			witness := Get(mover.Fork())
			mark := t.member("a/b/c")
			before := Get(mover.NS(nsutil.Cgroup))
			for _, step := range []struct{ group, seen string }{
				{"a/b", "/b"}, {"a/b/c", "/b/c"}, {"sibling", "/../sibling"}, {"", "/.."}, {"a", "/"},
			} {
				Arrange(t.move(t.keeper, mover, step.group))
				for _, reader := range []*harness.Subject{mover, witness} {
					Expect(pathOf(reader, mover)).To(Equal(step.seen), "after moving to %q", step.group)
					Expect(pathOf(reader, witness)).To(Equal("/"), "who has not moved, after moving to %q", step.group)
					Expect(pathOf(reader, mark)).To(Equal("/b/c"))
				}
				Expect(pathOf(t.keeper, mover)).To(Equal(t.path(step.group)))
			}
			Expect(mover.NS(nsutil.Cgroup)).To(Equal(before))
			joined := Get(t.keeper.Fork())
			Arrange(t.move(t.keeper, mover, "sibling"))
			Expect(joined.Join(mover, nsutil.Cgroup)).To(Succeed())
			Expect(pathOf(joined, witness)).To(Equal("/"), "as one sees it who joins through the mover")
		}
	})
})
