package unixcred

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// listening returns a listening socket of s with a new abstract name.
func listening(s *harness.Subject, kind int) (socket int, name string) {
	name = abstractName()
	socket = Get(s.Socket(unix.AF_UNIX, kind, 0))
	Arrange(s.BindUnix(socket, name))
	Arrange(s.Listen(socket))
	return socket, name
}

// connected returns a socket of s that is connected to the name.
func connected(s *harness.Subject, kind int, name string) int {
	socket := Get(s.Socket(unix.AF_UNIX, kind, 0))
	Expect(s.ConnectUnix(socket, name)).To(Succeed())
	return socket
}

// effectively gives the subject another effective uid and gid.
func effectively(s *harness.Subject, uid, gid int) {
	Arrange(s.Setresuid(-1, 0, -1))
	Arrange(s.Setresgid(-1, gid, -1))
	Arrange(s.Setresuid(-1, uid, -1))
}

// peer returns what SO_PEERCRED tells s.
func peer(s *harness.Subject, socket int) unix.Ucred {
	credentials, err := s.PeerCredentials(socket)
	Expect(err).NotTo(HaveOccurred(), "as %s asks", s.Name())
	return credentials
}

var _ = Specs("SO_PEERCRED", Label("unixcred"), func() {
	for _, kind := range []string{"stream", "seqpacket"} {
		It("tells who called connect and listen, as they were then: "+kind, Proves("unix-peercred-captured-at-connect"), func() {
			root := Spawn(harness.Named("root"))
			server, client := Get(root.Fork()), Get(root.Fork())
			socket := Get(server.Socket(unix.AF_UNIX, types[kind], 0))
			name := abstractName()
			Arrange(server.BindUnix(socket, name))
			effectively(server, bob, bob)
			Expect(server.Listen(socket)).To(Succeed())
			effectively(server, carol, carol)

			end := Get(client.Socket(unix.AF_UNIX, types[kind], 0))
			effectively(client, alice, bob)
			Expect(client.ConnectUnix(end, name)).To(Succeed())
			effectively(client, dave, dave)
			heir := Get(client.Fork())

			accepted := Get(server.Accept(socket))
			connected := unix.Ucred{Pid: int32(client.PID()), Uid: alice, Gid: bob}
			Expect(peer(server, accepted)).To(Equal(connected), "the effective ids of the client")
			listener := unix.Ucred{Pid: int32(server.PID()), Uid: bob, Gid: bob}
			Expect(peer(client, end)).To(Equal(listener), "the effective ids of the server")
			Expect(peer(heir, end)).To(Equal(listener), "as an heir of the descriptor asks")

			send(heir, end)
			Expect(peer(server, accepted)).To(Equal(connected), "after another process has sent something")
			Arrange(client.End())
			Expect(peer(server, accepted)).To(Equal(connected), "after the client has ended")

			several := Get(root.Fork())
			thread := Get(several.Thread())
			Expect(thread.ConnectUnix(Get(thread.Socket(unix.AF_UNIX, types[kind], 0)), name)).To(Succeed())
			Expect(peer(server, Get(server.Accept(socket)))).To(Equal(own(several, 0, 0)), "the process, when a thread of it connects")
		})
	}

	It("tells who made a socket pair, at both ends", Proves("unix-peercred-captured-at-connect", "unix-peercred-pid-in-callers-namespace", "unix-peercred-ids-in-callers-userns"), func() {
		for _, kind := range []string{"stream", "seqpacket", "datagram"} {
			maker := Spawn(harness.Named("maker"))
			effectively(maker, alice, bob)
			a, b, err := maker.Socketpair(types[kind])
			Expect(err).NotTo(HaveOccurred())
			made := unix.Ucred{Pid: int32(maker.PID()), Uid: alice, Gid: bob}
			heir := Get(maker.Fork())
			effectively(maker, carol, carol)
			for _, s := range []*harness.Subject{maker, heir} {
				Expect(peer(s, a)).To(Equal(made), kind)
				Expect(peer(s, b)).To(Equal(made), kind)
			}
			Arrange(heir.Setresuid(0, 0, 0))
			theirs := peer(below(heir, "0 0 1\n7 60001 2"), b)
			Expect([]uint32{theirs.Uid, theirs.Gid}).To(Equal([]uint32{7, 8}), "%s, as another user namespace maps them", kind)
			Expect(peer(in(heir), b).Pid).To(BeZero(), "%s, from another PID namespace", kind)
		}
	})

	for _, kind := range []string{"stream", "seqpacket"} {
		It("tells the PID by which the caller's PID namespace knows the peer, 0 where it does not: "+kind, Label(kinds.Overflow), Proves("unix-peercred-pid-in-callers-namespace"), func() {
			root := Spawn(harness.Named("root"))
			init := in(root)
			server := Get(init.Fork())
			socket, name := listening(server, types[kind])

			client := Get(init.Fork())
			end := connected(client, types[kind], name)
			accepted := Get(server.Accept(socket))
			Expect(peer(server, accepted).Pid).To(BeEquivalentTo(Get(client.Getpid())), "within a PID namespace")
			Expect(peer(client, end).Pid).To(BeEquivalentTo(Get(server.Getpid())))

			for _, s := range []*harness.Subject{in(client), Get(in(client).Fork())} {
				Expect(peer(s, end).Pid).To(BeZero(), "from a PID namespace below")
			}
			outside := connected(root, types[kind], name)
			Expect(peer(root, outside).Pid).To(BeEquivalentTo(server.PID()), "from outside")
			Expect(peer(in(root), outside).Pid).To(BeZero(), "from a PID namespace beside")
			Expect(peer(server, Get(server.Accept(socket))).Pid).To(BeZero(), "who is outside, as one inside sees it")

			late := Get(root.Fork())
			Arrange(late.Join(server, nsutil.PID)) // for its children
			Expect(peer(late, outside).Pid).To(BeEquivalentTo(server.PID()))
			Expect(peer(Get(late.Fork()), outside).Pid).To(BeEquivalentTo(Get(server.Getpid())))
		})
	}

	for _, kind := range []string{"stream", "seqpacket"} {
		It("tells uid and gid as the caller's user namespace maps them, the overflow ids where it does not: "+kind, Label(kinds.Overflow), Proves("unix-peercred-ids-in-callers-userns"), func() {
			root := Spawn(harness.Named("root"))
			uid, gid := kinds.OverflowIDs(root)
			server := Get(root.Fork())
			effectively(server, alice, bob)
			_, name := listening(server, types[kind])
			end := connected(root, types[kind], name)
			inside, other, unmapped := below(root, "0 60001 2"), below(root, "0 0 1\n7 60002 1"), Get(root.Fork())
			Arrange(unmapped.Unshare(unix.CLONE_NEWUSER))
			pid := int32(server.PID())
			for s, want := range map[*harness.Subject]unix.Ucred{
				root:     {Pid: pid, Uid: alice, Gid: bob},
				inside:   {Pid: pid, Uid: 0, Gid: 1},
				other:    {Pid: pid, Uid: uid, Gid: 7},
				unmapped: {Pid: pid, Uid: uid, Gid: gid},
			} {
				Expect(peer(s, end)).To(Equal(want))
			}

			socket, name := listening(root, types[kind])
			connected(inside, types[kind], name)
			accepted := Get(root.Accept(socket))
			Expect(peer(root, accepted)).To(Equal(unix.Ucred{Pid: int32(inside.PID()), Uid: alice, Gid: alice}), "who is inside, from outside")
		})
	}
})
