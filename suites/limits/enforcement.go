package limits

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

var _ = Specs("The limit on namespaces", Label("limits"), func() {
	for _, kind := range nsutil.Kinds() {
		for _, way := range harness.Ways() {
			if way == harness.ByClone && kind == nsutil.Time {
				continue // clone(2) has no flag for it
			}
			promise := "limit-clone-enospc"
			if way == harness.ByUnshare {
				promise = "limit-unshare-enospc"
			}
			It(fmt.Sprintf("of kind %s gives ENOSPC to the %s that would exceed it", kind, way), Label(string(kind)), Proves(promise), func() {
				need(kind)
				root := world()
				setLimit(root, kind, 1)
				_, err := root.Isolate(way, kind)
				Expect(err).NotTo(HaveOccurred(), "the first")

				before := namespaces(root)
				caller, err := root.Isolate(way, kind)
				Expect(err).To(MatchError(unix.ENOSPC), "the second")
				Expect(namespaces(root)).To(Equal(before), "after the refused call")
				if way == harness.ByUnshare {
					Expect(namespaces(caller)).To(Equal(before), "after the refused call")
					Expect(Get(caller.Fork()).NS(kind)).To(Equal(before[kind]), "after the refused call, of a child")
				}

				setLimit(root, kind, 2)
				_, err = root.Isolate(way, kind)
				Expect(err).NotTo(HaveOccurred(), "the second, when the limit is 2 and nothing is charged for the refused call")
				_, err = root.Isolate(way, kind)
				Expect(err).To(MatchError(unix.ENOSPC), "the third")
			})
		}

		It("of kind "+string(kind)+" refuses a call for several kinds as a whole", Label(string(kind)), Proves("limit-clone-enospc", "limit-unshare-enospc", "limit-charge-returned-on-destroy"), func() {
			need(kind)
			for _, way := range harness.Ways() {
				refuseTogether(way, kind)
			}
		})

		It("of kind "+string(kind)+" binds root and who has all capabilities", Label(string(kind)), Proves("limit-binds-root"), func() {
			need(kind)
			root := world()
			joined := Spawn(harness.Joined(root, nsutil.User), harness.Named("root from outside"))
			setLimit(root, kind, 0)
			for _, s := range []*harness.Subject{root, joined} {
				Expect(s.Getuid()).To(BeZero())
				Expect(Get(s.Capget()).Effective & (1 << unix.CAP_SYS_RESOURCE)).NotTo(BeZero())
				Expect(Get(s.Capget()).Effective & (1 << unix.CAP_SYS_ADMIN)).NotTo(BeZero())
				Expect(try(s, kind)).To(MatchError(unix.ENOSPC))
			}
			setLimit(root, kind, 2)
			for _, s := range []*harness.Subject{root, joined} {
				Expect(try(s, kind)).To(Succeed())
			}
			Expect(try(root, kind)).To(MatchError(unix.ENOSPC))
		})

		It("of kind "+string(kind)+" counts for each effective uid on its own", Label(string(kind)), Proves("limit-counted-per-uid"), func() {
			need(kind)
			root := worldOfTwo()
			one, inName := effectively(root, 1), inAllButEffect(root, 1)
			setLimit(root, kind, 1)
			Expect(try(root, kind)).To(Succeed())
			Expect(try(root, kind)).To(MatchError(unix.ENOSPC), "uid 0 at its limit")
			Expect(try(inName, kind)).To(MatchError(unix.ENOSPC), "uid 0, which is 1 in all but effect")
			Expect(try(one, kind)).To(Succeed(), "uid 1, which has none yet")
			Expect(try(one, kind)).To(MatchError(unix.ENOSPC), "uid 1 at its limit")
			setLimit(root, kind, 2)
			Expect(try(one, kind)).To(Succeed(), "uid 1")
			Expect(try(one, kind)).To(MatchError(unix.ENOSPC), "uid 1 at its limit")
			Expect(try(root, kind)).To(Succeed(), "uid 0")
			Expect(try(root, kind)).To(MatchError(unix.ENOSPC), "uid 0 at its limit")
		})
	}

	for _, way := range harness.Ways() {
		promise := "limit-clone-enospc"
		if way == harness.ByUnshare {
			promise = "limit-unshare-enospc"
		}
		It(fmt.Sprintf("of user namespaces gives ENOSPC to the %s by who has no capability", way), Label("user"), Proves(promise), func() {
			root := worldOfTwo()
			nobody := Get(root.Fork())
			Arrange(nobody.Setresuid(1, 1, 1))
			Expect(Get(nobody.Capget()).Effective).To(BeZero())
			setLimit(root, nsutil.User, 1)
			_, err := nobody.Isolate(way, nsutil.User)
			Expect(err).NotTo(HaveOccurred(), "the first")
			_, err = nobody.Isolate(way, nsutil.User)
			Expect(err).To(MatchError(unix.ENOSPC), "the second")
		})
	}

	It("of user namespaces comes beside the limit of their nesting", Proves("limit-besides-nesting-depth"), func() {
		shallow := world()
		setLimit(shallow, nsutil.User, 1)
		Expect(try(shallow, nsutil.User)).To(Succeed())
		Expect(try(shallow, nsutil.User)).To(MatchError(unix.ENOSPC), "far from the limit of nesting")

		root := world()
		deep := Get(root.Fork())
		depth := 1
		for err := error(nil); ; depth++ {
			if err = deep.Unshare(unix.CLONE_NEWUSER); err != nil {
				Expect(err).To(MatchError(unix.ENOSPC))
				break
			}
			Expect(depth).To(BeNumerically("<", 40), "levels, all of which can be made")
			Arrange(mapSelf(deep))
		}
		Expect(depth).To(BeNumerically(">", 1))
		for _, s := range []*harness.Subject{root, deep} {
			Expect(limitOf(s, nsutil.User)).To(Equal(fmt.Sprint(unlimited)), "far from the limit of number")
		}
		Expect(deep.Unshare(unix.CLONE_NEWUTS)).To(Succeed(), "of a kind that does not nest")
		Expect(try(root, nsutil.User)).To(Succeed(), "at a shallow level")
	})
})

