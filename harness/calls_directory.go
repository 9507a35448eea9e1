package harness

import "golang.org/x/sys/unix"

// Rmdir executes unlinkat(2) with AT_REMOVEDIR.
func (s *Subject) Rmdir(path string) error {
	_, err := s.Syscall("unlinkat", unix.SYS_UNLINKAT, unix.AT_FDCWD, path, Hex(unix.AT_REMOVEDIR))
	return err
}

// Rename executes renameat2(2) without flags.
func (s *Subject) Rename(from, to string) error {
	_, err := s.Syscall("renameat2", unix.SYS_RENAMEAT2, unix.AT_FDCWD, from, unix.AT_FDCWD, to, 0)
	return err
}

// Link executes linkat(2), not following a link at the path's end.
func (s *Subject) Link(from, to string) error {
	_, err := s.Syscall("linkat", unix.SYS_LINKAT, unix.AT_FDCWD, from, unix.AT_FDCWD, to, 0)
	return err
}

// Symlink executes symlinkat(2).
func (s *Subject) Symlink(text, path string) error {
	_, err := s.Syscall("symlinkat", unix.SYS_SYMLINKAT, text, unix.AT_FDCWD, path)
	return err
}

// Mknod executes mknodat(2): mode has the file's type, too.
func (s *Subject) Mknod(path string, mode uint32, device uint64) error {
	_, err := s.Syscall("mknodat", unix.SYS_MKNODAT, unix.AT_FDCWD, path, Hex(mode), device)
	return err
}
