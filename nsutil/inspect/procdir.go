package inspect

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// procDir is the directory of a process under /proc, opened. It stands for that process
// alone: once that has ended everything in there is gone (ESRCH, ENOENT), even if
// another process has its PID by then.
type procDir struct {
	pid int
	fd  int
}

func openProcDir(pid int) (procDir, error) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procDir{}, fmt.Errorf("open /proc/%d: %w", pid, err)
	}
	return procDir{pid, fd}, nil
}

func (d procDir) close() { unix.Close(d.fd) }

// open opens a file of procfs; it never follows a link out of it.
func (d procDir) open(name string) (*os.File, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc/%d/%s: %w", d.pid, name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// parse hands a file of the process to one of the parsers, which bound what they read.
func parse[T any](d procDir, name string, parser func(io.Reader) (T, error)) (T, error) {
	f, err := d.open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	v, err := parser(f)
	if err != nil {
		return v, fmt.Errorf("/proc/%d/%s: %w", d.pid, name, err)
	}
	return v, nil
}

// maxEntries is how much of a directory is read: of descriptors, or threads, of a process.
const maxEntries = 1 << 17

// numbers lists the entries of a directory that are numbers, as those of /proc/PID/fd and
// /proc/PID/task are, sorted. It is false when there are more than [maxEntries].
func (d procDir) numbers(name string) (all []int, whole bool, err error) {
	f, err := d.open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	return numbersIn(f)
}

func numbersIn(dir *os.File) (all []int, whole bool, err error) {
	names, err := dir.Readdirnames(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("list %s: %w", dir.Name(), err)
	}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, len(names) < maxEntries, nil
}

// link reads a link below the process's directory. Buffer is room for its text.
func (d procDir) link(name string, buffer []byte) (string, error) {
	n, err := unix.Readlinkat(d.fd, name, buffer)
	if err != nil {
		return "", err
	}
	return string(buffer[:n]), nil
}

// namespace reads a link to a namespace. It is false when the link leads nowhere, as for
// a kind that the kernel lacks, and for a zombie.
func (d procDir) namespace(name string, buffer []byte) (kind nsutil.Kind, id uint64, ok bool, err error) {
	text, err := d.link(name, buffer)
	switch {
	case gone(err):
		return "", 0, false, nil
	case err != nil:
		return "", 0, false, fmt.Errorf("read /proc/%d/%s: %w", d.pid, name, err)
	case !strings.Contains(text, ":["):
		return "", 0, false, nil
	}
	kind, id, err = nsutil.ParseLink(text)
	return kind, id, err == nil, nil // what is no kind of ours is none of our business
}

// gone reports whether an access failed because the process has ended, or has nothing
// of that name.
func gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH)
}