// refuseTogether claims that a call for namespaces of all kinds is refused when the
// limit of one of them, with which it would still come together in a new user
// namespace, is 0.
func refuseTogether(way harness.Way, kind nsutil.Kind) {
	if way == harness.ByClone && kind == nsutil.Time {
		return // clone(2) has no flag for it
	}
	root := world()
	all := slices.DeleteFunc(limited(), func(k nsutil.Kind) bool { return way == harness.ByClone && k == nsutil.Time })
	for _, k := range all {
		setLimit(root, k, 1)
	}
	setLimit(root, kind, 0)
	before := namespaces(root)
	caller, err := root.Isolate(way, all...)
	Expect(err).To(MatchError(unix.ENOSPC), "by %s", way)
	if way == harness.ByUnshare {
		Expect(namespaces(caller)).To(Equal(before), "after the refused call")
	}
	others := 0
	for _, k := range all {
		others |= k.Flag() &^ kind.Flag()
	}
	// What the call had made before it was refused is destroyed in its own time.
	next := Get(root.Fork())
	Eventually(func() error { return next.Unshare(others) }).WithPolling(polling).Should(Succeed(), "of all other kinds, whose limit is 1")
}

// mapSelf has root of a user namespace, who has just made one below with
// unshare(2), be its root.
func mapSelf(s *harness.Subject) error {
	for _, f := range [][2]string{{"setgroups", "deny"}, {"uid_map", "0 0 1"}, {"gid_map", "0 0 1"}} {
		if err := s.WriteFile("/proc/self/"+f[0], f[1], 0); err != nil {
			return fmt.Errorf("write %s: %w", f[0], err)
		}
	}
	return nil
}
