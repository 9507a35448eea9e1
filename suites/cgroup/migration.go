package cgroup

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("With nsdelegate, a cgroup namespace", Label("cgroup"), func() {
	It("refuses moves across its boundary from inside with ENOENT, in either direction", Serial, Proves("cgroup-nsdelegate-migration-across-enoent", "cgroup-nsdelegate-both-ends-visible"), func() {
		t := plant("a", "a/b", "a/b/c", "sibling", "ab")
		t.delegating(true)
		inside := t.inside("a")
		nested := Get(inside.Fork())
		Arrange(t.move(t.keeper, nested, "a/b"))
		Expect(nested.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		mover := t.member("a")
		for _, across := range []struct {
			by       *harness.Subject
			from, to string
		}{
			{inside, "a", ""}, {inside, "a/b", "sibling"}, {inside, "a/b/c", "ab"}, // the source is visible
			{inside, "sibling", "a"}, {inside, "", "a/b"}, {inside, "ab", "a/b/c"}, // the destination is
			{inside, "sibling", "ab"}, {inside, "", "sibling"}, // neither is
			{nested, "a/b", "a"}, {nested, "a", "a/b/c"}, {nested, "a", "sibling"},
		} {
			Arrange(t.move(t.keeper, mover, across.from))
			Expect(t.move(across.by, mover, across.to)).To(MatchError(unix.ENOENT), "from %q to %q", across.from, across.to)
			Expect(pathOf(t.keeper, mover)).To(Equal(t.path(across.from)), "a refused move to %q", across.to)
			outside := t.member(across.from)
			Expect(t.move(outside, mover, across.to)).To(Succeed(), "by one of the initial namespace in the same cgroup")
		}
		own, outsider := ownMount(inside), t.member("sibling")
		for _, group := range []string{"", "/b"} {
			Expect(inside.WriteFile(own+group+"/cgroup.procs", fmt.Sprint(outsider.PID()), 0)).To(MatchError(unix.ENOENT), "through a mount of its own")
		}
		Expect(pathOf(t.keeper, outsider)).To(Equal(t.path("sibling")))
		Expect(t.move(inside, inside, "sibling")).To(MatchError(unix.ENOENT), "not even itself")
		Expect(t.move(inside, mover, "a")).To(MatchError(unix.ENOENT))
	})

	It("allows moves within its subtree", Serial, Proves("cgroup-nsdelegate-migration-within-works", "cgroup-nsdelegate-both-ends-visible"), func() {
		t := plant("a", "a/b", "a/b/c", "a/d")
		t.delegating(true)
		inside, mover := t.inside("a"), t.member("a")
		for _, to := range []string{"a/b", "a/b/c", "a/d", "a", "a/d", "a/b", "a"} {
			Expect(t.move(inside, mover, to)).To(Succeed())
			Expect(pathOf(t.keeper, mover)).To(Equal(t.path(to)))
			Expect(t.members(to)).To(ContainElement(fmt.Sprint(mover.PID())))
		}
		away := t.inside("a/b")
		Arrange(t.move(t.keeper, away, "a"))
		Expect(t.move(away, mover, "a/b")).To(MatchError(unix.ENOENT), "the boundary is its namespace's root, not where it is")
	})
})
