package harness

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// NSID executes ioctl(2) with NS_GET_ID (since Linux 6.18), which stores the id
// of the namespace that the subject's descriptor stands for.
func (s *Subject) NSID(fd int) (uint64, error) { return s.nsid(fd, unix.NS_GET_ID) }

// MntNSID executes ioctl(2) with NS_GET_MNTNS_ID (since Linux 6.11), which stores
// the id of the mount namespace that the descriptor stands for, as statmount(2)
// takes it.
func (s *Subject) MntNSID(fd int) (uint64, error) { return s.nsid(fd, unix.NS_GET_MNTNS_ID) }

func (s *Subject) nsid(fd int, request uint) (uint64, error) {
	var id uint64
	_, err := s.Ioctl(fd, request, Struct(&id))
	return id, err
}

// MntNSInfo is struct mnt_ns_info, from include/uapi/linux/nsfs.h.
type MntNSInfo struct {
	Size   uint32 // of the structure, as far as the kernel has filled it
	Mounts uint32 // without the namespace's root
	ID     uint64 // as NS_GET_MNTNS_ID stores it
}

// Ioctls of mount namespaces that fill a [MntNSInfo] (since Linux 6.12).
const (
	NS_MNT_GET_INFO = 0x8010b70a
	NS_MNT_GET_NEXT = 0x8010b70b
	NS_MNT_GET_PREV = 0x8010b70c
)

// MntNSInfo executes ioctl(2) with NS_MNT_GET_INFO.
func (s *Subject) MntNSInfo(fd int) (MntNSInfo, error) {
	var info MntNSInfo
	_, err := s.Ioctl(fd, NS_MNT_GET_INFO, Struct(&info))
	return info, err
}

// MntNSStep executes ioctl(2) with NS_MNT_GET_NEXT or NS_MNT_GET_PREV, which
// opens the mount namespace next to the one that the descriptor stands for.
func (s *Subject) MntNSStep(fd int, request uint) (int, MntNSInfo, error) {
	var info MntNSInfo
	next, err := s.Ioctl(fd, request, Struct(&info))
	return next, info, err
}

// NSRequest is struct ns_id_req, from include/uapi/linux/nsfs.h: what listns(2) is to list.
type NSRequest struct {
	Size   uint32
	Spare  uint32
	After  uint64 // the last id that the previous call has listed, or 0
	Types  uint32 // CLONE_NEW* flags, or 0 for all
	Spare2 uint32
	Owner  uint64 // the id of a user namespace, CurrentUser, or 0 for any
}

// CurrentUser is LISTNS_CURRENT_USER: the caller's user namespace as owner.
const CurrentUser = ^uint64(0)

// Listns executes listns(2) (since Linux 6.19) with room for so many ids. A
// request without a size has that of its structure.
func (s *Subject) Listns(request NSRequest, room int, flags int) ([]uint64, error) {
	if request.Size == 0 {
		request.Size = 32
	}
	ids := make([]byte, 8*room)
	n, err := s.Syscall("listns", unix.SYS_LISTNS, Struct(&request), Out(ids), room, Hex(flags))
	if err != nil {
		return nil, err
	}
	return numbers(ids, int(n)), nil
}

// numbers returns the first n numbers of 64 bits, or as many as there are.
func numbers(b []byte, n int) []uint64 {
	all := make([]uint64, min(n, len(b)/8))
	for i := range all {
		all[i] = binary.NativeEndian.Uint64(b[8*i:])
	}
	return all
}
