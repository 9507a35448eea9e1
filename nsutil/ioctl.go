package nsutil

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TypeOf returns the kind of the namespace that an nsfs descriptor stands for.
// ENOTTY: fd is not one. NS_GET_NSTYPE(2const), since Linux 4.11.
func TypeOf(fd int) (Kind, error) {
	flag, err := nsIoctl(fd, unix.NS_GET_NSTYPE)
	if err != nil {
		return "", fmt.Errorf("ask for the kind of namespace descriptor %d: %w", fd, err)
	}
	k, ok := KindOf(flag)
	if !ok {
		return "", fmt.Errorf("ask for the kind of namespace descriptor %d: the kernel says %#x, which is none", fd, flag)
	}
	return k, nil
}

// Owner opens the user namespace that owns the namespace of fd; for a user
// namespace that is its parent. The new descriptor is close-on-exec and the caller's to
// close. EPERM: the owner is no descendant of the caller's user namespace, nor that
// itself. NS_GET_USERNS(2const), since Linux 4.9.
func Owner(fd int) (int, error) {
	owner, err := nsIoctl(fd, unix.NS_GET_USERNS)
	if err != nil {
		return -1, fmt.Errorf("open the owner of namespace descriptor %d: %w", fd, err)
	}
	return owner, nil
}

// Parent opens the parent of the PID or user namespace of fd. The new descriptor
// is close-on-exec and the caller's to close. EINVAL: fd is of a kind without
// a hierarchy. EPERM: the parent is outside the caller's own namespace, or there is
// none. NS_GET_PARENT(2const), since Linux 4.9.
func Parent(fd int) (int, error) {
	parent, err := nsIoctl(fd, unix.NS_GET_PARENT)
	if err != nil {
		return -1, fmt.Errorf("open the parent of namespace descriptor %d: %w", fd, err)
	}
	return parent, nil
}

// OwnerUID returns the user ID of the owner of the user namespace of fd, in terms of
// the caller's user namespace; the overflow ID, 65534, when it has no mapping there.
// EINVAL: fd is not a user namespace. NS_GET_OWNER_UID(2const), since Linux 4.11.
func OwnerUID(fd int) (uint32, error) {
	uid, err := unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID)
	if err != nil {
		return 0, fmt.Errorf("ask for the owner's user ID of namespace descriptor %d: %w", fd, err)
	}
	return uid, nil
}

// UniqueID returns the 64-bit number of the namespace of fd, which the
// kernel, unlike an inode number, never gives to another one until it is booted anew.
//
// It is to be had by NS_GET_ID from Linux 6.18 on, for mount namespaces by
// NS_GET_MNTNS_ID from 6.11 on; otherwise the error is [ErrNotSupported]. Before 6.18
// the numbers of mount namespaces count for themselves.
func UniqueID(fd int) (uint64, error) {
	id, err := nsIoctlUint64(fd, unix.NS_GET_ID)
	if err != unix.ENOTTY {
		return id, wrapUniqueID(fd, err)
	}
	// ENOTTY comes from an old kernel and from a descriptor that is no namespace.
	// The latter fails here, too.
	k, err := TypeOf(fd)
	if err != nil {
		return 0, wrapUniqueID(fd, err)
	}
	if k != Mnt {
		return 0, wrapUniqueID(fd, NamespaceID.notSupported())
	}
	id, err = nsIoctlUint64(fd, unix.NS_GET_MNTNS_ID)
	if err == unix.ENOTTY {
		err = MntNamespaceID.notSupported()
	}
	return id, wrapUniqueID(fd, err)
}

func wrapUniqueID(fd int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ask for the number of namespace descriptor %d: %w", fd, err)
}

// nsIoctl is an ioctl without argument that returns a number or a descriptor.
func nsIoctl(fd int, request uint) (int, error) {
	return unix.IoctlRetInt(fd, request)
}

// nsIoctlUint64 is an ioctl that stores 64 bits on every architecture, which
// those of package unix for an int do not have room for everywhere.
func nsIoctlUint64(fd int, request uint) (uint64, error) {
	var value uint64
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(unsafe.Pointer(&value)))
	if errno != 0 {
		return 0, errno
	}
	return value, nil
}
