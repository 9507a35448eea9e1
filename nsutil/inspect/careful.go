package inspect

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNoNamespace says that a file is none of nsfs.
var ErrNoNamespace = errors.New("it is no namespace file")

// openNamespaceFile opens a file if it is of nsfs. It opens nothing else, as to open a FIFO
// or a device has effects, and follows links: do not give it a path of somebody else's.
func openNamespaceFile(path string) (int, error) {
	found, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(found)
	fd, err := reopenNamespace(found)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

// reopenNamespace opens what an O_PATH descriptor stands for, if that is of nsfs.
func reopenNamespace(found int) (int, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(found, &st); err != nil {
		return -1, err
	}
	if st.Type != unix.NSFS_MAGIC {
		return -1, ErrNoNamespace
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(found), unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// openInRoot finds what is at a path below the process's root directory, without following
// links, which are the process's to make. It opens with O_PATH only.
func (d procDir) openInRoot(path string) (int, error) {
	root, err := unix.Openat(d.fd, "root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open the root directory of process %d: %w", d.pid, err)
	}
	defer unix.Close(root)
	fd, err := unix.Openat2(root, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return -1, fmt.Errorf("open %q below the root directory of process %d: %w", path, d.pid, err)
	}
	return fd, nil
}

// errStuck says that a file system, which may be somebody's FUSE, did not answer.
var errStuck = errors.New("a file system on the way does not answer")

// patience is how long a file system may take.
const patience = 2 * time.Second

// within returns what f does, or errStuck when that takes too long; a result that comes
// later is handed to late.
func within[T any](limit time.Duration, f func() (T, error), late func(T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome)
	given := make(chan struct{})
	go func() {
		v, err := f()
		select {
		case done <- outcome{v, err}:
		case <-given:
			late(v, err)
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.value, o.err
	case <-timer.C:
		close(given)
		var none T
		return none, errStuck
	}
}

func closeLate(fd int, err error) {
	if err == nil {
		unix.Close(fd)
	}
}
