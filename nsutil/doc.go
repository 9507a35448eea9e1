// Package nsutil knows the words of Linux namespaces: their kinds and flags,
// their identities, the files that show and pin them, the /proc formats that
// describe a process in them, and which of their features a kernel has.
//
// It reads and names; apart from [Pin] and [Unpin] it changes nothing. To do
// something in a namespace, use the system calls in golang.org/x/sys/unix.
//
// # Errors
//
// Errors name what was attempted and wrap their cause: errors.Is finds the
// errno (unix.EPERM) or fs.ErrNotExist.
//
// Whatever asks for a feature of the kernel, as [Supports] and [UniqueID] do,
// answers in one of three ways:
//
//   - nil: it works here.
//   - errors.Is(err, [ErrNotSupported]): this kernel lacks it. errors.As gives a
//     [NotSupportedError] with the feature's name, the first kernel version
//     that has it and the configuration option that can remove it.
//   - any other error: nobody knows. A missing privilege, a seccomp filter, an
//     exhausted limit or an absent /proc stood in the way; ask again when that has
//     changed. Do not take it for a no.
//
// The first two do not change while a kernel runs, and [Supports] remembers them; the
// third it asks anew each time. A seccomp filter that answers ENOSYS, as some
// container runtimes do for clone3, cannot be told from a kernel without the call.
//
// Parsers take what a kernel writes and refuse everything else: a line cut
// short, a number out of range, a missing field are errors, never zeros. They
// read at most 16 MiB.
//
// # Threads
//
// Most namespaces belong to a thread, not to a process, and a goroutine may
// run on any thread. "/proc/self" is the process's first thread, which after
// an unshare or a setns elsewhere is not the thread that asks. A goroutine that has
// changed its namespaces (after [runtime.LockOSThread]) finds its own under
// /proc/thread-self/ns, or /proc/TID with its thread's ID for a pid.
//
// # When not to use it
//
// Two namespaces are the same when their [ID]s are equal while something
// keeps both alive: an open descriptor, a pin or a process. An inode number is used
// again after that; to recognise a namespace later, store its [UniqueID].
//
// To find out what is wrong with the namespaces of a running process use package
// [github.com/nsconform/nsconform/nsutil/inspect].
//
// For mount tables use github.com/moby/sys/mountinfo, for capability sets that
// must be changed github.com/moby/sys/capability, and to configure network
// namespaces github.com/vishvananda/netlink. A program that only wants to enter
// a namespace needs unix.Setns and a locked thread, and nothing from here.
package nsutil
