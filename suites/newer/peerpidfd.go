package newer

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// processOf returns the process of s's pidfd, by its id in the suite's PID namespace.
func processOf(s *harness.Subject, pidfd int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", s.PID(), pidfd))
	Expect(err).NotTo(HaveOccurred())
	_, line, found := strings.Cut(string(text), "\nPid:\t")
	Expect(found).To(BeTrue(), "a pidfd, not %q", text)
	var pid int
	_, err = fmt.Sscan(line, &pid)
	Expect(err).NotTo(HaveOccurred())
	return pid
}

// received returns the pidfds that come with a message.
func received(s *harness.Subject, socket int) []int {
	m, err := s.Recvmsg(socket, 1, 256, 0)
	Expect(err).NotTo(HaveOccurred())
	controls, err := unix.ParseSocketControlMessage(m.Control)
	Expect(err).NotTo(HaveOccurred())
	var pidfds []int
	for _, c := range controls {
		if c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SCM_PIDFD {
			c.Header.Type = unix.SCM_RIGHTS // of the same form
			fds, err := unix.ParseUnixRights(&c)
			Expect(err).NotTo(HaveOccurred())
			pidfds = append(pidfds, fds...)
		}
	}
	return pidfds
}

// acquainted returns who has a socket in common with receiver, from anywhere
// among PID namespaces, with the socket's ends.
func acquainted(kind int) (receivers []*harness.Subject, sender *harness.Subject, from, to int) {
	kinds.Need(nsutil.PID)
	outside := Spawn(harness.Named("outside"))
	from, to, err := outside.Socketpair(kind)
	Arrange(err)
	sender = Get(outside.Clone(unix.CLONE_NEWPID))
	below := Get(sender.Clone(unix.CLONE_NEWPID))
	aside := Get(outside.Clone(unix.CLONE_NEWPID))
	return []*harness.Subject{outside, Get(sender.Fork()), below, aside}, sender, from, to
}

var _ = Specs("SO_PASSPIDFD", Label("newer", "pid"), func() {
	for name, kind := range map[string]int{"stream": unix.SOCK_STREAM, "datagram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET} {
		It("has a pidfd of the sender come with each message over a "+name+" socket, whatever PID namespaces the two are in", Proves("unix-scm-pidfd-and-peerpidfd"), func() {
			receivers, sender, from, to := acquainted(kind)
			send := func() { Get(sender.Sendmsg(from, harness.Message{Data: []byte("x")}, 0)) }
			for _, s := range receivers {
				send()
				Expect(received(s, to)).To(BeEmpty(), "without the option")
				Expect(s.PassPidfds(to, true)).To(Succeed())
				for range 2 {
					send()
					pidfds := received(s, to)
					Expect(pidfds).To(HaveLen(1))
					Expect(processOf(s, pidfds[0])).To(Equal(sender.PID()), "as %s receives", s.Name())
					Expect(s.Fcntl(pidfds[0], unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
				}
				Expect(s.PassPidfds(to, false)).To(Succeed())
			}
		})
	}

	It("delivers a pidfd that signals reach the sender by", Proves("unix-scm-pidfd-and-peerpidfd"), func() {
		receivers, sender, from, to := acquainted(unix.SOCK_DGRAM)
		outside := receivers[0]
		Arrange(outside.PassPidfds(to, true))
		Get(sender.Sendmsg(from, harness.Message{Data: []byte("x")}, 0))
		pidfds := received(outside, to)
		Expect(pidfds).To(HaveLen(1))
		Expect(outside.PidfdSendSignal(pidfds[0], unix.SIGKILL)).To(Succeed())
		status, err := sender.Wait()
		Expect(err).NotTo(HaveOccurred())
		Expect(status.Signal()).To(Equal(unix.SIGKILL))
	})
})

var _ = Specs("SO_PEERPIDFD", Label("newer", "pid"), func() {
	It("opens a pidfd of who has made a socket pair, whoever asks", Proves("unix-scm-pidfd-and-peerpidfd"), func() {
		receivers, _, from, to := acquainted(unix.SOCK_DGRAM)
		for _, s := range receivers {
			for _, socket := range []int{from, to} {
				pidfd, err := s.PeerPidfd(socket)
				Expect(err).NotTo(HaveOccurred())
				Expect(processOf(s, pidfd)).To(Equal(receivers[0].PID()), "as %s asks", s.Name())
			}
		}
	})

	It("opens a pidfd of who has connected, and to them of who listens", Proves("unix-scm-pidfd-and-peerpidfd"), func() {
		kinds.Need(nsutil.PID)
		outside := Spawn(harness.Named("outside"))
		listener, client := Get(outside.Clone(unix.CLONE_NEWPID)), Get(outside.Clone(unix.CLONE_NEWPID))
		name := fmt.Sprintf("@nsconform-newer-%d", listener.PID())
		ear, mouth := Get(listener.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)), Get(client.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
		Arrange(listener.BindUnix(ear, name))
		Get(listener.Syscall("listen", unix.SYS_LISTEN, ear, 1))
		_, err := client.PeerPidfd(mouth)
		Expect(err).To(MatchError(unix.ENODATA), "before there is a peer")
		Arrange(client.ConnectUnix(mouth, name))
		accepted := Get(listener.Syscall("accept4", unix.SYS_ACCEPT4, ear, nil, nil, 0))

		pidfd, err := listener.PeerPidfd(int(accepted))
		Expect(err).NotTo(HaveOccurred())
		Expect(processOf(listener, pidfd)).To(Equal(client.PID()))
		pidfd, err = client.PeerPidfd(mouth)
		Expect(err).NotTo(HaveOccurred())
		Expect(processOf(client, pidfd)).To(Equal(listener.PID()))
		Expect(client.Fcntl(pidfd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))

		heir := Get(client.Fork())
		pidfd, err = heir.PeerPidfd(mouth)
		Expect(err).NotTo(HaveOccurred())
		Expect(processOf(heir, pidfd)).To(Equal(listener.PID()), "to who has inherited the socket")
		pidfd, err = listener.PeerPidfd(int(accepted))
		Expect(err).NotTo(HaveOccurred())
		Expect(processOf(listener, pidfd)).To(Equal(client.PID()), "who has connected, whoever has the socket now")
	})
})
