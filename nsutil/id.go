package nsutil

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ID is the identity of a namespace: the device and inode number of its nsfs file.
// Two IDs that were equal while both namespaces lived are one namespace.
type ID struct {
	Dev, Ino uint64
}

// String returns "4:4026531838": device and inode number, both decimal.
func (id ID) String() string {
	return fmt.Sprintf("%d:%d", id.Dev, id.Ino)
}

// IDOf returns the identity of the namespace that a file stands for: a link under
// /proc/PID/ns, which is followed, or a pin. It does not look whether the file is one.
func IDOf(path string) (ID, error) {
	var st unix.Stat_t
	if err := ignoringEINTR(func() error { return unix.Stat(path, &st) }); err != nil {
		return ID{}, fmt.Errorf("stat namespace %s: %w", path, err)
	}
	return idOfStat(&st), nil
}

// IDOfFd is [IDOf] for an open descriptor.
func IDOfFd(fd int) (ID, error) {
	var st unix.Stat_t
	if err := ignoringEINTR(func() error { return unix.Fstat(fd, &st) }); err != nil {
		return ID{}, fmt.Errorf("stat namespace descriptor %d: %w", fd, err)
	}
	return idOfStat(&st), nil
}

func idOfStat(st *unix.Stat_t) ID {
	return ID{Dev: uint64(st.Dev), Ino: st.Ino}
}

// OfProcess returns the namespaces of a process, of the calling one for pid 0.
// Kinds that the kernel does not have are left out. A process that exits meanwhile, or
// is a zombie, has no namespaces: the error is fs.ErrNotExist. Those of a process that
// the caller may not inspect (ptrace(2), PTRACE_MODE_READ) give EACCES.
func OfProcess(pid int) (map[Kind]ID, error) {
	ids := make(map[Kind]ID, len(kindFlags))
	for _, k := range Kinds() {
		id, err := IDOf(k.File(pid))
		if err == nil {
			ids[k] = id
			continue
		}
		// A zombie's link is there, and leads nowhere.
		if _, there := os.Lstat(k.File(pid)); !errors.Is(there, fs.ErrNotExist) {
			return nil, err
		}
	}
	if len(ids) < len(kindFlags) {
		// The kernel lacks the others, unless it was the process that went.
		if _, err := os.Stat(procPath(pid, "ns")); err != nil {
			return nil, fmt.Errorf("look for namespaces: %w", err)
		}
	}
	return ids, nil
}

// Same tells whether two namespace files stand for the same namespace.
func Same(a, b string) (bool, error) {
	ida, err := IDOf(a)
	if err != nil {
		return false, err
	}
	idb, err := IDOf(b)
	if err != nil {
		return false, err
	}
	return ida == idb, nil
}

// ignoringEINTR calls f until a signal does not interrupt it: the Go runtime
// sends itself signals.
func ignoringEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
