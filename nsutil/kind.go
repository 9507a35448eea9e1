package nsutil

import (
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Kind is a kind of namespace, by its name under /proc/PID/ns.
type Kind string

// The kinds of namespace. See namespaces(7).
const (
	Cgroup Kind = "cgroup"
	IPC    Kind = "ipc"
	Mnt    Kind = "mnt"
	Net    Kind = "net"
	PID    Kind = "pid"
	Time   Kind = "time"
	User   Kind = "user"
	UTS    Kind = "uts"
)

type kindFlag struct {
	kind Kind
	flag int
}

// kindFlags is sorted by the kind's name.
var kindFlags = []kindFlag{
	{Cgroup, unix.CLONE_NEWCGROUP},
	{IPC, unix.CLONE_NEWIPC},
	{Mnt, unix.CLONE_NEWNS},
	{Net, unix.CLONE_NEWNET},
	{PID, unix.CLONE_NEWPID},
	{Time, unix.CLONE_NEWTIME},
	{User, unix.CLONE_NEWUSER},
	{UTS, unix.CLONE_NEWUTS},
}

// Kinds returns the eight kinds, sorted by name.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindFlags))
	for i, kf := range kindFlags {
		kinds[i] = kf.kind
	}
	return kinds
}

// Flag returns the kind's CLONE_NEW* flag, or 0 when k is no kind.
func (k Kind) Flag() int {
	for _, kf := range kindFlags {
		if kf.kind == k {
			return kf.flag
		}
	}
	return 0
}

// KindOf returns the kind whose CLONE_NEW* flag is flag. It is false when
// flag is not exactly one such flag.
func KindOf(flag int) (Kind, bool) {
	i := slices.IndexFunc(kindFlags, func(kf kindFlag) bool { return kf.flag == flag })
	if i < 0 {
		return "", false
	}
	return kindFlags[i].kind, true
}

// File returns the path of the kind's file for a process: "/proc/7/ns/uts".
// Pid 0 is the calling process: "/proc/self/ns/uts".
func (k Kind) File(pid int) string {
	return procPath(pid, "ns/"+string(k))
}

// procPath returns a path under /proc/PID, or under /proc/self for pid 0.
func procPath(pid int, name string) string {
	who := "self"
	if pid != 0 {
		who = strconv.Itoa(pid)
	}
	return "/proc/" + who + "/" + name
}
