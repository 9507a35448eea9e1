package harness

import "golang.org/x/sys/unix"

// Mount executes mount(2).
func (s *Subject) Mount(source, target, fstype string, flags int, data string) error {
	_, err := s.Syscall("mount", unix.SYS_MOUNT, source, target, fstype, Hex(flags), data)
	return err
}

// Bind bind-mounts source on target.
func (s *Subject) Bind(source, target string) error {
	return s.Mount(source, target, "", unix.MS_BIND, "")
}

// Umount executes umount2(2).
func (s *Subject) Umount(target string, flags int) error {
	_, err := s.Syscall("umount2", unix.SYS_UMOUNT2, target, Hex(flags))
	return err
}

// MakePrivate makes the propagation of all of the subject's mounts private, so
// that what it mounts in a mount namespace of its own stays there.
func (s *Subject) MakePrivate() error {
	return s.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}
