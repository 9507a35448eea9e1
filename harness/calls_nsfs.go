package harness

import (
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// NSType executes ioctl(2) with NS_GET_NSTYPE (since Linux 4.11), which returns
// the CLONE_NEW* flag of the namespace that the subject's descriptor stands for.
// See NS_GET_NSTYPE(2const).
func (s *Subject) NSType(fd int) (int, error) { return s.Ioctl(fd, unix.NS_GET_NSTYPE, nil) }

// NSUserns executes ioctl(2) with NS_GET_USERNS (since Linux 4.9), which opens
// the user namespace that owns the one the descriptor stands for. See
// NS_GET_USERNS(2const).
func (s *Subject) NSUserns(fd int) (int, error) { return s.Ioctl(fd, unix.NS_GET_USERNS, nil) }

// NSParent executes ioctl(2) with NS_GET_PARENT (since Linux 4.9), which opens
// the parent of the PID or user namespace that the descriptor stands for. See
// NS_GET_PARENT(2const).
func (s *Subject) NSParent(fd int) (int, error) { return s.Ioctl(fd, unix.NS_GET_PARENT, nil) }

// NSOwnerUID executes ioctl(2) with NS_GET_OWNER_UID (since Linux 4.11), which
// stores the user id of the owner of the user namespace that the descriptor
// stands for, as the subject's user namespace maps it. See NS_GET_OWNER_UID(2const).
func (s *Subject) NSOwnerUID(fd int) (uint32, error) {
	var uid uint32
	_, err := s.Ioctl(fd, unix.NS_GET_OWNER_UID, Struct(&uid))
	return uid, err
}

// NSOf returns, by fstat(2), the identity of the namespace that the subject's
// descriptor stands for.
func (s *Subject) NSOf(fd int) (nsutil.ID, error) {
	return identity(s.Fstat(fd))
}

// NSFile returns, by fstatat(2) through the subject's own root and procfs, the
// identity of the namespace that a file stands for: a link under /proc/PID/ns or
// a bind mount of one.
func (s *Subject) NSFile(path string) (nsutil.ID, error) {
	return identity(s.Stat(path))
}

func identity(st unix.Stat_t, err error) (nsutil.ID, error) {
	return nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}, err
}

// NSHandle is the file handle of a namespace: struct file_handle with room for
// what nsfs puts into it (since Linux 6.18). See name_to_handle_at(2).
type NSHandle struct {
	Bytes uint32
	Type  int32
	Data  [16]byte
}

// NameToHandle executes name_to_handle_at(2) for the subject's descriptor itself.
func (s *Subject) NameToHandle(fd int) (NSHandle, error) {
	handle := NSHandle{Bytes: uint32(len(NSHandle{}.Data))}
	var mount int32
	_, err := s.Syscall("name_to_handle_at", unix.SYS_NAME_TO_HANDLE_AT,
		fd, "", Struct(&handle), Struct(&mount), Hex(unix.AT_EMPTY_PATH))
	return handle, err
}

// OpenByHandle executes open_by_handle_at(2) on the nsfs file system.
func (s *Subject) OpenByHandle(handle NSHandle) (int, error) {
	return s.OpenByHandleAt(unix.FD_NSFS_ROOT, handle)
}

// OpenByHandleAt executes open_by_handle_at(2) on the file system that the
// descriptor mount stands for.
func (s *Subject) OpenByHandleAt(mount int, handle NSHandle) (int, error) {
	fd, err := s.Syscall("open_by_handle_at", unix.SYS_OPEN_BY_HANDLE_AT, mount, Struct(&handle), Hex(unix.O_RDONLY|unix.O_CLOEXEC))
	return int(fd), err
}
