package newer

import (
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// offer is a way to give the option pidns=.
type offer struct {
	name string
	give func(s *harness.Subject, fs int, member *harness.Subject) error
}

var offers = []offer{
	{"a descriptor", func(s *harness.Subject, fs int, member *harness.Subject) error {
		return s.FsconfigFd(fs, "pidns", open(s, member, nsutil.PID))
	}},
	{"a path", func(s *harness.Subject, fs int, member *harness.Subject) error {
		return s.FsconfigString(fs, "pidns", nsutil.PID.File(member.PID()))
	}},
}

// processes returns the numbers that a procfs shows.
func processes(s *harness.Subject, dir string) []int {
	names, err := s.ReadDir(dir)
	Expect(err).NotTo(HaveOccurred())
	var all []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			all = append(all, n)
		}
	}
	return all
}

var _ = Specs("The option pidns= of procfs", Label("newer", "pid"), func() {
	for _, way := range append(offers, offer{name: "mount(2)"}) {
		It("shows the PID namespace that is given by "+way.name, Proves("procfs-pidns-option"), func() {
			kinds.Need(nsutil.PID)
			s := mounter()
			init := Get(s.Clone(unix.CLONE_NEWPID))
			child := Get(init.Fork())
			lower := Get(child.Clone(unix.CLONE_NEWPID))
			for _, target := range []struct {
				member *harness.Subject
				pids   []int
			}{{init, []int{1, 2, 3}}, {lower, []int{1}}} {
				dir := T().TempDir()
				if way.give == nil {
					Expect(s.Mount("proc", dir, "proc", 0, "pidns="+nsutil.PID.File(target.member.PID()))).To(Succeed())
				} else {
					fs := Get(s.Fsopen("proc"))
					Expect(way.give(s, fs, target.member)).To(Succeed())
					Expect(s.FsconfigCreate(fs)).To(Succeed())
					Expect(s.MoveMount(Get(s.Fsmount(fs, 0)), dir)).To(Succeed())
				}
				Expect(processes(s, dir)).To(Equal(target.pids))
				Expect(s.NSFile(dir + "/1/ns/pid")).To(Equal(ns(target.member, nsutil.PID)))
				_, err := s.Readlink(dir + "/self")
				Expect(err).To(MatchError(unix.ENOENT), "the reader is not in it")
				Expect(s.ReadFile(dir+"/1/status")).To(ContainSubstring("\nNSpid:\t1\n"), "numbers outside of it are not shown")
			}

			plain := T().TempDir()
			Arrange(s.Mount("proc", plain, "proc", 0, ""))
			Expect(processes(s, plain)).To(ContainElements(s.PID(), init.PID()), "without the option")
		})
	}

	It("cannot change what a mounted procfs shows", Proves("procfs-pidns-option"), func() {
		kinds.Need(nsutil.PID)
		s := mounter()
		init, dir := Get(s.Clone(unix.CLONE_NEWPID)), T().TempDir()
		Arrange(s.Mount("proc", dir, "proc", 0, ""))
		Expect(s.Mount("", dir, "", unix.MS_REMOUNT, "pidns="+nsutil.PID.File(init.PID()))).To(MatchError(unix.EBUSY))
		Expect(processes(s, dir)).To(ContainElement(s.PID()))
	})

	for _, way := range offers {
		It("takes the caller's own PID namespace and those below it, by "+way.name, Proves("procfs-pidns-option-needs-setns-privilege"), func() {
			kinds.Need(nsutil.PID)
			outside := mounter()
			upper := Get(outside.Clone(unix.CLONE_NEWPID))
			lower, aside := Get(upper.Clone(unix.CLONE_NEWPID)), Get(outside.Clone(unix.CLONE_NEWPID))
			lineage := map[*harness.Subject][]*harness.Subject{
				outside: {outside, upper, lower, aside}, upper: {upper, lower}, lower: {lower}, aside: {aside},
			}
			for caller, allowed := range lineage {
				for _, target := range lineage[outside] {
					err := way.give(caller, Get(caller.Fsopen("proc")), target)
					if slices.Contains(allowed, target) {
						Expect(err).NotTo(HaveOccurred(), "the namespace of %s to %s", target.Name(), caller.Name())
					} else {
						Expect(err).To(MatchError(unix.EINVAL), "the namespace of %s to %s", target.Name(), caller.Name())
					}
				}
			}
		})

		It("needs CAP_SYS_ADMIN over the owner, by "+way.name, Proves("procfs-pidns-option-needs-setns-privilege"), func() {
			kinds.Need(nsutil.PID, nsutil.User)
			outside := mounter()
			its := Get(outside.Clone(unix.CLONE_NEWPID))
			root := landlord("root")
			Arrange(root.Unshare(unix.CLONE_NEWNS))
			roots := Get(root.Clone(unix.CLONE_NEWPID))
			below := Get(roots.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWPID))
			for _, target := range []*harness.Subject{its, roots, below} {
				Expect(way.give(outside, Get(outside.Fsopen("proc")), target)).To(Succeed())
			}
			for _, target := range []*harness.Subject{roots, below} {
				Expect(way.give(root, Get(root.Fsopen("proc")), target)).To(Succeed(), "in the right user namespace")
			}
			fs := Get(root.Fsopen("proc"))
			Expect(root.FsconfigString(fs, "pidns", nsutil.PID.File(root.PID()))).To(MatchError(unix.EPERM), "one's own, which another user namespace owns")
		})
	}

	It("takes nothing but a PID namespace", Proves("procfs-pidns-option-needs-setns-privilege"), func() {
		s := mounter()
		settler := settle("settler")
		for _, kind := range without(nsutil.PID) {
			fs := Get(s.Fsopen("proc"))
			Expect(s.FsconfigFd(fs, "pidns", open(s, settler, kind))).To(MatchError(unix.EINVAL), "a %s namespace", kind)
			Expect(s.FsconfigString(fs, "pidns", kind.File(settler.PID()))).To(MatchError(unix.EINVAL), "a %s namespace", kind)
		}
		fs := Get(s.Fsopen("proc"))
		Expect(s.FsconfigFd(fs, "pidns", Get(s.PidfdOpen(settler.PID())))).To(MatchError(unix.EINVAL), "a pidfd")
		Expect(s.FsconfigString(fs, "pidns", "/proc/self/status")).To(MatchError(unix.EINVAL), "a file")
		Expect(s.FsconfigString(fs, "pidns", "/nowhere")).To(MatchError(unix.ENOENT), "nothing")
		Expect(s.FsconfigFd(fs, "pidns", open(s, settler, nsutil.PID))).To(Succeed())
	})
})
