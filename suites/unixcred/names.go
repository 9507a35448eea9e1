package unixcred

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// connects returns what s gets who tries to connect to the name.
func connects(s *harness.Subject, name string) error {
	return connectsBy(s, unix.SOCK_STREAM, name)
}

func connectsBy(s *harness.Subject, kind int, name string) error {
	socket := Get(s.Socket(unix.AF_UNIX, kind, 0))
	err := s.ConnectUnix(socket, name)
	Arrange(s.Close(socket))
	return err
}

// binds returns what s gets who tries to bind a new socket to the name.
func binds(s *harness.Subject, name string) error {
	socket := Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
	err := s.BindUnix(socket, name)
	Arrange(s.Close(socket))
	return err
}

var _ = Specs("An abstract socket", Label("unixcred"), func() {
	It("is open to everybody in its network namespace and to nobody else", Proves("unix-abstract-no-permission-check"), func() {
		kinds.Need(nsutil.User, nsutil.Net)
		root := Spawn(harness.Named("root"))
		Get(root.Syscall("umask", unix.SYS_UMASK, 0o777))
		socket, name := listening(root, unix.SOCK_STREAM)
		Get(root.Syscall("fchmod", unix.SYS_FCHMOD, socket, 0))
		path := T().TempDir() + "/socket"
		file := Get(root.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
		Arrange(root.BindUnix(file, path))
		Arrange(root.Listen(file))

		nobody, stranger := holding(root, alice), holding(root, bob)
		Arrange(stranger.Unshare(unix.CLONE_NEWUSER))
		below := Get(stranger.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNS))
		for _, s := range []*harness.Subject{root, nobody, stranger, below} {
			Expect(connects(s, name)).To(Succeed(), s.Name())
			if s != root {
				Expect(connects(s, path)).To(MatchError(unix.EACCES), "%s, by a path", s.Name())
			}
		}

		others := map[string]int{}
		for _, kind := range []int{unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
			name := abstractName()
			others[name] = kind
			socket := Get(root.Socket(unix.AF_UNIX, kind, 0))
			Arrange(root.BindUnix(socket, name))
			if kind != unix.SOCK_DGRAM {
				Arrange(root.Listen(socket))
			}
			for _, s := range []*harness.Subject{nobody, stranger, below} {
				Expect(connectsBy(s, kind, name)).To(Succeed(), "%s, by type %d", s.Name(), kind)
			}
		}

		elsewhere := Get(root.Fork())
		Arrange(elsewhere.Unshare(unix.CLONE_NEWNET))
		for name, kind := range others {
			Expect(connectsBy(elsewhere, kind, name)).To(MatchError(unix.ECONNREFUSED), "from another network namespace, by type %d", kind)
		}
		for _, s := range []*harness.Subject{elsewhere, Get(elsewhere.Fork())} {
			Expect(connects(s, name)).To(MatchError(unix.ECONNREFUSED), "from another network namespace")
			Expect(binds(s, name)).To(Succeed(), "the same name in another network namespace")
			Expect(connects(s, path)).To(Succeed(), "by a path")
		}
		Expect(connects(nobody, name)).To(Succeed())
	})

	It("keeps its name until the last descriptor is closed", Proves("unix-abstract-name-ends-with-last-reference"), func() {
		root, other := Spawn(harness.Named("root")), Spawn(harness.Named("other"))
		socket, name := listening(root, unix.SOCK_STREAM)
		expectTaken := func(why string) {
			Expect(binds(other, name)).To(MatchError(unix.EADDRINUSE), why)
			Expect(connects(other, name)).To(Succeed(), why)
		}
		expectTaken("it is open")
		heir := Get(root.Fork())
		duplicate := Get(root.Fcntl(socket, unix.F_DUPFD_CLOEXEC, 0))
		Arrange(root.Close(socket))
		expectTaken("a duplicate of the descriptor is open")
		Arrange(root.Close(duplicate))
		expectTaken("another process has the descriptor")
		client := connected(other, unix.SOCK_STREAM, name)
		Arrange(heir.Close(socket))
		Expect(connects(other, name)).To(MatchError(unix.ECONNREFUSED))
		Expect(binds(other, name)).To(Succeed())
		Arrange(other.Close(client))

		taken, name := listening(root, unix.SOCK_STREAM)
		last := Get(root.Fork())
		Arrange(root.Close(taken))
		Expect(binds(other, name)).To(MatchError(unix.EADDRINUSE))
		Arrange(last.End())
		Expect(binds(other, name)).To(Succeed(), "after the process with the last descriptor has ended")
	})

	It("keeps its name until it is closed, of whichever type it is", Proves("unix-abstract-name-ends-with-last-reference"), func() {
		root, other := Spawn(harness.Named("root")), Spawn(harness.Named("other"))
		for what, kind := range types {
			name := abstractName()
			for range 2 {
				socket, second := Get(root.Socket(unix.AF_UNIX, kind, 0)), Get(other.Socket(unix.AF_UNIX, kind, 0))
				Expect(root.BindUnix(socket, name)).To(Succeed(), what)
				Expect(other.BindUnix(second, name)).To(MatchError(unix.EADDRINUSE), what)
				Arrange(root.Close(socket))
				Expect(other.BindUnix(second, name)).To(Succeed(), what)
				Arrange(other.Close(second))
			}
		}
	})

	It("keeps its name while only a message holds it, and no longer", Proves("unix-abstract-name-ends-with-last-reference"), func() {
		root, other := Spawn(harness.Named("root")), Spawn(harness.Named("other"))
		a, b, err := root.Socketpair(unix.SOCK_STREAM)
		Arrange(err)
		socket, name := listening(root, unix.SOCK_STREAM)
		Arrange(root.SendFd(a, socket))
		Arrange(root.Close(socket))
		Expect(binds(other, name)).To(MatchError(unix.EADDRINUSE))
		received := Get(root.ReceiveFd(b))
		Expect(binds(other, name)).To(MatchError(unix.EADDRINUSE))
		Expect(connects(other, name)).To(Succeed())
		Arrange(root.Close(received))
		Expect(connects(other, name)).To(MatchError(unix.ECONNREFUSED))
		Expect(binds(other, name)).To(Succeed())
	})
})

