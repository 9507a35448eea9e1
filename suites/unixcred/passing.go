package unixcred

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// messengers returns two processes with the ends of a socket pair, which are in
// different namespaces of all kinds: everything of the receiver's is its own.
func messengers() (sender *harness.Subject, from int, receiver *harness.Subject, to int) {
	kinds.Need(nsutil.Kinds()...)
	sender = Spawn(harness.Named("sender"))
	from, to, err := sender.Socketpair(unix.SOCK_STREAM)
	Arrange(err)
	maker := Get(sender.Fork())
	flags := 0
	for _, kind := range nsutil.Kinds() {
		flags |= kind.Flag()
	}
	Arrange(maker.Unshare(flags))
	Arrange(maker.MapIDs("0 0 1", "0 0 1"))
	return sender, from, Get(maker.Fork()), to
}

// pass has sender send the descriptor, and returns the one the receiver gets.
func pass(sender *harness.Subject, from, fd int, receiver *harness.Subject, to int) int {
	Expect(sender.SendFd(from, fd)).To(Succeed())
	got, err := receiver.ReceiveFd(to)
	Expect(err).NotTo(HaveOccurred())
	return got
}

// hasEnded says whether the process of a pidfd has ended.
func hasEnded(s *harness.Subject, pidfd int) bool {
	ready := unix.PollFd{Fd: int32(pidfd), Events: unix.POLLIN}
	n, err := s.Syscall("ppoll", unix.SYS_PPOLL, harness.Struct(&ready), 1, harness.Struct(&unix.Timespec{}), nil, 0)
	Expect(err).NotTo(HaveOccurred())
	return n == 1
}

var _ = Specs("A descriptor passed to a process in other namespaces", Label("unixcred"), func() {
	It("of a namespace still is that namespace", Proves("unix-passed-descriptors-keep-their-object"), func() {
		sender, from, receiver, to := messengers()
		back, forth := to, from
		for _, kind := range kinds.Built() {
			fd := pass(sender, from, Get(sender.OpenNS(sender, kind)), receiver, to)
			Expect(receiver.NSOf(fd)).To(Equal(Get(sender.NS(kind))), "the sender's %s namespace", kind)
			Expect(receiver.NSOf(fd)).NotTo(Equal(Get(receiver.NS(kind))))
			Expect(receiver.NSType(fd)).To(Equal(kind.Flag()))

			own := Get(receiver.Open("/proc/thread-self/ns/"+string(kind), unix.O_RDONLY|unix.O_CLOEXEC))
			returned := pass(receiver, back, own, sender, forth)
			Expect(sender.NSOf(returned)).To(Equal(Get(receiver.NS(kind))), "the receiver's %s namespace", kind)
			if kind == nsutil.UTS {
				visitor := Get(sender.Fork())
				Expect(visitor.Setns(returned, unix.CLONE_NEWUTS)).To(Succeed())
				Expect(receiver.Sethostname("the-receivers")).To(Succeed())
				Expect(visitor.Hostname()).To(Equal("the-receivers"))
			}
		}
	})

	It("with others in the same message is the one in its place", Proves("unix-passed-descriptors-keep-their-object"), func() {
		sender, from, receiver, to := messengers()
		var sent []int
		for _, kind := range kinds.Built() {
			sent = append(sent, Get(sender.OpenNS(sender, kind)))
		}
		Get(sender.Sendmsg(from, harness.Message{Data: []byte{0}, Control: unix.UnixRights(sent...)}, 0))
		m, err := receiver.Recvmsg(to, 1, unix.CmsgSpace(4*len(sent)), unix.MSG_CMSG_CLOEXEC)
		Expect(err).NotTo(HaveOccurred())
		controls := Get(unix.ParseSocketControlMessage(m.Control))
		Expect(controls).To(HaveLen(1))
		received := Get(unix.ParseUnixRights(&controls[0]))
		Expect(received).To(HaveLen(len(sent)))
		for i, kind := range kinds.Built() {
			Expect(receiver.NSOf(received[i])).To(Equal(Get(sender.NS(kind))), "the sender's %s namespace", kind)
		}
	})

	It("of a process still is that process", Proves("unix-passed-descriptors-keep-their-object"), func() {
		sender, from, receiver, to := messengers()
		target, other := Get(sender.Fork()), Get(sender.Fork())
		pidfd := pass(sender, from, Get(sender.PidfdOpen(target.PID())), receiver, to)
		Expect(hasEnded(receiver, pidfd)).To(BeFalse())
		Arrange(other.End())
		Expect(hasEnded(receiver, pidfd)).To(BeFalse(), "after another process has ended")
		Arrange(target.End())
		Expect(hasEnded(receiver, pidfd)).To(BeTrue())

		inside := Get(receiver.Fork())
		returned := pass(receiver, to, Get(receiver.PidfdOpen(Get(inside.Getpid()))), sender, from)
		Expect(sender.Syscall("pidfd_send_signal", unix.SYS_PIDFD_SEND_SIGNAL, returned, int(unix.SIGTERM), nil, 0)).To(BeZero())
		status, err := inside.Wait()
		Expect(err).NotTo(HaveOccurred())
		Expect(status.Signal()).To(Equal(unix.SIGTERM))
		Expect(hasEnded(sender, returned)).To(BeTrue())
	})

	It("of a directory still is that directory", Proves("unix-passed-descriptors-keep-their-object"), func() {
		sender, from, receiver, to := messengers()
		dir := T().TempDir()
		Arrange(sender.Unshare(unix.CLONE_NEWNS))
		Arrange(sender.MakePrivate())
		Arrange(sender.Mount("senders", dir, "tmpfs", 0, ""))
		Arrange(sender.WriteFile(dir+"/file", "the sender's", unix.O_CREAT))
		Expect(receiver.Stat(dir+"/file")).Error().To(MatchError(unix.ENOENT), "by its path")

		fd := pass(sender, from, Get(sender.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)), receiver, to)
		Expect(receiver.ReadFile(fmt.Sprintf("/proc/thread-self/fd/%d/file", fd))).To(Equal("the sender's"))
		file, err := receiver.Syscall("openat", unix.SYS_OPENAT, fd, "file", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(receiver.Read(int(file), 100)).To(BeEquivalentTo("the sender's"))
	})
})
