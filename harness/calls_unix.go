package harness

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// BindUnix executes bind(2) of a Unix domain socket. As in package net, a name
// that begins with @ is abstract; the @ stands for the null byte.
func (s *Subject) BindUnix(socket int, name string) error {
	return s.BindSocket(socket, sockaddrUnix(name))
}

// ConnectUnix executes connect(2) of a Unix domain socket; for name see [Subject.BindUnix].
func (s *Subject) ConnectUnix(socket int, name string) error {
	return s.Connect(socket, sockaddrUnix(name))
}

// sockaddrUnix returns a struct sockaddr_un: an abstract name as long as it is, a
// path with a null byte behind it.
func sockaddrUnix(name string) []byte {
	address := append(binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX), name...)
	if name[0] == '@' {
		address[2] = 0
		return address
	}
	return append(address, 0)
}

// PassCredentials sets SO_PASSCRED: the socket receives credentials. See unix(7).
func (s *Subject) PassCredentials(socket int) error {
	return s.setsockopt(socket, unix.SO_PASSCRED, 1)
}

// PassPidfds sets SO_PASSPIDFD (since Linux 6.5), or clears it: the socket
// receives pidfds of who sends.
func (s *Subject) PassPidfds(socket int, on bool) error {
	value := int32(0)
	if on {
		value = 1
	}
	return s.setsockopt(socket, unix.SO_PASSPIDFD, value)
}

func (s *Subject) setsockopt(socket, option int, value int32) error {
	_, err := s.Syscall("setsockopt", unix.SYS_SETSOCKOPT, socket, unix.SOL_SOCKET, option, Struct(&value), 4)
	return err
}

// PeerCredentials returns what SO_PEERCRED tells of the peer of a Unix domain socket.
func (s *Subject) PeerCredentials(socket int) (unix.Ucred, error) {
	var peer unix.Ucred
	size := uint32(unix.SizeofUcred)
	_, err := s.Syscall("getsockopt", unix.SYS_GETSOCKOPT, socket, unix.SOL_SOCKET, unix.SO_PEERCRED, Struct(&peer), Struct(&size))
	return peer, err
}

// PeerPidfd returns the pidfd that SO_PEERPIDFD (since Linux 6.5) opens of the
// peer of a Unix domain socket.
func (s *Subject) PeerPidfd(socket int) (int, error) {
	pidfd, size := int32(-1), uint32(4)
	_, err := s.Syscall("getsockopt", unix.SYS_GETSOCKOPT, socket, unix.SOL_SOCKET, unix.SO_PEERPIDFD, Struct(&pidfd), Struct(&size))
	return int(pidfd), err
}
