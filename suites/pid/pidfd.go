package pid

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// pidfdThread is PIDFD_THREAD, from include/uapi/linux/pidfd.h.
const pidfdThread = unix.O_EXCL

// descriptor returns the path of a descriptor of s in the suite's procfs.
func descriptor(s *harness.Subject, fd int) string { return procPath(s, fmt.Sprintf("fd/%d", fd)) }

// readable says whether poll(2) finds POLLIN on s's descriptor at once.
func readable(s *harness.Subject, fd int) (bool, error) {
	poll := unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	_, err := s.Syscall("ppoll", unix.SYS_PPOLL, harness.Struct(&poll), 1, harness.Struct(&unix.Timespec{}), nil, 0)
	return poll.Revents&unix.POLLIN != 0, err
}

// watching returns an epoll instance of s that waits for POLLIN on fd.
func watching(s *harness.Subject, fd int) int {
	watch := int(Get(s.Syscall("epoll_create1", unix.SYS_EPOLL_CREATE1, unix.EPOLL_CLOEXEC)))
	Get(s.Syscall("epoll_ctl", unix.SYS_EPOLL_CTL, watch, unix.EPOLL_CTL_ADD, fd, harness.Struct(&unix.EpollEvent{Events: unix.EPOLLIN})))
	return watch
}

// reported says whether an epoll instance has been woken by a descriptor that it
// watches: unlike poll(2) it does not look at those that have not.
func reported(s *harness.Subject, watch int) (bool, error) {
	n, err := s.Syscall("epoll_pwait", unix.SYS_EPOLL_PWAIT, watch, harness.Struct(new(unix.EpollEvent)), 1, 0, nil, 8)
	return n == 1, err
}

