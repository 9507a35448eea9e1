package harness

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ClonePidfd is [Subject.Clone] with CLONE_PIDFD (since Linux 5.2), by clone(2)
// or clone3(2). It returns the subject's pidfd of the child, too.
func (s *Subject) ClonePidfd(way Way, flags int) (child *Subject, pidfd int, err error) {
	addr, err := s.Map(unix.Getpagesize())
	if err != nil {
		return nil, -1, err
	}
	flags |= unix.CLONE_PIDFD
	r := s.cloneRequest(flags | int(unix.SIGCHLD))
	r.args[2] = Hex(addr)
	if way == ByClone3 {
		r = s.clone3Request(CloneArgs{Flags: uint64(flags), PidFD: uint64(addr)})
	}
	if child, err = s.scope.birth(s, s.childName(), r); err != nil {
		return nil, -1, err
	}
	word, err := s.Peek(addr, 4)
	if err != nil {
		return child, -1, err
	}
	return child, int(binary.NativeEndian.Uint32(word)), nil
}

// Ioctls of a pidfd that open a namespace of the process (since Linux 6.11), from
// include/uapi/linux/pidfd.h.
const (
	PIDFD_GET_CGROUP_NAMESPACE = 0xff01 + iota
	PIDFD_GET_IPC_NAMESPACE
	PIDFD_GET_MNT_NAMESPACE
	PIDFD_GET_NET_NAMESPACE
	PIDFD_GET_PID_NAMESPACE
	PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE
	PIDFD_GET_TIME_NAMESPACE
	PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE
	PIDFD_GET_USER_NAMESPACE
	PIDFD_GET_UTS_NAMESPACE
)

// PidfdNS executes ioctl(2) on a pidfd with a PIDFD_GET_*_NAMESPACE request.
func (s *Subject) PidfdNS(pidfd int, request uint) (int, error) { return s.Ioctl(pidfd, request, 0) }
