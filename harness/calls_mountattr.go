package harness

import "golang.org/x/sys/unix"

// MountSetattr executes mount_setattr(2) (since Linux 5.12) on a path relative
// to dirfd, which may be AT_FDCWD.
func (s *Subject) MountSetattr(dirfd int, path string, flags int, attr unix.MountAttr) error {
	_, err := s.Syscall("mount_setattr", unix.SYS_MOUNT_SETATTR, dirfd, path, Hex(flags), Struct(&attr), 32)
	return err
}

// OpenTreeAttr executes open_tree_attr(2) (since Linux 6.15) on a path relative
// to dirfd, which may be AT_FDCWD.
func (s *Subject) OpenTreeAttr(dirfd int, path string, flags int, attr unix.MountAttr) (int, error) {
	fd, err := s.Syscall("open_tree_attr", unix.SYS_OPEN_TREE_ATTR, dirfd, path, Hex(flags), Struct(&attr), 32)
	return int(fd), err
}
