package harness

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Socket executes socket(2) with SOCK_CLOEXEC.
func (s *Subject) Socket(domain, kind, protocol int) (int, error) {
	fd, err := s.Syscall("socket", unix.SYS_SOCKET, domain, Hex(kind|unix.SOCK_CLOEXEC), protocol)
	return int(fd), err
}

// Socketpair executes socketpair(2) for Unix domain sockets of the given type,
// with SOCK_CLOEXEC.
func (s *Subject) Socketpair(kind int) (a, b int, err error) {
	var fds [2]int32
	_, err = s.Syscall("socketpair", unix.SYS_SOCKETPAIR, unix.AF_UNIX, Hex(kind|unix.SOCK_CLOEXEC), 0, Struct(&fds))
	return int(fds[0]), int(fds[1]), err
}

// Message is what sendmsg(2) sends and recvmsg(2) receives on a connected socket.
type Message struct {
	Data    []byte
	Control []byte // see cmsg(3)
	Flags   int    // MSG_*, set by recvmsg
}

// Sendmsg executes sendmsg(2) without an address.
func (s *Subject) Sendmsg(socket int, m Message, flags int) (int, error) {
	header := make([]byte, unix.SizeofMsghdr)
	n, err := s.Syscall("sendmsg", unix.SYS_SENDMSG, socket, msghdr(header, In(m.Data), len(m.Data), In(m.Control), len(m.Control)), Hex(flags))
	return int(n), err
}

// Recvmsg executes recvmsg(2) with room for so many bytes of data and of control messages.
func (s *Subject) Recvmsg(socket, data, control, flags int) (Message, error) {
	m := Message{Data: make([]byte, data), Control: make([]byte, control)}
	header := make([]byte, unix.SizeofMsghdr)
	n, err := s.Syscall("recvmsg", unix.SYS_RECVMSG, socket, msghdr(header, Out(m.Data), data, Out(m.Control), control), Hex(flags))
	if err != nil {
		return Message{}, err
	}
	m.Data = m.Data[:n]
	m.Control = m.Control[:binary.NativeEndian.Uint64(header[40:])]
	m.Flags = int(binary.NativeEndian.Uint32(header[48:]))
	return m, nil
}

// msghdr passes a pointer to header, filled as the struct msghdr of 64-bit
// architectures: name, its length, iovec, count of these, control, its length, flags.
func msghdr(header []byte, data any, dataLen int, control any, controlLen int) any {
	iovec := linked{parts: []any{data}, text: "iovec", head: func(at []uintptr) []byte {
		return words(make([]byte, 16), at[0], uintptr(dataLen))
	}}
	return linked{parts: []any{iovec, control}, text: "msghdr", head: func(at []uintptr) []byte {
		if controlLen == 0 {
			at[1] = 0
		}
		return words(header, 0, 0, at[0], 1, at[1], uintptr(controlLen), 0)
	}}
}

// words fills b with native 64-bit words.
func words(b []byte, values ...uintptr) []byte {
	for i, v := range values {
		binary.NativeEndian.PutUint64(b[8*i:], uint64(v))
	}
	return b
}

// SendFd passes a descriptor over a Unix domain socket with SCM_RIGHTS. See unix(7).
func (s *Subject) SendFd(socket, fd int) error {
	_, err := s.Sendmsg(socket, Message{Data: []byte{0}, Control: unix.UnixRights(fd)}, 0)
	return err
}

// ReceiveFd receives the one descriptor that [Subject.SendFd] passed.
func (s *Subject) ReceiveFd(socket int) (int, error) {
	m, err := s.Recvmsg(socket, 1, unix.CmsgSpace(4), unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, err
	}
	controls, err := unix.ParseSocketControlMessage(m.Control)
	if err != nil {
		return -1, fmt.Errorf("receive a descriptor: %w", err)
	}
	if len(controls) != 1 {
		return -1, fmt.Errorf("receive a descriptor: %d control messages came, not one", len(controls))
	}
	fds, err := unix.ParseUnixRights(&controls[0])
	if err != nil {
		return -1, fmt.Errorf("receive a descriptor: %w", err)
	}
	if len(fds) != 1 {
		return -1, fmt.Errorf("receive a descriptor: %d of them came", len(fds))
	}
	return fds[0], nil
}