var _ = Specs("/proc/net/unix", Label("unixcred", "net"), func() {
	It("lists the sockets of the reader's network namespace, with @ for null bytes", Proves("unix-proc-net-lists-own-namespace"), func() {
		kinds.Need(nsutil.Net)
		here := Spawn(harness.Named("here"))
		there := Get(here.Fork())
		Arrange(there.Unshare(unix.CLONE_NEWNET))
		own := map[*harness.Subject]string{here: abstractName() + "\x00tail", there: abstractName() + "\x00tail"}
		shown := func(name string) string { return strings.ReplaceAll(name, "\x00", "@") }
		dir := T().TempDir()
		paths := map[*harness.Subject]string{here: dir + "/here", there: dir + "/there"}
		for s, name := range own {
			Arrange(s.BindUnix(Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)), name))
			Arrange(s.BindUnix(Get(s.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)), paths[s]))
		}
		for reader, other := range map[*harness.Subject]*harness.Subject{here: there, there: here} {
			for _, s := range []*harness.Subject{reader, Get(reader.Fork())} {
				listed := listedNames(s)
				Expect(listed).To(ContainElements(shown(own[reader]), paths[reader]), "as %s reads", s.Name())
				Expect(listed).NotTo(ContainElement(shown(own[other])))
				Expect(listed).NotTo(ContainElement(paths[other]))
			}
		}
		moved := Get(here.Fork())
		Arrange(moved.Join(there, nsutil.Net))
		Expect(listedNames(moved)).To(ConsistOf(shown(own[there]), paths[there]))
		_, _, err := here.Socketpair(unix.SOCK_STREAM)
		Arrange(err)
		Expect(listedNames(moved)).To(ConsistOf(shown(own[there]), paths[there]), "without those elsewhere that have no name")
		_, _, err = there.Socketpair(unix.SOCK_STREAM)
		Arrange(err)
		Expect(listedNames(moved)).To(ConsistOf(shown(own[there]), paths[there], "", ""), "with its own")
	})
})

// listedNames returns the names in /proc/net/unix as s reads it, "" for sockets
// that have none.
func listedNames(s *harness.Subject) []string {
	text, err := s.ReadFile("/proc/net/unix")
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for line := range strings.Lines(text) {
		switch fields := strings.Fields(line); {
		case len(fields) == 7:
			names = append(names, "")
		case len(fields) == 8 && fields[7] != "Path":
			names = append(names, fields[7])
		}
	}
	return names
}
