package procns

import (
	"errors"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// idAt returns the identity of the namespace that the entry of s leads to.
func idAt(s *harness.Subject, name string) (nsutil.ID, error) {
	return nsutil.IDOf(entry{name: name}.of(s))
}

// ofChildren returns a subject's own namespace of a kind, and that of its children.
func ofChildren(s *harness.Subject, kind nsutil.Kind) (own, childrens nsutil.ID) {
	own, err := idAt(s, string(kind))
	Expect(err).NotTo(HaveOccurred())
	childrens, err = idAt(s, string(kind)+"_for_children")
	Expect(err).NotTo(HaveOccurred())
	return own, childrens
}

// setTo has s call setns with the entry of other.
func setTo(s, other *harness.Subject, name string, flag int) {
	fd, err := s.Open(entry{name: name}.of(other), unix.O_RDONLY|unix.O_CLOEXEC)
	Expect(err).NotTo(HaveOccurred())
	Expect(s.Setns(fd, flag)).To(Succeed())
	Arrange(s.Close(fd))
}

var _ = Specs("/proc/PID/ns/pid_for_children", Label("procns", "pid"), func() {
	It("leads where unshare and setns say, while ns/pid stays", Proves("procns-pid-for-children-follows-unshare-and-setns"), func() {
		s, elsewhere := Spawn(), Spawn(harness.Cloned(nsutil.PID), harness.Named("elsewhere"))
		home, childrens := ofChildren(s, nsutil.PID)
		Expect(childrens).To(Equal(home), "in the beginning")

		setTo(s, elsewhere, "pid", unix.CLONE_NEWPID)
		own, childrens := ofChildren(s, nsutil.PID)
		Expect(own).To(Equal(home))
		Expect(childrens).To(Equal(Get(elsewhere.NS(nsutil.PID))), "after setns")
		child := Get(s.Fork())
		Expect(child.NS(nsutil.PID)).To(Equal(childrens))
		Expect(elsewhere.Kill(Get(child.Getpid()), 0)).To(Succeed())

		setTo(s, s, "pid", unix.CLONE_NEWPID)
		own, childrens = ofChildren(s, nsutil.PID)
		Expect([]nsutil.ID{own, childrens}).To(HaveEach(home), "after setns to one's own")
		child = Get(s.Fork())
		Expect(child.NS(nsutil.PID)).To(Equal(home))

		Expect(s.Unshare(unix.CLONE_NEWPID)).To(Succeed())
		first, err := s.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Getpid()).To(Equal(1))
		own, childrens = ofChildren(s, nsutil.PID)
		Expect(own).To(Equal(home))
		Expect(childrens).To(Equal(Get(first.NS(nsutil.PID))), "after unshare")
		Expect(childrens).NotTo(BeElementOf(home, Get(elsewhere.NS(nsutil.PID))))
	})

	It("has no target or the new namespace as target before its first child", Proves("procns-pid-for-children-before-first-child"), func() {
		s := Spawn()
		home, before := ofChildren(s, nsutil.PID)
		Expect(before).To(Equal(home))
		Expect(s.Unshare(unix.CLONE_NEWPID)).To(Succeed())

		const path = "/proc/self/ns/pid_for_children"
		fd, err := s.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
		if errors.Is(err, unix.ENOENT) {
			Note("pid_for_children has no target before the first child")
			Expect(s.Readlink(path)).Error().To(MatchError(unix.ENOENT))
			Expect(s.Stat(path)).Error().To(MatchError(unix.ENOENT))
			Expect(s.Lstat(path)).Error().NotTo(HaveOccurred(), "the link itself is there")
			Expect(Get(s.Fork()).Getpid()).To(Equal(1))
			return
		}
		Expect(err).NotTo(HaveOccurred())
		Note("pid_for_children leads to the new namespace before its first child")
		st := Get(s.Fstat(fd))
		target := nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}
		Expect(target).NotTo(Equal(home))
		Expect(idAt(s, "pid_for_children")).To(Equal(target))
		Expect(s.Readlink(path)).To(HavePrefix("pid:["))
		first := Get(s.Fork())
		Expect(first.Getpid()).To(Equal(1))
		Expect(first.NS(nsutil.PID)).To(Equal(target))
	})

	It("leads to the first child's namespace as soon as that is there, and still when it has ended", Proves("procns-pid-for-children-after-first-child"), func() {
		s := Spawn()
		home := Get(s.NS(nsutil.PID))
		Expect(s.Unshare(unix.CLONE_NEWPID)).To(Succeed())
		first, err := s.Fork()
		Expect(err).NotTo(HaveOccurred())
		own, childrens := ofChildren(s, nsutil.PID)
		Expect(own).To(Equal(home))
		Expect(childrens).To(Equal(Get(first.NS(nsutil.PID))))
		Expect(childrens).NotTo(Equal(home))

		joined := Spawn(harness.Named("joined"))
		setTo(joined, s, "pid_for_children", unix.CLONE_NEWPID)
		member, err := joined.Fork()
		Expect(err).NotTo(HaveOccurred())
		Expect(member.NS(nsutil.PID)).To(Equal(childrens))
		Expect(first.Kill(Get(member.Getpid()), 0)).To(Succeed())

		Arrange(member.End()) // an init ends only after the last zombie of its namespace
		Arrange(first.End())
		Expect(idAt(s, "pid_for_children")).To(Equal(childrens), "when the first child has ended")
	})

	It("changes in place of ns/pid, which a process keeps for life", Proves("procns-pid-never-changes"), func() {
		s := Spawn(harness.Cloned(nsutil.PID), harness.Named("init"))
		home, first := Get(s.NS(nsutil.PID)), Get(s.Fork())
		same := func(after string) {
			Expect(s.NS(nsutil.PID)).To(Equal(home), after)
			Expect(s.Getpid()).To(Equal(1), after)
			Expect(first.Kill(1, 0)).To(Succeed(), after)
		}
		Expect(s.Unshare(unix.CLONE_NEWPID)).To(Succeed())
		same("after unshare")
		inner := Get(s.Fork())
		Expect(inner.NS(nsutil.PID)).NotTo(Equal(home), "the new namespace")
		same("after the first child")
		Expect(s.Unshare(unix.CLONE_NEWPID)).To(MatchError(unix.EINVAL))
		same("after a refused unshare")
		setTo(s, s, "pid", unix.CLONE_NEWPID)
		same("after setns to one's own")
		setTo(s, inner, "pid", unix.CLONE_NEWPID)
		same("after setns")
		Expect(Get(s.Fork()).NS(nsutil.PID)).To(Equal(Get(inner.NS(nsutil.PID))))
		same("after another child")
		Expect(s.Unshare(unix.CLONE_NEWUTS | unix.CLONE_NEWUSER)).To(Succeed())
		same("after unshare of other kinds")
	})
})

