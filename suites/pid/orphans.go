package pid

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// parentOf returns the number of the parent of s in the suite's PID namespace.
func parentOf(s *harness.Subject) (int, error) {
	status, err := nsutil.StatusOf(s.PID())
	return status.PPid, err
}

// expectAdopted claims that the adopter becomes the parent of s, whose number in
// the adopter's namespace is child, and collects it when it ends.
func expectAdopted(s, adopter *harness.Subject, child int) {
	eventually(parentOf).WithArguments(s).Should(Equal(adopter.PID()), "the parent of %s is %s", s.Name(), adopter.Name())
	Expect(s.Exit(9)).To(Succeed())
	Expect(expectChildEnds(adopter, child).ExitStatus()).To(Equal(9))
}

// seenFrom returns the number of s in the PID namespace that viewer is in.
func seenFrom(viewer, s *harness.Subject) int {
	return numbers(s)[len(numbers(viewer))-1]
}

var _ = Specs("An orphan of PID namespaces", Label("pid"), func() {
	// placed are the ways in which a parent places a child into a namespace below its own.
	placed := map[string]func(parent *harness.Subject) *harness.Subject{
		"clone": newInit,
		"unshare": func(parent *harness.Subject) *harness.Subject {
			Arrange(parent.Unshare(unix.CLONE_NEWPID))
			return fork(parent)
		},
		"setns": func(parent *harness.Subject) *harness.Subject {
			other := newInit(Get(parent.Clone(unix.CLONE_PARENT)))
			Expect(parent.Join(other, nsutil.PID)).To(Succeed())
			return fork(parent)
		},
	}
	for _, how := range []string{"clone", "unshare", "setns"} {
		It("that "+how+" has placed into another namespace goes to the init of its parent's", Proves("pid-orphan-goes-to-parents-init"), func() {
			init := newInit(Spawn())
			parent := fork(fork(init))
			orphan := placed[how](parent)
			Expect(pidns(orphan)).NotTo(Equal(pidns(parent)))
			Expect(parentOf(orphan)).To(Equal(parent.PID()))
			child := seenFrom(init, orphan)
			Arrange(parent.End())
			eventually(orphan.Getppid).Should(BeZero())
			expectAdopted(orphan, init, child)
		})
	}

	for _, way := range []string{"unshare", "setns"} {
		It("that "+way+" has placed into another namespace is adopted outside, and getppid stays 0", Proves("pid-orphan-adopted-across-boundary"), func() {
			init := newInit(Spawn())
			reaper := fork(init)
			Get(reaper.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
			for _, adopter := range []*harness.Subject{reaper, init} {
				parent := fork(adopter)
				orphan := placed[way](parent)
				inside := fork(orphan)
				Expect(orphan.Getppid()).To(BeZero())
				child := seenFrom(adopter, orphan)
				Arrange(parent.End())
				eventually(parentOf).WithArguments(orphan).Should(Equal(adopter.PID()))
				Expect(orphan.Getppid()).To(BeZero())
				Expect(inside.Getppid()).To(Equal(number(orphan)))
				Expect(inside.Exit(0)).To(Succeed())
				expectChildEnds(orphan, number(inside))
				expectAdopted(orphan, adopter, child)
			}
		})
	}

	It("goes to the nearest ancestor that is a subreaper, not to init", Proves("pid-orphan-goes-to-nearer-subreaper"), func() {
		init := newInit(Spawn())
		far := fork(init)
		near := fork(far)
		for _, s := range []*harness.Subject{far, near} {
			Get(s.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
		}
		beside := fork(near)
		Get(beside.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
		for _, adopter := range []*harness.Subject{near, far, init} {
			middle := fork(near)
			parent := fork(middle)
			orphan := fork(parent)
			Arrange(parent.End())
			Expect(orphan.Getppid()).To(Equal(number(adopter)))
			expectAdopted(orphan, adopter, number(orphan))
			if adopter != init {
				Get(adopter.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0))
			}
		}
	})

	It("that is inside never goes to a subreaper outside", Proves("pid-orphan-not-to-outer-subreaper"), func() {
		reaper := Spawn(harness.Named("subreaper outside"))
		Get(reaper.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
		init := newInit(fork(reaper))
		handed, between := joined(reaper, init)
		for _, parent := range []*harness.Subject{fork(init), fork(fork(init)), handed, fork(between)} {
			orphan := fork(parent)
			Expect(orphan.Getppid()).To(Equal(number(parent)))
			Arrange(parent.End())
			eventually(orphan.Getppid).Should(Equal(1))
			expectAdopted(orphan, init, number(orphan))
		}
		outsider := fork(fork(reaper))
		Arrange(fork(outsider).End())
		own := fork(outsider)
		Arrange(outsider.End())
		eventually(parentOf).WithArguments(own).Should(Equal(reaper.PID()), "outside it adopts")
	})

	It("does not go to a child of a subreaper", Proves("pid-subreaper-not-inherited"), func() {
		for call, birth := range map[string]func(*harness.Subject) (*harness.Subject, error){
			"fork": (*harness.Subject).Fork, "clone3": func(s *harness.Subject) (*harness.Subject, error) { return s.Clone3(harness.CloneArgs{}) },
		} {
			reaper := newInit(Spawn())
			reaper = fork(reaper)
			Get(reaper.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
			child := Get(birth(reaper))
			Expect(isSubreaper(child)).To(BeFalse(), call)
			Expect(isSubreaper(reaper)).To(BeTrue())
			parent := fork(child)
			orphan := fork(parent)
			Arrange(parent.End())
			Expect(orphan.Getppid()).To(Equal(number(reaper)), call)
			expectAdopted(orphan, reaper, number(orphan))
			init, err := reaper.Clone(unix.CLONE_NEWPID)
			Expect(err).NotTo(HaveOccurred())
			Expect(isSubreaper(init)).To(BeFalse(), "the init of a new namespace")
		}
	})

	It("goes to a subreaper that has executed a program", Proves("pid-subreaper-survives-execve"), func() {
		init := newInit(Spawn())
		for _, set := range []bool{true, false} {
			reaper := fork(init)
			if set {
				Get(reaper.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1))
			}
			parent := fork(reaper)
			orphan := fork(parent)
			Expect(program.RunWaiting(reaper)).To(Succeed())
			Arrange(parent.Exit(0))
			adopter := 1
			if set {
				adopter = number(reaper)
			}
			eventually(orphan.Getppid).Should(Equal(adopter))
			Arrange(reaper.Signal(unix.SIGKILL))
			eventually(orphan.Getppid).Should(Equal(1))
		}
	})
})

func isSubreaper(s *harness.Subject) bool {
	var set int32
	Get(s.Prctl(unix.PR_GET_CHILD_SUBREAPER, harness.Struct(&set)))
	return set != 0
}
