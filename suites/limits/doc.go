// Package limits proves what is promised about limits on the number of
// namespaces: namespaces(7), The /proc/sys/user directory. All limits that it
// sets are those of user namespaces of its own.
package limits
