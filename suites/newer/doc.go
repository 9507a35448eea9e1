// Package newer holds the specs of what newer kernels do with namespaces and no
// manual page documents yet: ids, file handles and lists of namespaces, ioctls
// of pidfds, and new ways to make mount namespaces.
package newer