var _ = Specs("A pidfd", Label("pid"), func() {
	It("takes a signal of a sender in the target's namespace or in one above", Proves("pid-pidfd-signal-from-same-or-ancestor"), func() {
		outside := Spawn()
		init := newInit(outside)
		nested := newInit(init)
		target := fork(nested)
		Arrange(target.Handle(unix.SIGUSR1))
		handed, _ := joined(outside, nested)
		told := 0
		for _, sender := range []*harness.Subject{outside, fork(outside), init, nested, fork(nested), handed, target} {
			fd := Get(sender.PidfdOpen(seenFrom(sender, target)))
			Expect(sender.PidfdSendSignal(fd, 0)).To(Succeed(), sender.Name())
			Expect(sender.PidfdSendSignal(fd, unix.SIGUSR1)).To(Succeed(), sender.Name())
			expectHandles(target, told, sender.Name())
			told++
		}
		heir := Get(init.Clone(unix.CLONE_NEWUTS))
		fd := Get(init.PidfdOpen(seenFrom(init, target)))
		user := Get(init.Fork())
		Expect(user.PidfdSendSignal(fd, unix.SIGUSR1)).To(Succeed(), "by a descriptor of another's")
		expectHandles(target, told)
		Expect(heir.PidfdSendSignal(Get(heir.PidfdOpen(seenFrom(heir, target))), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(nested, target.NSPID()).Signal()).To(Equal(unix.SIGKILL))
		Expect(outside.PidfdSendSignal(Get(outside.PidfdOpen(nested.PID())), unix.SIGKILL)).To(Succeed())
	})

	It("takes no signal of a sender who does not see the target", Proves("pid-pidfd-signal-outside-subtree-einval"), func() {
		outside := Spawn()
		Arrange(outside.Handle(unix.SIGUSR1))
		sibling := newInit(outside)
		target := fork(outside)
		fds := map[*harness.Subject]int{}
		for _, s := range []*harness.Subject{outside, target, sibling} {
			fds[s] = Get(outside.PidfdOpen(s.PID()))
		}
		init := newInit(outside) // with these descriptors
		nested := newInit(init)
		own := fork(init)
		fds[own] = Get(init.PidfdOpen(own.NSPID()))
		below := newInit(init)
		for s, fd := range fds {
			for _, sender := range []*harness.Subject{init, nested, below} {
				if s == own && sender != below {
					continue
				}
				for _, sig := range []unix.Signal{0, unix.SIGUSR1, unix.SIGKILL} {
					Expect(sender.PidfdSendSignal(fd, sig)).To(MatchError(unix.EINVAL), "%s to %s", sender.Name(), s.Name())
				}
			}
			Get(s.Getpid())
			Expect(s.Handled()).To(BeEmpty())
			expectUntouched(s, "after refused calls")
		}
		child, _ := joined(outside, init)
		Expect(child.PidfdSendSignal(fds[target], unix.SIGUSR1)).To(MatchError(unix.EINVAL), "of one who has been placed inside")
		Expect(outside.PidfdSendSignal(fds[target], unix.SIGUSR1)).To(Succeed(), "by the same descriptor")
		expectHandles(target, 0)
	})

	It("is opened for the process of that number in the caller's namespace", Proves("pid-pidfd-open-in-callers-namespace"), func() {
		outside := newInit(Spawn())
		init := newInit(outside)
		same, above := kinds.FreePID(), kinds.FreePID()
		outer, inner := Get(outside.Clone3SetTID(harness.CloneArgs{}, same)), Get(init.Clone3SetTID(harness.CloneArgs{}, same))
		onlyOuter := Get(outside.Clone3SetTID(harness.CloneArgs{}, above))
		for _, s := range []*harness.Subject{outer, inner} {
			Arrange(s.Handle(unix.SIGUSR1))
		}
		ofInner, err := init.PidfdOpen(int(same))
		Expect(err).NotTo(HaveOccurred())
		Expect(init.PidfdSendSignal(ofInner, unix.SIGUSR1)).To(Succeed())
		expectHandles(inner, 0)
		Expect(outer.Handled()).To(BeEmpty())
		ofOuter, err := outside.PidfdOpen(int(same))
		Expect(err).NotTo(HaveOccurred())
		Expect(outside.PidfdSendSignal(ofOuter, unix.SIGUSR1)).To(Succeed())
		expectHandles(outer, 0)
		Expect(Get(inner.Handled())).To(HaveLen(1))
		ofInner = Get(outside.PidfdOpen(seenFrom(outside, inner)))
		Expect(outside.PidfdSendSignal(ofInner, unix.SIGUSR1)).To(Succeed(), "by the outer number of the inner one")
		expectHandles(inner, 1)
		for _, s := range []*harness.Subject{init, fork(init), newInit(init)} {
			for _, invisible := range []int{int(above), onlyOuter.PID(), outside.PID()} {
				_, err := s.PidfdOpen(invisible)
				Expect(err).To(MatchError(unix.ESRCH), "%d to %s", invisible, s.Name())
			}
		}
	})

	It("is close-on-exec", Proves("pid-pidfd-open-cloexec"), func() {
		s := Spawn()
		init := newInit(s)
		for _, target := range []*harness.Subject{s, init} {
			for _, flags := range []int{0, unix.PIDFD_NONBLOCK} {
				fd := int(Get(s.Syscall("pidfd_open", unix.SYS_PIDFD_OPEN, target.PID(), harness.Hex(flags))))
				Expect(s.Fcntl(fd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
			}
		}
		fd := Get(s.PidfdOpen(s.PID()))
		stays := Get(s.Fcntl(fd, unix.F_DUPFD, 0))
		Expect(program.RunWaiting(s)).To(Succeed())
		witness := Spawn()
		_, err := witness.Lstat(descriptor(s, fd))
		Expect(err).To(MatchError(unix.ENOENT), "execve has closed it")
		_, err = witness.Lstat(descriptor(s, stays))
		Expect(err).NotTo(HaveOccurred(), "a copy that is not stays")
	})

	It("of an init becomes readable when the namespace has ended, and not before", Proves("pid-pidfd-of-init-polls-on-end"), func() {
		outside := Spawn()
		for _, exit := range []bool{true, false} {
			init := newInit(outside)
			handed, parent := joined(outside, init)
			member := fork(init)
			fd := Get(outside.PidfdOpen(init.PID()))
			watch := watching(outside, fd)
			Expect(readable(outside, fd)).To(BeFalse())
			Arrange(fork(init).End())
			Expect(readable(outside, fd)).To(BeFalse(), "when another process has ended")
			if exit {
				Expect(init.Exit(0)).To(Succeed())
			} else {
				Expect(outside.PidfdSendSignal(fd, unix.SIGKILL)).To(Succeed())
			}
			expectEnds(handed, "init has ended")
			expectEnds(member, "init has ended")
			Expect(readable(outside, fd)).To(BeFalse(), "a member has not been collected yet")
			Expect(reported(outside, watch)).To(BeFalse(), "by epoll")
			Expect(expectChildEnds(parent, handed.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			eventually(func() (bool, error) { return readable(outside, fd) }).Should(BeTrue())
			eventually(func() (bool, error) { return reported(outside, watch) }).Should(BeTrue(), "those who wait are woken")
			expectChildEnds(outside, init.NSPID())
			Expect(readable(outside, fd)).To(BeTrue(), "when it has been collected")
		}
	})

	It("of a thread that leads no thread group is opened with PIDFD_THREAD only", Proves("pid-pidfd-open-of-thread-needs-flag"), func() {
		s := newInit(Spawn())
		maker := fork(s)
		thread := Get(maker.Thread())
		_, err := s.PidfdOpen(thread.NSPID())
		Expect(err).To(MatchError(refusal()))
		fd, err := s.Syscall("pidfd_open", unix.SYS_PIDFD_OPEN, thread.NSPID(), harness.Hex(pidfdThread))
		Expect(err).NotTo(HaveOccurred())
		info := Get(os.ReadFile(procPath(s, fmt.Sprintf("fdinfo/%d", fd))))
		Expect(statusLine(string(info), "NSpid")).To(HaveSuffix(fmt.Sprintf(" %d", thread.NSPID())))
		Expect(readable(s, int(fd))).To(BeFalse())
		for _, flags := range []int{0, pidfdThread} {
			_, err = s.Syscall("pidfd_open", unix.SYS_PIDFD_OPEN, number(maker), harness.Hex(flags))
			Expect(err).NotTo(HaveOccurred(), "of a leader with flags %#x", flags)
		}
		Arrange(maker.End())
		Expect(readable(s, int(fd))).To(BeTrue(), "it is the thread's")
	})
})

// refusal is the error of pidfd_open(2) for a thread that leads no thread group.
func refusal() unix.Errno {
	if Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 6, Minor: 16}) {
		return unix.ENOENT
	}
	return unix.EINVAL
}
