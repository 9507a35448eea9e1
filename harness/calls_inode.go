package harness

import "golang.org/x/sys/unix"

// Chmod executes fchmodat(2), which follows links.
func (s *Subject) Chmod(path string, mode uint32) error {
	_, err := s.Syscall("fchmodat", unix.SYS_FCHMODAT, unix.AT_FDCWD, path, Hex(mode))
	return err
}

// Chown executes fchownat(2), not following a link at the path's end; -1 leaves
// an id as it is.
func (s *Subject) Chown(path string, uid, gid int) error {
	s.takesIDs(ownIDs().uids, uid)
	s.takesIDs(ownIDs().gids, gid)
	_, err := s.Syscall("fchownat", unix.SYS_FCHOWNAT, unix.AT_FDCWD, path, uid, gid, Hex(unix.AT_SYMLINK_NOFOLLOW))
	return err
}

// Setxattr executes setxattr(2) without flags.
func (s *Subject) Setxattr(path, name string, value []byte) error {
	_, err := s.Syscall("setxattr", unix.SYS_SETXATTR, path, name, In(value), len(value), 0)
	return err
}

// Getxattr executes getxattr(2) for a value of up to 4 KiB.
func (s *Subject) Getxattr(path, name string) ([]byte, error) {
	buffer := make([]byte, 4<<10)
	n, err := s.Syscall("getxattr", unix.SYS_GETXATTR, path, name, Out(buffer), len(buffer))
	return buffer[:n], err
}

// Removexattr executes removexattr(2).
func (s *Subject) Removexattr(path, name string) error {
	_, err := s.Syscall("removexattr", unix.SYS_REMOVEXATTR, path, name)
	return err
}
