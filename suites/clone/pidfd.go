package clone

import (
	"encoding/binary"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// cloneDetached is CLONE_DETACHED, which has had no effect since Linux 2.6.2.
const cloneDetached = 0x00400000

// withPidfd has s make a child with CLONE_PIDFD and returns the child's pidfd.
func withPidfd(way harness.Way, s *harness.Subject, flags int) (child *harness.Subject, pidfd int) {
	at := Get(s.Map(unix.Getpagesize()))
	Arrange(s.Poke(at, []byte{0xff, 0xff, 0xff, 0xff}))
	child, err := pidfdTo(way, s, flags|unix.CLONE_PIDFD, at)
	Expect(err).NotTo(HaveOccurred())
	fd := int32(binary.NativeEndian.Uint32(Get(s.Peek(at, 4))))
	Expect(fd).To(BeNumerically(">=", 0), "descriptor")
	return child, int(fd)
}

// pidfdTo has s call clone or clone3, with at as the place for a pidfd, and for
// clone(2), where that is the same argument, for the child's thread id.
func pidfdTo(way harness.Way, s *harness.Subject, flags int, at uintptr) (*harness.Subject, error) {
	var stack harness.Stack
	if flags&unix.CLONE_VM != 0 {
		stack = Get(s.NewStack())
	}
	if way == harness.ByClone3 {
		return s.Clone3(harness.CloneArgs{
			Flags: uint64(flags), PidFD: uint64(at), ParentTID: uint64(at) + 8,
			Stack: uint64(stack.Base), StackSize: uint64(stack.Size),
		})
	}
	if flags&unix.CLONE_THREAD == 0 {
		flags |= int(unix.SIGCHLD)
	}
	return s.CloneRaw(flags, "clone", unix.SYS_CLONE, harness.Hex(flags), harness.Hex(stack.Pointer()), harness.Hex(at), 0, 0)
}

// ended says whether the pidfd tells that what it is of has ended.
func ended(s *harness.Subject, pidfd int) bool {
	poll, now := unix.PollFd{Fd: int32(pidfd), Events: unix.POLLIN}, unix.Timespec{}
	ready, err := s.Syscall("ppoll", unix.SYS_PPOLL, harness.Struct(&poll), 1, harness.Struct(&now), nil, 0)
	Expect(err).NotTo(HaveOccurred())
	return ready == 1 && poll.Revents&unix.POLLIN != 0
}

func descriptors(s *harness.Subject) []string {
	return Get(s.ReadDir("/proc/self/fd"))
}

var _ = Specs("CLONE_PIDFD", Label("clone"), func() {
	for _, way := range ways {
		It(fmt.Sprintf("of a %s gives the parent alone a pidfd of the child, closed by exec", way), Proves("clone-pidfd-cloexec-in-parent"), func() {
			s := Spawn(harness.Named("parent"))
			before := descriptors(s)
			for _, flags := range []int{0, unix.CLONE_NEWPID, unix.CLONE_NEWUSER | unix.CLONE_NEWUTS} {
				child, pidfd := withPidfd(way, s, flags)
				Expect(descriptors(s)).To(HaveLen(len(before)+1), "descriptors of the parent")
				Expect(s.Fcntl(pidfd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
				Expect(child.Fcntl(pidfd, unix.F_GETFD, 0)).Error().To(MatchError(unix.EBADF), "in the child")
				Expect(s.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))).To(ContainSubstring("Pid:\t%d\n", child.PID()))

				other := Get(s.Fork())
				Arrange(other.End())
				Expect(ended(s, pidfd)).To(BeFalse(), "when another child has ended")
				Expect(s.Syscall("pidfd_send_signal", unix.SYS_PIDFD_SEND_SIGNAL, pidfd, int(unix.SIGKILL), nil, 0)).Error().NotTo(HaveOccurred())
				status, err := child.Wait()
				Expect(err).NotTo(HaveOccurred())
				Expect(status.Signal()).To(Equal(unix.SIGKILL))
				Expect(ended(s, pidfd)).To(BeTrue(), "when the child has ended")
				Arrange(s.Close(pidfd))
			}
		})

		It(fmt.Sprintf("of a %s with CLONE_THREAD gives a pidfd of the thread", way), Proves("clone-pidfd-of-thread"), func() {
			s := Spawn(harness.Named("process"))
			process := Get(s.PidfdOpen(Get(s.Getpid())))
			other := Get(s.CloneVM(thread))
			child, pidfd := withPidfd(way, s, thread)
			Expect(s.Fcntl(pidfd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
			Expect(s.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))).To(ContainSubstring("Pid:\t%d\n", child.NSPID()))
			other.Syscall("exit", unix.SYS_EXIT, 0)
			Expect(ended(s, pidfd)).To(BeFalse(), "when another thread has ended")
			child.Syscall("exit", unix.SYS_EXIT, 0)
			Eventually(func() bool { return ended(s, pidfd) }).WithPolling(polling).Should(BeTrue(), "when the thread has ended")
			Expect(ended(s, process)).To(BeFalse(), "of the process")
		})
	}

	It("is refused by clone with CLONE_PARENT_SETTID, and taken by clone3, where each has its place", Proves("clone-pidfd-with-parent-settid-einval"), func() {
		s := Spawn()
		at := Get(s.Map(unix.Getpagesize()))
		before := descriptors(s)
		both := unix.CLONE_PIDFD | unix.CLONE_PARENT_SETTID
		for _, more := range []int{0, unix.CLONE_FILES, unix.CLONE_NEWUTS} {
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return pidfdTo(harness.ByClone, s, both|more, at) })
			Expect(descriptors(s)).To(HaveLen(len(before)))
			Expect(s.Peek(at, 4)).To(Equal([]byte{0, 0, 0, 0}), "at the address")
		}
		child, err := pidfdTo(harness.ByClone, s, unix.CLONE_PARENT_SETTID, at)
		Expect(err).NotTo(HaveOccurred())
		Expect(binary.NativeEndian.Uint32(Get(s.Peek(at, 4)))).To(BeEquivalentTo(child.NSPID()))
		child, err = pidfdTo(harness.ByClone3, s, both, at)
		Expect(err).NotTo(HaveOccurred())
		Expect(binary.NativeEndian.Uint32(Get(s.Peek(at+8, 4)))).To(BeEquivalentTo(child.NSPID()))
		Expect(descriptors(s)).To(HaveLen(len(before) + 1))
	})

	It("is refused by clone with CLONE_DETACHED, which clone3 always refuses and clone ignores", Proves("clone-pidfd-with-detached-einval"), func() {
		s := Spawn()
		at := Get(s.Map(unix.Getpagesize()))
		before := descriptors(s)
		refused := map[harness.Way][]int{
			harness.ByClone:  {unix.CLONE_PIDFD | cloneDetached, unix.CLONE_PIDFD | cloneDetached | unix.CLONE_FS},
			harness.ByClone3: {unix.CLONE_PIDFD | cloneDetached, cloneDetached, cloneDetached | unix.CLONE_NEWUTS},
		}
		for way, rows := range refused {
			for _, flags := range rows {
				expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return pidfdTo(way, s, flags, at) }, "%s of %#x", way, flags)
				Expect(descriptors(s)).To(HaveLen(len(before)))
			}
		}
		Expect(pidfdTo(harness.ByClone, s, cloneDetached, at)).Error().NotTo(HaveOccurred())
		for _, way := range ways {
			Expect(pidfdTo(way, s, unix.CLONE_PIDFD, at)).Error().NotTo(HaveOccurred())
		}
	})
})
