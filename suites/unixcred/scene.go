package unixcred

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine.
const (
	alice = 60001
	bob   = 60002
	carol = 60003
	dave  = 60004
)

// types are the types of UNIX domain sockets.
var types = map[string]int{"stream": unix.SOCK_STREAM, "datagram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET}

// pair returns the two ends of a socket pair of s, the second of which receives
// credentials.
func pair(s *harness.Subject, kind int) (from, to int) {
	from, to, err := s.Socketpair(kind)
	Arrange(err)
	Arrange(s.PassCredentials(to))
	return from, to
}

// ends are those of a socket pair.
type ends struct{ from, to int }

// allPairs returns a pair of each type.
func allPairs(s *harness.Subject) (all []ends) {
	for _, kind := range types {
		from, to := pair(s, kind)
		all = append(all, ends{from, to})
	}
	return all
}

// claim sends a byte with SCM_CREDENTIALS.
func claim(s *harness.Subject, socket int, credentials unix.Ucred) error {
	_, err := s.Sendmsg(socket, harness.Message{Data: []byte{'c'}, Control: unix.UnixCredentials(&credentials)}, 0)
	return err
}

// send sends a byte without control message.
func send(s *harness.Subject, socket int) {
	Get(s.Sendmsg(socket, harness.Message{Data: []byte{'n'}}, 0))
}

// received returns the credentials that come with the next message.
func received(s *harness.Subject, socket int) unix.Ucred {
	return receive(s, socket, 0)
}

// peeked is received, and leaves the message there.
func peeked(s *harness.Subject, socket int) unix.Ucred {
	return receive(s, socket, unix.MSG_PEEK)
}

func receive(s *harness.Subject, socket, flags int) unix.Ucred {
	m, err := s.Recvmsg(socket, 8, unix.CmsgSpace(unix.SizeofUcred), flags|unix.MSG_DONTWAIT)
	Expect(err).NotTo(HaveOccurred(), "as %s receives", s.Name())
	controls, err := unix.ParseSocketControlMessage(m.Control)
	Expect(err).NotTo(HaveOccurred())
	Expect(controls).To(HaveLen(1), "control messages that %s receives", s.Name())
	Expect(controls[0].Header.Type).To(BeEquivalentTo(unix.SCM_CREDENTIALS))
	var c unix.Ucred
	Arrange(binary.Read(bytes.NewReader(controls[0].Data), binary.NativeEndian, &c))
	return c
}

// expectNothing claims that no message waits to be received.
func expectNothing(s *harness.Subject, socket int) {
	_, err := s.Recvmsg(socket, 8, 64, unix.MSG_DONTWAIT)
	Expect(err).To(MatchError(unix.EAGAIN), "as %s receives", s.Name())
}

// expectClaim claims that the sender may claim the credentials, and that the
// receiver gets them; or with an errno, that he may not, and nothing arrives.
func expectClaim(sender *harness.Subject, from int, receiver *harness.Subject, to int, credentials unix.Ucred, errno error) {
	err := claim(sender, from, credentials)
	if errno != nil {
		Expect(err).To(MatchError(errno), "%s claims %+v", sender.Name(), credentials)
		expectNothing(receiver, to)
		return
	}
	Expect(err).NotTo(HaveOccurred(), "%s claims %+v", sender.Name(), credentials)
	Expect(received(receiver, to)).To(Equal(credentials))
}

// own returns the credentials of s: its process id and its uid and gid, which
// must be the given ones.
func own(s *harness.Subject, uid, gid int) unix.Ucred {
	return unix.Ucred{Pid: int32(Get(s.Getpid())), Uid: uint32(uid), Gid: uint32(gid)}
}

// holding returns a child of s with the uid and gid and only these capabilities.
func holding(s *harness.Subject, uid int, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(child.Setgroups())
	Arrange(child.Setresgid(uid, uid, uid))
	Arrange(child.Setresuid(uid, uid, uid))
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(child.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	Get(child.Prctl(unix.PR_SET_DUMPABLE, 1))
	return child
}

// allBut returns all capabilities that s has but one.
func allBut(s *harness.Subject, capability int) []int {
	var others []int
	have := Get(s.Capget()).Permitted
	for c := range 64 {
		if c != capability && have&(1<<c) != 0 {
			others = append(others, c)
		}
	}
	return others
}

// below returns a child of s that is root, uid 0 outside as well, of a new user
// namespace, with the kinds owned by it.
func below(s *harness.Subject, extents string, with ...nsutil.Kind) *harness.Subject {
	kinds.Need(append(with, nsutil.User)...)
	flags := unix.CLONE_NEWUSER
	for _, kind := range with {
		flags |= kind.Flag()
	}
	child := Get(s.Clone(flags))
	Arrange(child.MapIDs(extents, extents))
	Arrange(child.Setresgid(0, 0, 0))
	Arrange(child.Setresuid(0, 0, 0))
	Get(child.Prctl(unix.PR_SET_DUMPABLE, 1))
	return child
}

// in returns a child of s in a new PID namespace.
func in(s *harness.Subject) *harness.Subject {
	kinds.Need(nsutil.PID)
	return Get(s.Clone(unix.CLONE_NEWPID))
}

var names atomic.Int32

// abstractName returns a name that no socket has.
func abstractName() string { return fmt.Sprintf("@%s-%d", harness.Mark(), names.Add(1)) }

// numbers returns the process ids of s in all PID namespaces it is in, from the
// suite's own inwards.
func numbers(s *harness.Subject) []int {
	return Get(nsutil.StatusOf(s.PID())).NSpid
}
