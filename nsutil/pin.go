package nsutil

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Pin keeps a namespace alive, without a process in it, by binding its file (a link
// under /proc/PID/ns, /proc/self/fd/N, or another pin) to path. It creates path when
// it is absent, empty and without permissions, and removes it again when the mount
// fails; a plain file that is there is used as it is. It takes CAP_SYS_ADMIN in the
// user namespace that owns the caller's mount namespace.
//
// The pin exists in the caller's mount namespace and wherever its mount propagates
// to, until [Unpin]. EBUSY: path is a pin already. EINVAL: nsfile is no namespace.
//
// A mount namespace can be pinned only from one that is older, its parent say: the
// kernel refuses a mount that would keep alive, directly or around a corner, the
// namespace it is in (EINVAL). For the same reason path must lie on a private mount, or
// the pin would propagate into the very namespace it pins. See mount_namespaces(7).
func Pin(nsfile, path string) error {
	if err := pin(nsfile, path); err != nil {
		return fmt.Errorf("pin %s to %s: %w", nsfile, path, err)
	}
	return nil
}

func pin(nsfile, path string) error {
	ns, err := isNamespaceFile(nsfile)
	if err != nil {
		return err
	}
	if !ns {
		return fmt.Errorf("%s is no namespace file: %w", nsfile, unix.EINVAL)
	}
	created, err := makePinFile(path)
	if err != nil {
		return err
	}
	if err := unix.Mount(nsfile, path, "", unix.MS_BIND, ""); err != nil {
		err = fmt.Errorf("bind: %w", err)
		if created {
			err = joinLine(err, os.Remove(path))
		}
		return err
	}
	return nil
}

// makePinFile makes path ready to be mounted on and tells whether it created it.
func makePinFile(path string) (created bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0)
	if err == nil {
		return true, f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not a plain file: %w", path, unix.EINVAL)
	}
	pinned, err := isNamespaceFile(path)
	if pinned {
		return false, fmt.Errorf("a namespace is pinned there already: %w", unix.EBUSY)
	}
	return false, err
}

// Unpin takes away what [Pin] made: the mount, with MNT_DETACH, and the file under it. The
// namespace lives on as long as something else holds it. EINVAL: path is not a pin;
// nothing is removed then. ENOENT: there is no such file.
func Unpin(path string) error {
	if err := unpin(path); err != nil {
		return fmt.Errorf("unpin %s: %w", path, err)
	}
	return nil
}

func unpin(path string) error {
	pinned, err := isNamespaceFile(path)
	if err != nil {
		return err
	}
	if !pinned {
		return fmt.Errorf("no namespace is pinned there: %w", unix.EINVAL)
	}
	if err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
		return fmt.Errorf("unmount: %w", err)
	}
	return os.Remove(path)
}

// isNamespaceFile tells whether path, with links followed, is a file of nsfs.
func isNamespaceFile(path string) (bool, error) {
	var st unix.Statfs_t
	if err := ignoringEINTR(func() error { return unix.Statfs(path, &st) }); err != nil {
		return false, fmt.Errorf("look at %s: %w", path, err)
	}
	return st.Type == unix.NSFS_MAGIC, nil
}

// joinLine is errors.Join on one line.
func joinLine(err, other error) error {
	if other == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, other)
}
