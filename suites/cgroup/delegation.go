package cgroup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// delegating turns the option nsdelegate on or off; it is the whole machine's,
// and becomes what it was when the spec ends.
func (t *tree) delegating(on bool) {
	NeedInitial(nsutil.Cgroup)
	was := options()
	set := func(o []string) {
		Arrange(t.keeper.Mount("none", t.mount, "cgroup2", unix.MS_REMOUNT, strings.Join(o, ",")))
	}
	wanted := slices.DeleteFunc(slices.Clone(was), func(o string) bool { return o == "nsdelegate" })
	if on {
		wanted = append(wanted, "nsdelegate")
	}
	set(wanted)
	DeferCleanup(func() { set(was) })
}

// controllerFiles returns the files of a cgroup that can be written to and that
// the kernel does not call delegatable. See Documentation/ABI/stable/sysfs-kernel-cgroup.
func (t *tree) controllerFiles(group string) []string {
	delegatable := strings.Fields(Get(t.keeper.ReadFile("/sys/kernel/cgroup/delegate")))
	var files []string
	for _, name := range Get(t.keeper.ReadDir(t.dir(group))) {
		st := Get(t.keeper.Stat(t.file(group, name)))
		if st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o200 != 0 && !slices.Contains(delegatable, name) {
			files = append(files, name)
		}
	}
	Arrange(func() error {
		if !slices.Contains(files, "cgroup.max.depth") {
			return fmt.Errorf("find the controller files of a cgroup: only %v", files)
		}
		return nil
	}())
	return files
}

