// Package inspect tells which namespaces a running process, or a pinned namespace, keeps
// apart from the host's, what holds each alive, and what leads around it.
//
// [Look] passes over /proc once. The [Machine] that it returns has every namespace that the
// caller may see, as lsns does, and those that only a pin, an open descriptor, a thread or another
// namespace holds; [Machine.Process] and [Machine.Pin] look at one target more closely.
//
// It reads, and changes nothing. Some of what is in a namespace no file under /proc/PID
// shows: a hostname, or the mounts of a namespace without a process. For that a thread joins
// the namespace, looks, and ends; it takes CAP_SYS_ADMIN, and nobody else is on that thread.
//
// # Verdicts
//
// A target is [Shared] in a kind if its namespace is the host's, [Leaking] if it has one of
// its own and something leads around it, [Isolated] if nothing was found that does, and
// [Unknown] if nothing was found and not all could be seen. What leads around:
//
//	cgroup  a mount that shows the hierarchy above the namespace's root
//	ipc     the host's /dev/mqueue or /dev/shm
//	mnt     a mount in a peer group with one of the host's; a directory outside of the root
//	        directory that is still open, or worked in
//	net     the host's /sys
//	pid     a /proc of another PID namespace
//	user    root of the host is mapped
//	any     the host's namespace of that kind, open or bind-mounted
//
// Isolated is therefore not secure: capabilities, seccomp, devices and file systems that are
// shared on purpose are not looked at.
//
// The host is process 1 as the caller's /proc shows it, or where that may not be looked at, the
// caller: [Reference] says which. What is found changes while it is read: a process that ends
// meanwhile is left out.
//
// # Privilege
//
// Of processes that the caller may not trace (ptrace(2), PTRACE_MODE_READ), other users'
// mostly, /proc shows next to nothing. What was not seen is told, in Unseen, and makes verdicts that
// rest on it Unknown. With CAP_SYS_ADMIN and CAP_SYS_PTRACE in the initial user
// namespace all is seen, except sockets, which keep a network namespace, too.
//
// # Who is inspected may be hostile
//
// No symbolic link of a target's is followed, nothing but procfs and namespace files is opened,
// a file system that does not answer is given up after two seconds, mount tables and directories are
// read up to a limit, and all text is escaped. A PID that is used again is not taken
// for the process that had it.
package inspect
