package harness

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// The addresses of these calls are struct sockaddr of any family, as bytes.

// BindSocket executes bind(2).
func (s *Subject) BindSocket(socket int, address []byte) error {
	_, err := s.Syscall("bind", unix.SYS_BIND, socket, In(address), len(address))
	return err
}

// Connect executes connect(2).
func (s *Subject) Connect(socket int, address []byte) error {
	_, err := s.Syscall("connect", unix.SYS_CONNECT, socket, In(address), len(address))
	return err
}

// Listen executes listen(2) with a backlog of 8.
func (s *Subject) Listen(socket int) error {
	_, err := s.Syscall("listen", unix.SYS_LISTEN, socket, 8)
	return err
}

// Accept executes accept4(2) with SOCK_CLOEXEC and does not ask for the address.
func (s *Subject) Accept(socket int) (int, error) {
	fd, err := s.Syscall("accept4", unix.SYS_ACCEPT4, socket, nil, nil, Hex(unix.SOCK_CLOEXEC))
	return int(fd), err
}

// Sendto executes sendto(2).
func (s *Subject) Sendto(socket int, data, address []byte) error {
	_, err := s.Syscall("sendto", unix.SYS_SENDTO, socket, In(data), len(data), 0, In(address), len(address))
	return err
}

// Recvfrom executes recvfrom(2) with a buffer of so many bytes, and returns the
// sender's address as well.
func (s *Subject) Recvfrom(socket, n, flags int) (data, address []byte, err error) {
	data, address = make([]byte, n), make([]byte, unix.SizeofSockaddrAny)
	room := int32(len(address))
	got, err := s.Syscall("recvfrom", unix.SYS_RECVFROM, socket, Out(data), n, Hex(flags), Out(address), Struct(&room))
	if err != nil {
		return nil, nil, err
	}
	return data[:got], address[:room], nil
}

// Getsockname executes getsockname(2).
func (s *Subject) Getsockname(socket int) ([]byte, error) {
	address := make([]byte, unix.SizeofSockaddrAny)
	room := int32(len(address))
	_, err := s.Syscall("getsockname", unix.SYS_GETSOCKNAME, socket, Out(address), Struct(&room))
	return address[:room], err
}

// Setsockopt executes setsockopt(2) for an option that is an integer.
func (s *Subject) Setsockopt(socket, level, option, value int) error {
	bytes := binary.NativeEndian.AppendUint32(nil, uint32(value))
	_, err := s.Syscall("setsockopt", unix.SYS_SETSOCKOPT, socket, level, option, In(bytes), len(bytes))
	return err
}

// Poll executes ppoll(2) for one descriptor and returns the events that have
// occurred: none when the time has passed. The time has to be shorter than the
// scope's limit for a call.
func (s *Subject) Poll(fd int, events int16, limit time.Duration) (int16, error) {
	poll := unix.PollFd{Fd: int32(fd), Events: events}
	timeout := unix.NsecToTimespec(int64(limit))
	_, err := s.Syscall("ppoll", unix.SYS_PPOLL, Struct(&poll), 1, Struct(&timeout), nil, 0)
	return poll.Revents, err
}

// Ethtool executes ioctl(2) with SIOCETHTOOL for a network device: data is the
// struct of include/uapi/linux/ethtool.h that the command at its beginning takes,
// and what the kernel writes there.
func (s *Subject) Ethtool(socket int, device string, data []byte) error {
	ifreq := make([]byte, 40)
	copy(ifreq[:unix.IFNAMSIZ-1], device)
	_, err := s.Ioctl(socket, unix.SIOCETHTOOL, linked{parts: []any{Out(data)}, text: "ifreq", head: func(at []uintptr) []byte {
		words(ifreq[unix.IFNAMSIZ:], at[0])
		return ifreq
	}})
	return err
}
