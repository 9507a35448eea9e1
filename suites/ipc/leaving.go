package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// exits are the ways in which a process leaves its IPC namespace. Each is made
// ready first, so that its call can be tried with other capabilities.
var exits = []struct {
	name  string
	ready func(s *harness.Subject) (leave func() error)
}{
	{"unshare", func(s *harness.Subject) func() error {
		return func() error { return s.Unshare(unix.CLONE_NEWIPC) }
	}},
	{"setns", func(s *harness.Subject) func() error {
		fd := Get(s.OpenNS(Spawn(harness.Cloned(nsutil.IPC), harness.Named("host")), nsutil.IPC))
		return func() error { return s.Setns(fd, unix.CLONE_NEWIPC) }
	}},
	{"setns with a pidfd", func(s *harness.Subject) func() error {
		fd := Get(s.PidfdOpen(Spawn(harness.Cloned(nsutil.IPC), harness.Named("host")).PID()))
		return func() error { return s.Setns(fd, unix.CLONE_NEWIPC) }
	}},
}

var _ = Specs("A process that leaves its IPC namespace", Label("ipc"), func() {
	for _, exit := range exits {
		It("by "+exit.name+" has its semaphore adjustments undone there", Proves("ipc-sem-undo-applied-on-leaving"), func() {
			witness := Spawn(harness.Cloned(nsutil.IPC), harness.Named("witness"))
			leaver, stayer := Get(witness.Fork()), Get(witness.Fork())
			key := freeKey()
			set := Get(witness.Semget(key, 3, create))
			values := func(s *harness.Subject, set int) [3]int {
				var values [3]int
				for i := range values {
					value, err := s.Semctl(set, i, harness.GETVAL, 0)
					Expect(err).NotTo(HaveOccurred())
					values[i] = value
				}
				return values
			}
			for i := range 3 {
				Get(witness.Semctl(set, i, harness.SETVAL, 10))
			}
			Expect(leaver.Semop(set, 0, -4, harness.SEM_UNDO)).To(Succeed())
			Expect(leaver.Semop(set, 1, +5, harness.SEM_UNDO)).To(Succeed())
			Expect(leaver.Semop(set, 1, +1, harness.SEM_UNDO)).To(Succeed())
			Expect(leaver.Semop(set, 2, +7, 0)).To(Succeed())
			Expect(stayer.Semop(set, 0, -1, harness.SEM_UNDO)).To(Succeed())
			Expect(values(witness, set)).To(Equal([3]int{5, 16, 17}), "before")

			leave := exit.ready(leaver)
			all := Get(leaver.Capget())
			some := all
			some.Effective &^= 1 << unix.CAP_SYS_ADMIN
			Arrange(leaver.Capset(some))
			Expect(leave()).To(MatchError(unix.EPERM), "without the capability to leave")
			Arrange(leaver.Capset(all))
			Expect(values(witness, set)).To(Equal([3]int{5, 16, 17}), "when it has been refused to leave")
			Expect(leaver.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
			child := isolate(leaver, harness.ByClone)
			Expect(values(witness, set)).To(Equal([3]int{5, 16, 17}), "while it is there")

			Expect(leave()).To(Succeed())
			Expect(values(witness, set)).To(Equal([3]int{9, 10, 17}), "when it has left; what others did, or without SEM_UNDO, stays")

			// A set of the new namespace has the same id.
			arrived := Get(leaver.Fork())
			own, err := leaver.Semget(key, 3, create)
			Expect(err).NotTo(HaveOccurred())
			for i := range 3 {
				Expect(leaver.Semctl(own, i, harness.SETVAL, 20)).To(BeZero())
			}
			Expect(leaver.Semop(own, 2, +1, harness.SEM_UNDO)).To(Succeed())
			Expect(values(arrived, own)).To(Equal([3]int{20, 20, 21}))
			Arrange(child.End())
			Arrange(leaver.End())
			Expect(values(arrived, own)).To(Equal([3]int{20, 20, 20}), "in the new namespace when it has ended")
			Expect(values(witness, set)).To(Equal([3]int{9, 10, 17}), "in the old namespace when it has ended")
			Arrange(stayer.End())
			Expect(values(witness, set)).To(Equal([3]int{10, 10, 17}), "when the other has ended")
		})

		It("by "+exit.name+" keeps the shared memory that it has attached", Proves("ipc-attached-shm-usable-after-leaving"), func() {
			witness := Spawn(harness.Cloned(nsutil.IPC), harness.Named("witness"))
			leaver := Get(witness.Fork())
			leave := exit.ready(leaver)
			keepsMemory(leaver, witness, func() { Expect(leave()).To(Succeed()) })
		})
	}

	It("at its birth by clone inherits the shared memory that its parent has attached", Proves("ipc-attached-shm-usable-after-leaving"), func() {
		parent := Spawn(harness.Cloned(nsutil.IPC), harness.Named("parent"))
		witness := Get(parent.Fork())
		for _, way := range []harness.Way{harness.ByClone, harness.ByClone3} {
			// The child's mapping has the address of its parent's.
			id := Get(parent.Shmget(unix.IPC_PRIVATE, page, create))
			addr := Get(parent.Shmat(id, 0))
			theirs := Get(witness.Shmat(id, 0))
			child := isolate(parent, way)
			_, err := segment.stat(child, unix.IPC_STAT, id)
			Expect(err).To(MatchError(unix.EINVAL), "by its id, from the new namespace")
			sharesMemory(child, addr, witness, theirs)
			Expect(segments(witness)).To(HaveKeyWithValue(int32(id), "3"), "attachments to the segment")
			Expect(child.Shmdt(addr)).To(Succeed())
			Expect(segments(witness)).To(HaveKeyWithValue(int32(id), "2"), "attachments to the segment")
		}
	})
})

// keepsMemory says that leaver shares memory with witness before and after it
// does leave.
func keepsMemory(leaver, witness *harness.Subject, leave func()) {
	key := freeKey()
	id := Get(segment.open(witness, key, create))
	addr, err := leaver.Shmat(id, 0)
	Expect(err).NotTo(HaveOccurred())
	readOnly, err := leaver.Shmat(id, unix.SHM_RDONLY)
	Expect(err).NotTo(HaveOccurred())
	theirs := Get(witness.Shmat(id, 0))
	Expect(leaver.Poke(addr, []byte("from before"))).To(Succeed())

	leave()
	_, err = segment.open(leaver, key, 0)
	Expect(err).To(MatchError(unix.ENOENT), "it has left")
	Expect(leaver.Peek(addr, 11)).To(BeEquivalentTo("from before"))
	sharesMemory(leaver, addr, witness, theirs)
	Expect(leaver.Peek(readOnly, 5)).To(Equal(Get(leaver.Peek(addr, 5))), "where it is attached a second time")
	Expect(segments(witness)).To(HaveKeyWithValue(int32(id), "3"), "attachments to the segment")

	Expect(leaver.Shmdt(readOnly)).To(Succeed())
	Expect(segments(witness)).To(HaveKeyWithValue(int32(id), "2"), "attachments to the segment")
	Expect(witness.Shmdt(theirs)).To(Succeed())
	Expect(segment.remove(witness, key, id)).To(Succeed())
	Expect(leaver.Poke(addr, []byte("alone"))).To(Succeed())
	Expect(leaver.Peek(addr, 5)).To(BeEquivalentTo("alone"), "when the segment has been removed")
	Arrange(witness.End())
	Expect(leaver.Peek(addr, 5)).To(BeEquivalentTo("alone"), "when the old namespace has no member any more")
	Expect(leaver.Shmdt(addr)).To(Succeed())
	_, err = leaver.Peek(addr, 5)
	Expect(err).To(MatchError(unix.EFAULT), "when it is detached")
}

// sharesMemory says that what one writes, the other reads.
func sharesMemory(a *harness.Subject, atA uintptr, b *harness.Subject, atB uintptr) {
	Expect(a.Poke(atA, []byte("written by a"))).To(Succeed())
	Expect(b.Peek(atB, 12)).To(BeEquivalentTo("written by a"))
	Expect(b.Poke(atB, []byte("written by b"))).To(Succeed())
	Expect(a.Peek(atA, 12)).To(BeEquivalentTo("written by b"))
}

// segments returns the ids of the segments in s's namespace, each with the
// number of its attachments.
func segments(s *harness.Subject) (map[int32]string, error) {
	all, err := listed(s, nsutil.SysVShm)
	attached := map[int32]string{}
	for _, o := range all {
		attached[o.ID] = o.Columns["nattch"]
	}
	return attached, err
}