var _ = Specs("/proc/PID/ns/time_for_children", Label("procns", "time"), func() {
	It("leads where unshare and setns say, while unshare leaves ns/time", Proves("procns-time-for-children-follows-unshare-and-setns"), func() {
		s, elsewhere := Spawn(), Spawn(harness.Unshared(nsutil.Time), harness.Named("elsewhere"))
		home, childrens := ofChildren(s, nsutil.Time)
		Expect(childrens).To(Equal(home), "in the beginning")

		Expect(s.Unshare(unix.CLONE_NEWTIME)).To(Succeed())
		own, fresh := ofChildren(s, nsutil.Time)
		Expect(own).To(Equal(home), "after unshare")
		Expect(fresh).NotTo(BeElementOf(home, Get(elsewhere.NS(nsutil.Time))), "after unshare")
		child := Get(s.Fork())
		Expect(child.NS(nsutil.Time)).To(Equal(fresh))
		Expect(idAt(child, "time_for_children")).To(Equal(fresh))
		own, childrens = ofChildren(s, nsutil.Time)
		Expect([]nsutil.ID{own, childrens}).To(Equal([]nsutil.ID{home, fresh}), "after the first child")

		setTo(s, elsewhere, "time", unix.CLONE_NEWTIME)
		own, childrens = ofChildren(s, nsutil.Time)
		Expect([]nsutil.ID{own, childrens}).To(HaveEach(Get(elsewhere.NS(nsutil.Time))), "after setns")
		Expect(Get(s.Fork()).NS(nsutil.Time)).To(Equal(childrens))

		setTo(s, child, "time_for_children", unix.CLONE_NEWTIME)
		own, childrens = ofChildren(s, nsutil.Time)
		Expect([]nsutil.ID{own, childrens}).To(HaveEach(fresh), "after setns by time_for_children")
	})
})
