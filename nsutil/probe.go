package nsutil

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// probeKind looks for the kind's entry in the directory /proc/self/ns. It does not
// list the directory, which a process that is not dumpable may not.
func probeKind(k Kind) error {
	_, err := os.Lstat(k.File(0))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Absent from a real /proc it is absent from the kernel.
	var st unix.Statfs_t
	if err := ignoringEINTR(func() error { return unix.Statfs("/proc/self/ns", &st) }); err != nil {
		return fmt.Errorf("look at /proc/self/ns (is /proc mounted?): %w", err)
	}
	if st.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("/proc is not a proc file system: %w", err)
	}
	return errLacking
}

// probeClone3 calls clone3 with a structure of no size. A kernel with the call
// (5.3, 7f192e3cd316) says EINVAL before it reads the structure.
func probeClone3() error {
	_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
	return refusedWith(unix.EINVAL, errno)
}

// probePidfdOpen opens this process (5.3) and closes it again.
func probePidfdOpen() error {
	pidfd, err := openSelf()
	if err != nil {
		return orLacking(err, unix.ENOSYS)
	}
	return unix.Close(pidfd)
}

// probePidfdGetfd calls pidfd_getfd (5.6, 8649c322f75c) on no descriptor.
func probePidfdGetfd() error {
	_, err := unix.PidfdGetfd(-1, -1, 0)
	return refusedWith(unix.EBADF, err)
}

// probeCloseRange closes a range (5.9, 278a5fbaed89) that ends before it begins.
func probeCloseRange() error {
	return refusedWith(unix.EINVAL, unix.CloseRange(1, 0, 0))
}

// probeMountAPI calls fsconfig (5.2, with the rest of the API) on no descriptor. It
// is the one of the calls that looks at its arguments before it looks for privilege.
func probeMountAPI() error {
	minusOne := ^uintptr(0)
	_, _, errno := unix.Syscall6(unix.SYS_FSCONFIG, minusOne, unix.FSCONFIG_SET_FLAG, 0, 0, 0, 0)
	return refusedWith(unix.EINVAL, errno)
}

// probePidfdNamespaces opens this process's mount namespace, the kind that is
// never configured out, through a pidfd (6.11, 5b08bd408534). Pidfds of older
// kernels know no ioctl, or not this one.
func probePidfdNamespaces() error {
	pidfd, err := openSelf()
	if err != nil {
		return orLacking(err, unix.ENOSYS)
	}
	defer unix.Close(pidfd)
	const pidfdGetMntNamespace = 0xff03 // _IO(PIDFS_IOCTL_MAGIC, 3), the same on all architectures we build for
	ns, err := nsIoctl(pidfd, pidfdGetMntNamespace)
	if err != nil {
		return orLacking(err, unix.ENOTTY)
	}
	return unix.Close(ns)
}

// probeMntNamespaceID asks for the number of this process's mount namespace (6.11).
func probeMntNamespaceID() error {
	return probeNsIoctlUint64(unix.NS_GET_MNTNS_ID)
}

// probeNamespaceID asks for the same number as a kernel numbers all kinds (6.18).
func probeNamespaceID() error {
	return probeNsIoctlUint64(unix.NS_GET_ID)
}

func probeNsIoctlUint64(request uint) error {
	f, err := os.Open(Mnt.File(0))
	if err != nil {
		return err
	}
	defer f.Close()
	fd := int(f.Fd())
	// Only what is a namespace can tell by its ENOTTY that the kernel lacks the request.
	if _, err := TypeOf(fd); err != nil {
		return err
	}
	_, err = nsIoctlUint64(fd, request)
	return orLacking(err, unix.ENOTTY)
}

func openSelf() (int, error) {
	return unix.PidfdOpen(os.Getpid(), 0)
}

// refusedWith judges a call made to be refused: with want by a kernel that has it, with
// ENOSYS by one that has not.
func refusedWith(want, got error) error {
	switch {
	case errors.Is(got, want):
		return nil
	case got == nil || got == unix.Errno(0):
		return fmt.Errorf("the kernel accepted a call that it must refuse with %w", want)
	default:
		return orLacking(got, unix.ENOSYS)
	}
}

// orLacking turns the errno by which a kernel says that it lacks a feature into errLacking.
func orLacking(err error, lacking unix.Errno) error {
	if errors.Is(err, lacking) {
		return errLacking
	}
	return err
}
