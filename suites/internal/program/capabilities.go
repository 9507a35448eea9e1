package program

import "encoding/binary"

// FileCapabilities returns the security.capability attribute of a program in
// version 2: struct vfs_cap_data, include/uapi/linux/capability.h. See
// capabilities(7), "File capabilities".
func FileCapabilities(effective bool, permitted, inheritable uint64) []byte {
	head := uint32(0x02000000)
	if effective {
		head |= 1
	}
	var b []byte
	for _, word := range []uint32{head, uint32(permitted), uint32(inheritable), uint32(permitted >> 32), uint32(inheritable >> 32)} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}

// NamespacedFileCapabilities returns the attribute in version 3, with the uid of a
// user namespace's root. The capabilities become effective.
func NamespacedFileCapabilities(permitted uint64, root uint32) []byte {
	b := FileCapabilities(true, permitted, 0)
	b[3] = 3
	return binary.LittleEndian.AppendUint32(b, root)
}
