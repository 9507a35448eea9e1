package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownRootArg is the first argument of the process that an ordinary user's
// namespaces begin with; the second is one of the other two. What follows is the
// command line of the process to run in them, none for a trial.
const (
	ownRootArg = "own-root"
	idsMapped  = "mapped"
	idsToCome  = "await" // until standard input ends
)

// ownRoot is root in an ordinary user's namespaces and PID 1: it prepares them,
// runs the suite process in them, and takes everything along when it ends. The
// suite is not PID 1 itself, whom many signals do not reach. It returns the exit
// status.
func ownRoot(args []string) (int, error) {
	// The signal comes when the thread that has started us ends; it is cleared by
	// gaining capabilities, and so is being dumpable, which procfs asks for.
	runtime.LockOSThread()
	err := errors.Join(
		unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0),
		unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0),
	)
	if err != nil {
		return 0, fmt.Errorf("be a child: %w", err)
	}
	if args[0] == idsToCome {
		// Without an id of its own this process has lost its capabilities when it
		// was executed. Executed again, as root, it has them all.
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return 0, fmt.Errorf("wait for ids: %w", err)
		}
		return 0, unix.Exec("/proc/self/exe", append([]string{os.Args[0], ownRootArg, idsMapped}, args[1:]...), os.Environ())
	}
	if err := furnish(); err != nil {
		return 0, err
	}
	if len(args) == 1 {
		return 0, nil
	}
	return runInside(args[1:])
}

// furnish makes the new namespaces what specs expect the suite's to be: /proc
// shows the processes that are there and the cgroup hierarchy those below, lo is
// up as on any host, and no mount of the host's comes or goes.
func furnish() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount proc: %w", err)
	}
	for _, point := range cgroupMounts() {
		mountOwnCgroup(point)
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	defer unix.Close(socket)
	request, _ := unix.NewIfreq("lo")
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}

// mountOwnCgroup shows the groups below this process's own, instead of the whole
// machine's. Where that is refused, groups cannot be made either. The tmpfs is
// between because the kernel mounts no file system on itself.
func mountOwnCgroup(point string) {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if unix.Mount("none", point, "tmpfs", flags, "") != nil {
		return
	}
	if unix.Mount("none", point, "cgroup2", flags, "") != nil {
		unix.Unmount(point, unix.MNT_DETACH)
	}
}

// cgroupMounts returns where the version 2 hierarchy is mounted.
func cgroupMounts() []string {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	var points []string
	for line := range strings.Lines(string(text)) {
		if head, tail, ok := strings.Cut(line, " - "); ok && strings.HasPrefix(tail, "cgroup2 ") {
			points = append(points, strings.Fields(head)[4])
		}
	}
	return points
}

// runInside runs the suite process and passes on how it ends.
func runInside(args []string) (int, error) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, unix.SIGTERM)
	child := exec.Command("/proc/self/exe", args...)
	child.Args[0] = os.Args[0]
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{os.NewFile(streamFD, "stream"), os.NewFile(turnFD, "turn")}
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		return 0, fmt.Errorf("start the suite: %w", err)
	}
	go func() {
		for sig := range told {
			child.Process.Signal(sig)
		}
	}()
	err := child.Wait()
	if child.ProcessState.Exited() {
		return child.ProcessState.ExitCode(), nil
	}
	return 0, fmt.Errorf("the suite: %w", err)
}
