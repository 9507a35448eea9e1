// Package mountapi proves what is promised about the system calls that take
// mounts by descriptor or tell of them by id: open_tree(2), fsopen(2), fsmount(2),
// move_mount(2), statmount(2), listmount(2), and fanotify_mark(2) on mount
// namespaces. Each spec has a mount namespace of its own.
package mountapi
