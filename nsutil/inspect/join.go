package inspect

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// joined runs f on a thread that has joined a namespace of the kind and ends with f: nobody
// else is ever on it. EPERM: the caller lacks CAP_SYS_ADMIN there. User, PID and time
// namespaces cannot be joined by a thread of a process with several.
func joined(kind nsutil.Kind, fd int, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // without end: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The main thread stays, and is what /proc/self shows: take another.
			done <- joined(kind, fd, f)
			runtime.UnlockOSThread()
			return
		}
		done <- join(kind, fd, f)
	}()
	return <-done
}

func join(kind nsutil.Kind, fd int, f func() error) error {
	// The thread may outlive this call for a moment, and should not be found there.
	own, err := unix.Open("/proc/thread-self/ns/"+string(kind), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open the caller's %s namespace: %w", kind, err)
	}
	defer unix.Close(own)
	if kind == nsutil.Mnt { // which threads that share their root directory may not
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return fmt.Errorf("unshare the root directory: %w", err)
		}
	}
	if err := unix.Setns(fd, kind.Flag()); err != nil {
		return fmt.Errorf("join %s namespace: %w", kind, err)
	}
	defer func() { _ = unix.Setns(own, kind.Flag()) }()
	return f()
}

// inMountNamespace hands read the mount table of a mount namespace as who has just
// joined it sees it.
func inMountNamespace(fd int, read func(table *os.File) error) error {
	proc, err := unix.Open("/proc/self/task", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /proc/self/task: %w", err)
	}
	defer unix.Close(proc)
	return joined(nsutil.Mnt, fd, func() error {
		table, err := unix.Openat(proc, strconv.Itoa(unix.Gettid())+"/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open mountinfo: %w", err)
		}
		f := os.NewFile(uintptr(table), "mountinfo")
		defer f.Close()
		return read(f)
	})
}

// names are the names of a UTS namespace.
type names struct {
	Hostname   string `json:"hostname"`
	Domainname string `json:"domainname"`
}

// namesIn returns the names of a UTS namespace.
func namesIn(fd int) (n names, err error) {
	err = joined(nsutil.UTS, fd, func() error {
		var u unix.Utsname
		if err := unix.Uname(&u); err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		n = names{unix.ByteSliceToString(u.Nodename[:]), unix.ByteSliceToString(u.Domainname[:])}
		return nil
	})
	return n, err
}
