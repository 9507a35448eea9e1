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
