package harness

import "golang.org/x/sys/unix"

// Flags of the mount API that x/sys does not name, from include/uapi/linux.
const (
	OPEN_TREE_NAMESPACE = 0x2            // since Linux 7.0
	FSMOUNT_NAMESPACE   = 0x2            // since Linux 7.1
	UNSHARE_EMPTY_MNTNS = 0x00100000     // since Linux 7.1
	CLONE_EMPTY_MNTNS   = 0x20_0000_0000 // of clone3(2), since Linux 7.1
)

// OpenTree executes open_tree(2) (since Linux 5.2) relative to the working directory.
func (s *Subject) OpenTree(path string, flags int) (int, error) {
	fd, err := s.Syscall("open_tree", unix.SYS_OPEN_TREE, unix.AT_FDCWD, path, Hex(flags))
	return int(fd), err
}

// Fsopen executes fsopen(2) (since Linux 5.2) with FSOPEN_CLOEXEC.
func (s *Subject) Fsopen(fstype string) (int, error) {
	fd, err := s.Syscall("fsopen", unix.SYS_FSOPEN, fstype, Hex(unix.FSOPEN_CLOEXEC))
	return int(fd), err
}

// FsconfigString executes fsconfig(2) with FSCONFIG_SET_STRING.
func (s *Subject) FsconfigString(fd int, key, value string) error {
	_, err := s.Syscall("fsconfig", unix.SYS_FSCONFIG, fd, unix.FSCONFIG_SET_STRING, key, value, 0)
	return err
}

// FsconfigFd executes fsconfig(2) with FSCONFIG_SET_FD.
func (s *Subject) FsconfigFd(fd int, key string, value int) error {
	_, err := s.Syscall("fsconfig", unix.SYS_FSCONFIG, fd, unix.FSCONFIG_SET_FD, key, nil, value)
	return err
}

// FsconfigCreate executes fsconfig(2) with FSCONFIG_CMD_CREATE.
func (s *Subject) FsconfigCreate(fd int) error {
	_, err := s.Syscall("fsconfig", unix.SYS_FSCONFIG, fd, unix.FSCONFIG_CMD_CREATE, nil, nil, 0)
	return err
}

// Fsmount executes fsmount(2) (since Linux 5.2) without mount attributes.
func (s *Subject) Fsmount(fd, flags int) (int, error) {
	mount, err := s.Syscall("fsmount", unix.SYS_FSMOUNT, fd, Hex(flags), 0)
	return int(mount), err
}

// MoveMount executes move_mount(2) (since Linux 5.2): it mounts what the
// descriptor stands for on target.
func (s *Subject) MoveMount(fd int, target string) error {
	_, err := s.Syscall("move_mount", unix.SYS_MOVE_MOUNT, fd, "", unix.AT_FDCWD, target, Hex(unix.MOVE_MOUNT_F_EMPTY_PATH))
	return err
}

// UniqueMountID returns what statx(2) with STATX_MNT_ID_UNIQUE (since Linux 6.8)
// tells of the mount that the path leads to.
func (s *Subject) UniqueMountID(path string) (uint64, error) {
	var st unix.Statx_t
	_, err := s.Syscall("statx", unix.SYS_STATX, unix.AT_FDCWD, path, 0, Hex(unix.STATX_MNT_ID_UNIQUE), Struct(&st))
	return st.Mnt_id, err
}
