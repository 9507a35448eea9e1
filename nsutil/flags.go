package nsutil

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// cloneFlags are the clone(2) flags that namespaces are created, shared and
// tracked with, from the namespace flags to the others.
var cloneFlags = []struct {
	flag int
	name string
}{
	{unix.CLONE_NEWUSER, "CLONE_NEWUSER"},
	{unix.CLONE_NEWNS, "CLONE_NEWNS"},
	{unix.CLONE_NEWUTS, "CLONE_NEWUTS"},
	{unix.CLONE_NEWIPC, "CLONE_NEWIPC"},
	{unix.CLONE_NEWPID, "CLONE_NEWPID"},
	{unix.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
	{unix.CLONE_NEWNET, "CLONE_NEWNET"},
	{unix.CLONE_NEWTIME, "CLONE_NEWTIME"},
	{unix.CLONE_VM, "CLONE_VM"},
	{unix.CLONE_FS, "CLONE_FS"},
	{unix.CLONE_FILES, "CLONE_FILES"},
	{unix.CLONE_SIGHAND, "CLONE_SIGHAND"},
	{unix.CLONE_PIDFD, "CLONE_PIDFD"},
	{unix.CLONE_PTRACE, "CLONE_PTRACE"},
	{unix.CLONE_VFORK, "CLONE_VFORK"},
	{unix.CLONE_PARENT, "CLONE_PARENT"},
	{unix.CLONE_THREAD, "CLONE_THREAD"},
	{unix.CLONE_SYSVSEM, "CLONE_SYSVSEM"},
	{unix.CLONE_SETTLS, "CLONE_SETTLS"},
	{unix.CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID"},
	{unix.CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID"},
	{unix.CLONE_DETACHED, "CLONE_DETACHED"},
	{unix.CLONE_UNTRACED, "CLONE_UNTRACED"},
	{unix.CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID"},
	{unix.CLONE_IO, "CLONE_IO"},
}

// FlagString returns clone, unshare or setns flags in words:
// "CLONE_NEWUTS|CLONE_NEWIPC". Bits without a name follow in hexadecimal, as one
// number: "CLONE_FS|0x11". No flags are "0".
//
// In the flags of clone(2), unlike those of the other calls, the lowest byte is
// the child's exit signal; take it off before.
func FlagString(flags int) string {
	if flags == 0 {
		return "0"
	}
	var words []string
	for _, f := range cloneFlags {
		if flags&f.flag != 0 {
			words = append(words, f.name)
			flags &^= f.flag
		}
	}
	if flags != 0 {
		words = append(words, fmt.Sprintf("%#x", uint(flags)))
	}
	return strings.Join(words, "|")
}
