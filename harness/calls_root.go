package harness

import "golang.org/x/sys/unix"

// Chdir executes chdir(2).
func (s *Subject) Chdir(path string) error {
	_, err := s.Syscall("chdir", unix.SYS_CHDIR, path)
	return err
}

// Fchdir executes fchdir(2).
func (s *Subject) Fchdir(fd int) error {
	_, err := s.Syscall("fchdir", unix.SYS_FCHDIR, fd)
	return err
}

// Chroot executes chroot(2).
func (s *Subject) Chroot(path string) error {
	_, err := s.Syscall("chroot", unix.SYS_CHROOT, path)
	return err
}

// PivotRoot executes pivot_root(2).
func (s *Subject) PivotRoot(newRoot, putOld string) error {
	_, err := s.Syscall("pivot_root", unix.SYS_PIVOT_ROOT, newRoot, putOld)
	return err
}

// Getcwd executes getcwd(2) as a system call, which says "(unreachable)" where
// the C library fails.
func (s *Subject) Getcwd() (string, error) {
	buffer := make([]byte, unix.PathMax)
	n, err := s.Syscall("getcwd", unix.SYS_GETCWD, Out(buffer), len(buffer))
	return string(buffer[:max(1, n)-1]), err
}
