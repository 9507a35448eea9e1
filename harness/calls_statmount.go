package harness

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What statmount(2) is asked for, and has told, from include/uapi/linux/mount.h.
const (
	STATMOUNT_SB_BASIC = 1 << iota
	STATMOUNT_MNT_BASIC
	STATMOUNT_PROPAGATE_FROM
	STATMOUNT_MNT_ROOT
	STATMOUNT_MNT_POINT
	STATMOUNT_FS_TYPE
	STATMOUNT_MNT_NS_ID      // since Linux 6.11
	STATMOUNT_MNT_OPTS       // since Linux 6.11
	STATMOUNT_FS_SUBTYPE     // since Linux 6.13
	STATMOUNT_SB_SOURCE      // since Linux 6.13
	STATMOUNT_OPT_ARRAY      // since Linux 6.13
	STATMOUNT_OPT_SEC_ARRAY  // since Linux 6.13
	STATMOUNT_SUPPORTED_MASK // since Linux 6.15
	STATMOUNT_MNT_UIDMAP     // since Linux 6.15
	STATMOUNT_MNT_GIDMAP     // since Linux 6.15
)

// Flags and a mount id of statmount(2) and listmount(2).
const (
	STATMOUNT_BY_FD   = 1          // since Linux 7.0
	LISTMOUNT_REVERSE = 1          // since Linux 6.11
	LSMT_ROOT         = ^uint64(0) // of listmount(2): the root
	MNT_ID_REQ_SIZE0  = 24         // without NS
)

// MountRequest is struct mnt_id_req: which mount statmount(2) or listmount(2) is
// to look at.
type MountRequest struct {
	Size  uint32
	FD    uint32 // of a mount namespace, or with STATMOUNT_BY_FD of a file
	Mount uint64 // its unique id
	Param uint64 // STATMOUNT_* that are asked for, or the last id that has been listed
	NS    uint64 // the id of a mount namespace
}

// MountStatus is what statmount(2) tells of a mount.
type MountStatus struct {
	Mask                     uint64 // STATMOUNT_* that it tells
	Size                     int    // of the structure with all strings
	DevMajor, DevMinor       uint32
	Magic                    uint64
	SBFlags                  uint32 // MS_RDONLY and some others
	ID, Parent               uint64
	OldID, OldParent         uint32 // as in mountinfo
	Attributes               uint64 // MOUNT_ATTR_*
	Propagation              uint64 // MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE
	PeerGroup, Master, From  uint64
	NS                       uint64
	Supported                uint64
	Root, Point, Type        string
	Subtype, Source, Options string
	OptionList, SecurityList []string
	UIDMap, GIDMap           []string
}

// statmount is struct statmount up to its strings.
type statmount struct {
	Size, Options         uint32
	Mask                  uint64
	DevMajor, DevMinor    uint32
	Magic                 uint64
	SBFlags, Type         uint32
	ID, Parent            uint64
	OldID, OldParent      uint32
	Attributes            uint64
	Propagation           uint64
	PeerGroup, Master     uint64
	From                  uint64
	Root, Point           uint32
	NS                    uint64
	Subtype, Source       uint32
	OptionNum, OptionList uint32
	SecurityNum, Security uint32
	Supported             uint64
	UIDMapNum, UIDMap     uint32
	GIDMapNum, GIDMap     uint32
	_                     [43]uint64
}

// Statmount executes statmount(2) (since Linux 6.8). A request without a size has
// that of its structure.
func (s *Subject) Statmount(request MountRequest, flags int) (MountStatus, error) {
	return s.StatmountWithin(request, flags, 8192)
}

// StatmountWithin is [Subject.Statmount] with a buffer of so many bytes.
func (s *Subject) StatmountWithin(request MountRequest, flags, room int) (MountStatus, error) {
	if request.Size == 0 {
		request.Size = uint32(unsafe.Sizeof(request))
	}
	answer := make([]byte, room)
	if _, err := s.Syscall("statmount", unix.SYS_STATMOUNT, Struct(&request), Out(answer), room, Hex(flags)); err != nil {
		return MountStatus{}, err
	}
	return parseStatmount(answer), nil
}

func parseStatmount(answer []byte) MountStatus {
	var raw statmount
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&raw)), unsafe.Sizeof(raw)), answer)
	strings := answer[min(len(answer), int(unsafe.Sizeof(raw))):]
	text := func(at uint32, told uint64) string {
		if all := list(strings, at, 1); raw.Mask&told != 0 && len(all) == 1 {
			return all[0]
		}
		return ""
	}
	return MountStatus{
		Mask: raw.Mask, Size: int(raw.Size),
		DevMajor: raw.DevMajor, DevMinor: raw.DevMinor, Magic: raw.Magic, SBFlags: raw.SBFlags,
		ID: raw.ID, Parent: raw.Parent, OldID: raw.OldID, OldParent: raw.OldParent,
		Attributes: raw.Attributes, Propagation: raw.Propagation,
		PeerGroup: raw.PeerGroup, Master: raw.Master, From: raw.From,
		NS: raw.NS, Supported: raw.Supported,
		Root: text(raw.Root, STATMOUNT_MNT_ROOT), Point: text(raw.Point, STATMOUNT_MNT_POINT), Type: text(raw.Type, STATMOUNT_FS_TYPE),
		Subtype: text(raw.Subtype, STATMOUNT_FS_SUBTYPE), Source: text(raw.Source, STATMOUNT_SB_SOURCE),
		Options:    text(raw.Options, STATMOUNT_MNT_OPTS),
		OptionList: list(strings, raw.OptionList, raw.OptionNum), SecurityList: list(strings, raw.Security, raw.SecurityNum),
		UIDMap: list(strings, raw.UIDMap, raw.UIDMapNum), GIDMap: list(strings, raw.GIDMap, raw.GIDMapNum),
	}
}

// list returns n null-terminated strings, or as many as there are.
func list(strings []byte, at, n uint32) []string {
	var all []string
	for rest := strings[min(int(at), len(strings)):]; n > 0; n-- {
		one, after, terminated := bytes.Cut(rest, []byte{0})
		if !terminated {
			break
		}
		all, rest = append(all, string(one)), after
	}
	return all
}

// Listmount executes listmount(2) (since Linux 6.8) with room for so many ids. A
// request without a size has that of its structure.
func (s *Subject) Listmount(request MountRequest, room, flags int) ([]uint64, error) {
	if request.Size == 0 {
		request.Size = uint32(unsafe.Sizeof(request))
	}
	ids := make([]byte, 8*room)
	n, err := s.Syscall("listmount", unix.SYS_LISTMOUNT, Struct(&request), Out(ids), room, Hex(flags))
	if err != nil {
		return nil, err
	}
	return numbers(ids, int(n)), nil
}
