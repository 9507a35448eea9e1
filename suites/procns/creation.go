package procns

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// several are sets of kinds to make at once.
var several = [][]nsutil.Kind{
	{nsutil.IPC, nsutil.UTS},
	{nsutil.Cgroup, nsutil.Mnt, nsutil.PID},
	{nsutil.Net, nsutil.Time},
	{nsutil.User, nsutil.PID, nsutil.UTS},
	{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.PID, nsutil.User, nsutil.UTS},
	nsutil.Kinds(),
}

var _ = Specs("Making namespaces", Label("procns"), func() {
	for _, kind := range nsutil.Kinds() {
		for _, way := range harness.Ways() {
			if !can(way, kind) {
				continue
			}
			It(fmt.Sprintf("of one kind, %s, by %s makes none of another", kind, way), Label(string(kind)), Proves("ns-eight-types-one-flag-each"), func() {
				creator := Spawn()
				before := linksOf(creator)
				child, err := create(creator, way, kind)
				Expect(err).NotTo(HaveOccurred())
				Expect(linksOf(child).changed(before)).To(ConsistOf(namesOf([]nsutil.Kind{kind}, true, true)))
				Expect(linksOf(creator)).To(Equal(before), "those of the creator")
			})
		}

		It("by one flag: setns takes a "+string(kind)+" namespace by that of its kind and by no other", Label(string(kind)), Proves("ns-eight-types-one-flag-each"), func() {
			s, other := Spawn(), Spawn(harness.Unshared(kind), harness.Named("other"))
			before := linksOf(s)
			fd := Get(s.OpenNS(other, kind))
			for _, wrong := range nsutil.Kinds() {
				if wrong != kind {
					Expect(s.Setns(fd, wrong.Flag())).To(MatchError(unix.EINVAL), "as a %s namespace", wrong)
				}
			}
			Expect(linksOf(s)).To(Equal(before), "after refused calls")
			Expect(s.Setns(fd, kind.Flag())).To(Succeed())
			Expect(linksOf(s)).NotTo(Equal(before))
		})

		It("of one kind, "+string(kind)+", by unshare leaves the caller in its seven others", Label(string(kind)), Proves("ns-unshare-leaves-other-types"), func() {
			kinds.Need(kind)
			s := Spawn()
			before := linksOf(s)
			Expect(s.Unshare(kind.Flag())).To(Succeed())
			Expect(linksOf(s).changed(before)).To(ConsistOf(namesOf([]nsutil.Kind{kind}, !kinds.ForChildren(kind), kinds.ForChildren(kind))))
		})
	}

	It("of one kind by unshare leaves everything of the other kinds in sight", Proves("ns-unshare-leaves-other-types"), func() {
		home, marks := homeOfAll()
		for _, kind := range kinds.Built() {
			s := Get(home.Fork())
			Expect(s.Unshare(kind.Flag())).To(Succeed(), string(kind))
			child := Get(s.Fork())
			for _, mark := range marks {
				if mark.Kind == kind {
					continue
				}
				Expect(mark.See(s)).To(Equal(mark.Sign), "as the caller sees it after unshare of %s", kind)
				Expect(mark.See(child)).To(Equal(mark.Sign), "as the caller's child sees it after unshare of %s", kind)
			}
		}
	})

	for _, way := range []harness.Way{harness.ByClone, harness.ByClone3} {
		for _, of := range several {
			if !can(way, of...) {
				continue
			}
			It(fmt.Sprintf("by one %s of %v makes one of each for the child, and no other", way, of), Proves("ns-clone-several-flags"), func() {
				kinds.Need(of...)
				creator := Spawn(harness.Named("creator"))
				before := linksOf(creator)
				child, err := create(creator, way, of...)
				Expect(err).NotTo(HaveOccurred())
				Expect(linksOf(child).changed(before)).To(ConsistOf(namesOf(of, true, true)))
				Expect(linksOf(creator)).To(Equal(before), "those of the creator")
				expectIsolated(child, creator, of)
			})
		}
	}

	for _, of := range several {
		It(fmt.Sprintf("by one unshare of %v moves the caller, and only children into pid and time", of), Proves("ns-unshare-several-flags"), func() {
			kinds.Need(of...)
			witness := Spawn(harness.Named("witness"))
			caller := Get(witness.Fork())
			before := linksOf(caller)
			Expect(caller.Unshare(flagsOf(of))).To(Succeed())
			moved := slices.DeleteFunc(slices.Clone(of), kinds.ForChildren)
			after := append(namesOf(moved, true, true), namesOf(of, false, true)...)
			Expect(linksOf(caller).changed(before)).To(ConsistOf(after))
			Expect(linksOf(witness)).To(Equal(before), "those of another member of the old namespaces")

			child, err := caller.Fork()
			Expect(err).NotTo(HaveOccurred())
			Expect(linksOf(child).changed(before)).To(ConsistOf(namesOf(of, true, true)), "those of the child")
			Expect(linksOf(child).changed(linksOf(caller))).To(ConsistOf(namesOf(slices.DeleteFunc(slices.Clone(of), func(k nsutil.Kind) bool { return !kinds.ForChildren(k) }), true, false)),
				"between the caller and its child")
			expectIsolated(child, witness, of)
			if moved := slices.DeleteFunc(moved, func(k nsutil.Kind) bool { return k == nsutil.User }); len(moved) > 0 {
				expectIsolated(caller, witness, moved)
			}
		})
	}

	It("does not happen in fork and plain clone: a child shares all with its parent", Proves("ns-fork-shares-all"), func() {
		home, marks := homeOfAll()
		for name, birth := range births {
			child, err := birth(home)
			Expect(err).NotTo(HaveOccurred(), name)
			Expect(linksOf(child)).To(Equal(linksOf(home)), "by %s", name)
			for _, mark := range marks {
				Expect(mark.See(child)).To(Equal(mark.Sign), "as a child by %s sees it", name)
			}
		}
	})

	It("does not happen in fork and plain clone: what the parent has set for its children becomes theirs", Proves("ns-fork-shares-all"), func() {
		parent := parting()
		of := linksOf(parent)
		for name, birth := range births {
			child, err := birth(parent)
			Expect(err).NotTo(HaveOccurred(), name)
			childs := linksOf(child)
			for _, e := range expected() {
				want := of[e.name]
				if kinds.ForChildren(e.kind) {
					want = of[string(e.kind)+"_for_children"]
				}
				Expect(childs[e.name]).To(Equal(want), "%s of a child by %s", e.name, name)
			}
		}
	})
})

// births are the ways to make a child that shares everything.
var births = map[string]func(s *harness.Subject) (*harness.Subject, error){
	"fork":         (*harness.Subject).Fork,
	"plain clone":  func(s *harness.Subject) (*harness.Subject, error) { return s.Clone(unix.CLONE_FILES | unix.CLONE_FS) },
	"plain clone3": func(s *harness.Subject) (*harness.Subject, error) { return s.Clone3(harness.CloneArgs{}) },
}
