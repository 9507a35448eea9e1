package unshare

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// semaphore is one in an IPC namespace of its own.
type semaphore struct {
	id      int
	witness *harness.Subject
}

func newSemaphore(value int) semaphore {
	witness := Spawn(harness.Cloned(nsutil.IPC), harness.Named("witness"))
	id := Get(witness.Semget(unix.IPC_PRIVATE, 1, 0o600))
	Get(witness.Semctl(id, 0, harness.SETVAL, value))
	return semaphore{id, witness}
}

func (m semaphore) value() (int, error) { return m.witness.Semctl(m.id, 0, harness.GETVAL, 0) }

// take has s take n from the semaphore, to be given back as it exits.
func (m semaphore) take(s *harness.Subject, n int) {
	before := Get(m.value())
	Arrange(s.Semop(m.id, 0, -n, harness.SEM_UNDO))
	Expect(m.value()).To(Equal(before - n))
}

var _ = Specs("unshare of the list of semaphore adjustments", Label("unshare", "ipc"), func() {
	It("gives the caller an empty one", Proves("unshare-sysvsem-empty-list"), func() {
		m := newSemaphore(20)
		other := Get(m.witness.Fork())
		s := Get(other.Clone(unix.CLONE_SYSVSEM))
		m.take(s, 2)
		m.take(other, 3)
		before := stateOf(s)
		Expect(s.Unshare(unix.CLONE_SYSVSEM)).To(Succeed())
		Expect(stateOf(s)).To(Equal(before))
		Expect(m.value()).To(Equal(15), "after unshare, while the other process has the list")
		m.take(s, 4)
		m.take(other, 5)
		Arrange(s.End())
		Expect(m.value()).To(Equal(10), "when the caller has ended, which took 4 since")
		Arrange(other.End())
		Expect(m.value()).To(Equal(20), "when the other process has ended, too")
	})

	It("applies it when nobody else uses it", Proves("unshare-sysvsem-last-user-applies"), func() {
		m := newSemaphore(20)
		s := Get(m.witness.Fork())
		m.take(s, 2)
		Expect(s.Unshare(0)).To(Succeed())
		Expect(s.Unshare(unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_NEWUTS)).To(Succeed())
		Expect(m.value()).To(Equal(18), "after unshare of other things")
		Expect(s.Unshare(unix.CLONE_SYSVSEM)).To(Succeed())
		Expect(m.value()).To(Equal(20))
		m.take(s, 1)
		Expect(s.Unshare(unix.CLONE_SYSVSEM|unix.CLONE_FS|unix.CLONE_FILES)).To(Succeed(), "with others")
		Expect(m.value()).To(Equal(20))
		m.take(s, 1)
		Arrange(s.End())
		Expect(m.value()).To(Equal(20), "when it has ended: nothing is applied twice")
	})

	It("applies it when the last of several does so", Proves("unshare-sysvsem-last-user-applies", "unshare-sysvsem-empty-list"), func() {
		m := newSemaphore(20)
		first := Get(m.witness.Fork())
		second := Get(first.Clone(unix.CLONE_SYSVSEM))
		third := Get(first.Clone(unix.CLONE_SYSVSEM))
		m.take(first, 2)
		m.take(second, 3)
		Expect(first.Unshare(unix.CLONE_SYSVSEM)).To(Succeed())
		Expect(m.value()).To(Equal(15), "after the first of three")
		Arrange(second.End())
		Expect(m.value()).To(Equal(15), "after the second, by its end")
		Expect(third.Unshare(unix.CLONE_SYSVSEM)).To(Succeed())
		Expect(m.value()).To(Equal(20), "after the third, which has not used any itself")
	})

	It("comes with CLONE_NEWIPC", Proves("unshare-newipc-implies-sysvsem"), func() {
		m := newSemaphore(20)
		more := Get(m.witness.Fork())
		m.take(more, 3)
		expectMoved(more, unix.CLONE_NEWIPC|unix.CLONE_NEWUTS, nsutil.IPC, nsutil.UTS)
		Expect(m.value()).To(Equal(20), "with another kind")
		s := Get(m.witness.Fork())
		m.take(s, 2)
		expectMoved(s, unix.CLONE_NEWIPC, nsutil.IPC)
		Expect(m.value()).To(Equal(20), "in the IPC namespace that the caller has left")

		id := Get(s.Semget(unix.IPC_PRIVATE, 1, 0o600))
		inner := semaphore{id, Get(s.Fork())}
		Get(s.Semctl(id, 0, harness.SETVAL, 5))
		inner.take(s, 1)
		Arrange(s.End())
		Expect(inner.value()).To(Equal(5), "in the new one, at the caller's end")
		Expect(m.value()).To(Equal(20))
	})

	It("comes with CLONE_NEWIPC, as at exit: others that use the list keep it", Proves("unshare-newipc-implies-sysvsem"), func() {
		m := newSemaphore(20)
		other := Get(m.witness.Fork())
		s := Get(other.Clone(unix.CLONE_SYSVSEM))
		m.take(s, 2)
		m.take(other, 3)
		expectMoved(s, unix.CLONE_NEWIPC, nsutil.IPC)
		Expect(m.value()).To(Equal(15), "while the other process has the list")
		Arrange(s.End())
		Expect(m.value()).To(Equal(15), "when the caller has ended")
		Arrange(other.End())
		Expect(m.value()).To(Equal(20), "when the other process has ended, too")
	})
})
