package clone

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// setTID has s call clone3 with a set_tid array, for a plain child.
func setTID(s *harness.Subject, tids ...int32) (*harness.Subject, error) {
	return s.Clone3SetTID(harness.CloneArgs{}, tids...)
}

// setTIDThread is setTID for a thread of s.
func setTIDThread(s *harness.Subject, tids ...int32) (*harness.Subject, error) {
	stack := Get(s.NewStack())
	return s.Clone3SetTID(harness.CloneArgs{Flags: thread, Stack: uint64(stack.Base), StackSize: uint64(stack.Size)}, tids...)
}

// setTIDNew is setTID with CLONE_NEWPID.
func setTIDNew(s *harness.Subject, tids ...int32) (*harness.Subject, error) {
	return s.Clone3SetTID(harness.CloneArgs{Flags: unix.CLONE_NEWPID}, tids...)
}

// nest returns the inits of n PID namespaces, each below the one before.
func nest(n int) []*harness.Subject {
	inits := []*harness.Subject{Spawn(harness.Cloned(nsutil.PID), harness.Named("init"))}
	for len(inits) < n {
		inits = append(inits, Get(inits[len(inits)-1].Clone(unix.CLONE_NEWPID)))
	}
	return inits
}

var _ = Specs("set_tid", Label("clone", "pid"), func() {
	It("of one element is the child's pid in its own PID namespace", Proves("clone-set-tid-picks-innermost-pid"), func() {
		inits := nest(2)
		joined := Spawn(harness.Named("joined"))
		Arrange(joined.Join(inits[1], nsutil.PID))
		for i, tid := range []int32{2, 7, 299, 300, 301, pidMax(inits[1]) - 1, 3} {
			maker := []*harness.Subject{inits[1], joined}[i%2]
			child, err := setTID(maker, tid)
			Expect(err).NotTo(HaveOccurred(), "%d by %s", tid, maker.Name())
			Expect(child.Getpid()).To(BeEquivalentTo(tid))
			Expect(inits[1].Kill(int(tid), 0)).To(Succeed(), "by the init of that namespace")
			Expect(innermost(child, 1)).To(Equal([]int{int(tid)}))
		}
		Expect(Get(inits[1].Fork()).Getpid()).To(Equal(4), "without it, the first that is free")
		further, err := setTIDThread(inits[1], 302)
		Expect(err).NotTo(HaveOccurred(), "of a thread")
		Expect(innermost(further, 1)).To(Equal([]int{302}))
		Expect(inits[1].Tgkill(1, 302, 0)).To(Succeed(), "the id of a thread")
	})

	It("of several elements are pids from the innermost PID namespace outward", Proves("clone-set-tid-innermost-first"), func() {
		inits := nest(3)
		child, err := setTID(inits[2], 5, 60, 700)
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(5))
		Expect(innermost(child, 3)).To(Equal([]int{5, 60, 700}))
		for i, pid := range []int{700, 60, 5} {
			Expect(inits[i].Kill(pid, 0)).To(Succeed())
		}
		child, err = setTID(inits[2], 6, 61)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 2)).To(Equal([]int{6, 61}))

		everywhere := kinds.FreePID()
		child, err = setTID(inits[2], 7, 62, 702, everywhere)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 4)).To(Equal([]int{7, 62, 702, int(everywhere)}))
		child, err = setTID(inits[1], 703, 63)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 2)).To(Equal([]int{703, 63}))
	})

	It("leaves the pids of PID namespaces further out alone", Proves("clone-set-tid-outer-levels-ordinary"), func() {
		inits := nest(3)
		next := innermost(Get(inits[2].Fork()), 3)
		for i, tid := range []int32{500, 44} {
			child, err := setTID(inits[2], tid)
			Expect(err).NotTo(HaveOccurred())
			Expect(innermost(child, 3)).To(Equal([]int{int(tid), next[1] + i + 1, next[2] + i + 1}))
		}
		child, err := setTID(inits[2], 77, 78)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 3)).To(Equal([]int{77, 78, next[2] + 3}))
	})

	It("begins, with CLONE_NEWPID, with the pid in the new PID namespace", Proves("clone-set-tid-first-is-new-namespace"), func() {
		init := nest(1)[0]
		child, err := setTIDNew(init, 1, 60)
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(1))
		Expect(innermost(child, 2)).To(Equal([]int{1, 60}))
		Expect(init.Kill(60, 0)).To(Succeed())
		Expect(changed(child, init)).To(Equal([]nsutil.Kind{nsutil.PID}))
		child, err = setTIDNew(init, 1)
		Expect(err).NotTo(HaveOccurred())
		Expect(innermost(child, 2)).To(Equal([]int{1, 2}))
	})
})
