package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// setgroups sets the supplementary groups of s.
func setgroups(s *harness.Subject, groups ...uint32) error {
	list := [16]uint32{}
	copy(list[:], groups)
	_, err := s.Syscall("setgroups", unix.SYS_SETGROUPS, len(groups), harness.Struct(&list))
	return err
}

// groupsOf returns the supplementary groups of s as it sees them itself.
func groupsOf(s *harness.Subject) []uint32 {
	var list [64]uint32
	n, err := s.Syscall("getgroups", unix.SYS_GETGROUPS, len(list), harness.Struct(&list))
	Expect(err).NotTo(HaveOccurred())
	return list[:n]
}

// expectFixed claims that s can set no groups, and keeps those it has.
func expectFixed(s *harness.Subject, when string) {
	before := ids(s)
	Expect(setgroups(s)).To(MatchError(unix.EPERM), "no groups, %s", when)
	Expect(setgroups(s, 0)).To(MatchError(unix.EPERM), "a group, %s", when)
	Expect(setgroups(s, 1, 2, 3)).To(MatchError(unix.EPERM), "groups, %s", when)
	Expect(ids(s)).To(Equal(before))
}

// expectSettable claims that s, whose gids are those of a world from another
// number on, can set its groups.
func expectSettable(s *harness.Subject, from uint32) {
	for _, groups := range [][]uint32{{3}, {1, 2, 9}, {}} {
		Expect(setgroups(s, groups...)).To(Succeed())
		Expect(groupsOf(s)).To(BeEquivalentTo(groups))
		var outside []uint32
		for _, g := range groups {
			outside = append(outside, outer+from+g)
		}
		Expect(Get(nsutil.StatusOf(s.PID())).Groups).To(ConsistOf(outside), "groups outside")
	}
}

var _ = Specs("setgroups in a user namespace", Label("user", "idmaps"), func() {
	It("gives EPERM before there is a map of gids, whatever the file and the capabilities", Proves("user-setgroups-before-gid-map-eperm"), func() {
		w := newWorld()
		Expect(setgroups(w.root, 5)).To(Succeed())
		for _, way := range harness.Ways() {
			for _, word := range []string{"", "allow", "deny"} {
				s := Get(w.root.Isolate(way, nsutil.User))
				Expect(write(w.root, s, "uid_map", "0 0 100")).To(Succeed())
				if word != "" {
					Expect(write(s, s, "setgroups", word)).To(Succeed())
				}
				Expect(Get(s.Capget()).Effective & (1 << unix.CAP_SETGID)).NotTo(BeZero())
				expectFixed(s, word)
				Expect(Get(nsutil.StatusOf(s.PID())).Groups).To(Equal([]uint32{outer + 5}))
				expectFixed(Get(s.Fork()), "child, "+word)
				Expect(write(w.root, s, "gid_map", "0 100 50")).To(Succeed())
				if word == "deny" {
					expectFixed(s, word)
				} else {
					expectSettable(s, 100)
				}
			}
		}
	})

	It("gives EPERM where the file says deny", Proves("user-setgroups-denied-eperm"), func() {
		w := newWorld()
		Expect(setgroups(w.root, 5)).To(Succeed())
		for _, extents := range []string{"0 0 100", fillers(7) + "0 0 10"} {
			s := fresh(w.root)
			Expect(write(w.root, s, "setgroups", "deny")).To(Succeed())
			Expect(write(w.root, s, "uid_map", extents)).To(Succeed())
			Expect(write(w.root, s, "gid_map", extents)).To(Succeed())
			expectFixed(s, "by who is root there")
			expectFixed(Get(s.Fork()), "by a child")
			joiner := Get(w.root.Fork())
			Arrange(joiner.Join(s, nsutil.User))
			expectFixed(joiner, "by who has joined it")
			expectFixed(made(s, "0 0 5"), "in one below it")
			expectSettable(w.root, 0)
			Expect(setgroups(w.root, 5)).To(Succeed())
		}
		_, s := w.denied()
		Expect(write(s, s, "gid_map", "0 11 1")).To(Succeed())
		expectFixed(s, "by a user's")
	})

	It("works where the file says allow and there is a map of gids, with CAP_SETGID", Proves("user-setgroups-works-when-allowed", "user-setgroups-needs-cap-setgid-eperm"), func() {
		w := newWorld()
		for _, extents := range []string{"0 100 50", "0 100 50\n" + fillers(7)} {
			s := fresh(w.root)
			Expect(write(w.root, s, "uid_map", "0 0 100")).To(Succeed())
			Expect(write(w.root, s, "gid_map", extents)).To(Succeed())
			expectSettable(s, 100)
			expectSettable(as(s, 0, 1, unix.CAP_SETGID), 100)
			expectSettable(as(s, 7, 7, unix.CAP_SETGID), 100)
			joiner := Get(w.root.Fork())
			Arrange(joiner.Join(s, nsutil.User))
			expectSettable(joiner, 100)
			Expect(setgroups(s, 5)).To(Succeed())
			expectFixed(as(s, 0, 0), "by root without capabilities")
			expectFixed(as(s, 7, 7), "by a user")
			all := Get(s.Fork())
			without(all, unix.CAP_SETGID)
			expectFixed(all, "without CAP_SETGID")
			suspended := Get(s.Fork())
			caps := Get(suspended.Capget())
			caps.Effective &^= 1 << unix.CAP_SETGID
			Arrange(suspended.Capset(caps))
			expectFixed(suspended, "with CAP_SETGID permitted, not in effect")
		}
	})

	It("needs CAP_SETGID, in the suite's user namespace, too", Proves("user-setgroups-needs-cap-setgid-eperm"), func() {
		s := Spawn()
		Arrange(s.Setgroups())
		Expect(setgroups(as(s, 0, 0, unix.CAP_SETGID), 0)).To(Succeed())
		expectFixed(as(s, 0, 0), "without capabilities")
		all := Get(s.Fork())
		without(all, unix.CAP_SETGID)
		expectFixed(all, "with all capabilities but CAP_SETGID")
	})

	It("gives EINVAL with a gid that is not mapped, and sets none", Proves("user-setgroups-unmapped-gid-einval"), func() {
		w := newWorld()
		for _, extents := range []string{"10 100 20\n50 200 1", "10 100 20\n50 200 1\n" + fillers(7)} {
			s := fresh(w.root)
			Expect(write(w.root, s, "uid_map", "0 0 100")).To(Succeed())
			Expect(write(w.root, s, "gid_map", extents)).To(Succeed())
			Expect(setgroups(s, 11, 50)).To(Succeed())
			before := ids(s)
			for _, wrong := range []uint32{0, 9, 30, 49, 51, 4000, outer + 100, 4294967294, unmapped} {
				for _, groups := range [][]uint32{{wrong}, {wrong, 10, 11}, {10, wrong, 11}, {10, 11, wrong}, {10, 11, 12, 13, 14, 15, wrong}} {
					Expect(setgroups(s, groups...)).To(MatchError(unix.EINVAL), "%v", groups)
				}
			}
			Expect(ids(s)).To(Equal(before))
			Expect(setgroups(s, 10, 29, 50)).To(Succeed())
			Expect(Get(nsutil.StatusOf(s.PID())).Groups).To(ConsistOf(uint32(outer+100), uint32(outer+119), uint32(outer+200)))
		}
	})
})
