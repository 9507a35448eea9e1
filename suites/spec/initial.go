package spec

import (
	"os"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// kthreadd is the parent of all kernel threads, and in the initial namespaces.
const kthreadd = 2

var names = map[nsutil.Kind]string{
	nsutil.IPC: "IPC", nsutil.UTS: "UTS", nsutil.User: "user", nsutil.PID: "PID", nsutil.Cgroup: "cgroup", nsutil.Time: "time",
	nsutil.Net: "network", nsutil.Mnt: "mount",
}

// NeedInitial skips the spec where the suite is in another namespace of the kind
// than the initial one. That is known by its number and by the kernel's threads,
// where these are in sight and their namespaces may be read: a kernel that is
// wrong about the one would else be spared what it is to be asked.
func NeedInitial(kind nsutil.Kind) {
	number, known := nsutil.InitialIno(kind)
	if !known {
		NeedInitial(nsutil.User)
		NeedInitial(nsutil.PID)
	}
	own, err := nsutil.IDOf(kind.File(0))
	if err != nil || known && own.Ino == number {
		return
	}
	if its, seen := ofKernel(kind); its == own || !seen && !known {
		return
	}
	SkipFor(reports.SkipNested, "the suite does not run in the initial %s namespace", names[kind])
}

// ofKernel returns the namespace of the kind that the kernel's own threads are in.
func ofKernel(kind nsutil.Kind) (id nsutil.ID, seen bool) {
	if name, err := os.ReadFile("/proc/2/comm"); err != nil || string(name) != "kthreadd\n" {
		return id, false
	}
	id, err := nsutil.IDOf(kind.File(kthreadd))
	return id, err == nil
}

// Nested reports whether the suite is in another user namespace than the initial one.
func Nested() bool { return host().nested }

// NeedSysctl skips the spec where the suite may not set a sysctl of its own
// namespaces, a path below /proc/sys, because older kernels let only root of the
// machine.
func NeedSysctl(name string) {
	if Nested() && unix.Access("/proc/sys/"+name, unix.W_OK) != nil {
		SkipFor(reports.SkipNested, "only root of the initial user namespace can set the sysctl %s here", strings.ReplaceAll(name, "/", "."))
	}
}

// NeedCgroup skips the spec where the suite may make no group in the version 2
// hierarchy because that belongs to another user namespace.
func NeedCgroup() {
	if Nested() && !delegated() {
		SkipFor(reports.SkipResource, "the suite's cgroup has not been delegated to it, as systemd-run --user --scope -p Delegate=yes does")
	}
}

// delegated reports whether the suite may make groups below its own.
var delegated = sync.OnceValue(func() bool {
	entries, err := nsutil.CgroupsOf(0)
	if err != nil {
		return false
	}
	own, ok := nsutil.UnifiedCgroup(entries)
	if !ok {
		return false
	}
	context, err := unix.Fsopen("cgroup2", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return false
	}
	defer unix.Close(context)
	if unix.FsconfigCreate(context) != nil {
		return false
	}
	root, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(root)
	return unix.Faccessat(root, "."+own, unix.W_OK, 0) == nil && unix.Faccessat(root, "."+own+"/cgroup.procs", unix.W_OK, 0) == nil
})