var _ = Specs("With nsdelegate, a cgroup namespace", Label("cgroup"), func() {
	It("is a boundary: what was allowed across it without the option no longer is", Serial, Proves("cgroup-nsdelegate-makes-boundary"), func() {
		t := plant("a", "a/b", "sibling")
		inside := t.inside("a")
		mover := t.member("a/b")
		t.delegating(false)
		Expect(inside.WriteFile(t.file("a", "cgroup.max.depth"), "5", 0)).To(Succeed())
		Expect(t.move(inside, mover, "sibling")).To(Succeed())
		Expect(t.move(inside, mover, "a/b")).To(Succeed())

		t.delegating(true)
		Expect(inside.WriteFile(t.file("a", "cgroup.max.depth"), "6", 0)).To(MatchError(unix.EPERM))
		Expect(t.move(inside, mover, "sibling")).To(MatchError(unix.ENOENT))
		Expect(pathOf(t.keeper, mover)).To(Equal(t.path("a/b")))
		Expect(t.keeper.ReadFile(t.file("a", "cgroup.max.depth"))).To(Equal("5\n"))

		outside := t.member("a")
		Expect(outside.WriteFile(t.file("a", "cgroup.max.depth"), "6", 0)).To(Succeed(), "one of the initial namespace in the same cgroup")
		Expect(t.move(outside, mover, "sibling")).To(Succeed())
		t.delegating(false)
		Expect(inside.WriteFile(t.file("a", "cgroup.max.depth"), "7", 0)).To(Succeed(), "the option is off again")
	})

	It("refuses writes to controller files of its root from inside with EPERM", Serial, Proves("cgroup-nsdelegate-root-controller-files-eperm"), func() {
		t := plant("a", "a/b")
		t.lend("pids")
		t.delegating(true)
		inside := t.inside("a")
		own := ownMount(inside)
		for _, name := range t.controllerFiles("a") {
			for _, directory := range []string{t.dir("a"), own} {
				fd, err := inside.Open(directory+"/"+name, unix.O_WRONLY|unix.O_CLOEXEC)
				Expect(err).NotTo(HaveOccurred(), name)
				for _, text := range []string{"1", "max", "nonsense", "\n"} {
					_, err = inside.Write(fd, []byte(text))
					Expect(err).To(MatchError(unix.EPERM), "%q to %s", text, name)
				}
				Arrange(inside.Close(fd))
			}
		}
		for name, kept := range map[string]string{"cgroup.max.depth": "max\n", "cgroup.max.descendants": "max\n", "cgroup.freeze": "0\n", "cgroup.type": "domain\n"} {
			Expect(t.keeper.ReadFile(t.file("a", name))).To(Equal(kept), "%s after refusals", name)
		}
		for _, name := range []string{"cgroup.max.depth", "cgroup.max.descendants"} {
			Expect(inside.WriteFile(t.file("a/b", name), "3", 0)).To(Succeed(), "%s below the root", name)
			Expect(t.keeper.WriteFile(t.file("a", name), "3", 0)).To(Succeed(), "%s from outside", name)
		}
	})

	It("is nested in another one: each guards its own root", Serial, Proves("cgroup-nsdelegate-root-controller-files-eperm"), func() {
		t := plant("a", "a/b", "a/b/c")
		t.delegating(true)
		outer := t.inside("a")
		inner := Get(outer.Fork())
		Arrange(t.move(t.keeper, inner, "a/b"))
		Expect(inner.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		for _, write := range []struct {
			by    *harness.Subject
			group string
			may   bool
		}{{outer, "a", false}, {outer, "a/b", true}, {inner, "a/b", false}, {inner, "a/b/c", true}} {
			err := write.by.WriteFile(t.file(write.group, "cgroup.max.depth"), "4", 0)
			if write.may {
				Expect(err).NotTo(HaveOccurred(), write.group)
			} else {
				Expect(err).To(MatchError(unix.EPERM), write.group)
			}
		}
	})

	It("leaves cgroup.procs and cgroup.subtree_control of its root writable from inside", Serial, Proves("cgroup-nsdelegate-root-core-files-writable"), func() {
		t := plant("a", "a/b")
		t.lend("pids")
		t.delegating(true)
		inside, mover := t.inside("a"), t.member("a/b")
		Expect(t.move(inside, mover, "a")).To(Succeed())
		Expect(t.members("a")).To(ContainElement(fmt.Sprint(mover.PID())))
		Expect(t.move(inside, mover, "a/b")).To(Succeed())
		Expect(t.members("a")).NotTo(ContainElement(fmt.Sprint(mover.PID())))

		const file = "cgroup.subtree_control"
		Expect(inside.WriteFile(t.file("a", file), "-nonsense", 0)).To(MatchError(unix.EINVAL), "not for want of permission")
		available := strings.Fields(Get(t.keeper.ReadFile(t.file("a", "cgroup.controllers"))))
		for _, controller := range available {
			Expect(t.move(t.keeper, inside, "a/b")).To(Succeed()) // a cgroup with controllers for its children has no processes
			Expect(inside.WriteFile(t.file("a", file), "+"+controller, 0)).To(Succeed())
			Expect(t.keeper.ReadFile(t.file("a/b", "cgroup.controllers"))).To(Equal(controller + "\n"))
			Expect(inside.WriteFile(t.file("a", file), "-"+controller, 0)).To(Succeed())
		}
		Expect(inside.WriteFile(t.file("a", file), "", 0)).To(Succeed())
	})

	It("lets cgroups be made and removed below its root from inside", Serial, Proves("cgroup-nsdelegate-children-creatable"), func() {
		t := plant("a")
		t.delegating(true)
		inside := t.inside("a")
		for _, group := range []string{"a/new", "a/new/one"} {
			Expect(inside.Mkdir(t.dir(group))).To(Succeed())
			t.fell(group)
			Expect(inside.WriteFile(t.file(group, "cgroup.max.depth"), "3", 0)).To(Succeed(), "it is theirs to limit")
			Expect(t.move(inside, inside, group)).To(Succeed())
			Expect(pathOf(t.keeper, inside)).To(Equal(t.path(group)))
		}
		Expect(t.move(inside, inside, "a")).To(Succeed())
		Expect(t.remove(inside, "a/new/one")).To(Succeed())
		Expect(cgroupsIn(t.keeper, t.dir("a/new"))).To(BeEmpty())
	})

	It("has the option only from the initial one; elsewhere it is ignored without a word", Serial, Proves("cgroup-nsdelegate-only-from-initial-namespace"), func() {
		t := plant("a", "a/b", "sibling")
		t.delegating(false)
		inside := t.inside("a")
		mover := t.member("a")
		for what, set := range map[string]func(on string) error{
			"a mount of its own": func(on string) error {
				point := T().TempDir()
				other := Get(inside.Fork())
				Arrange(other.Unshare(unix.CLONE_NEWNS))
				return other.Mount("none", point, "cgroup2", 0, on)
			},
			"a remount": func(on string) error { return inside.Mount("none", t.mount, "cgroup2", unix.MS_REMOUNT, on) },
		} {
			t.delegating(false)
			Expect(set("nsdelegate")).To(Succeed(), what)
			Expect(options()).NotTo(ContainElement("nsdelegate"), what)
			Expect(t.move(inside, mover, "sibling")).To(Succeed(), "after %s, the boundary is not there", what)
			Expect(t.move(inside, mover, "a")).To(Succeed())
			t.delegating(true)
			Expect(set("")).To(Succeed(), what)
			Expect(t.move(inside, mover, "sibling")).To(MatchError(unix.ENOENT), "nor does %s take it away", what)
		}
		t.delegating(false)
		elsewhere := Get(t.keeper.Fork())
		Arrange(elsewhere.Unshare(unix.CLONE_NEWNS))
		Expect(elsewhere.Mount("none", t.mount, "cgroup2", unix.MS_REMOUNT, "nsdelegate")).To(Succeed())
		Expect(t.move(inside, mover, "sibling")).To(MatchError(unix.ENOENT), "a mount namespace of its own does not matter")
	})
})
