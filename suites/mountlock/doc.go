// Package mountlock specifies what a mount namespace may not do with the mounts
// that it has from a more privileged one, and what becomes of a mount point that
// another mount namespace removes. See mount_namespaces(7), Restrictions on mount
// namespaces.
package mountlock
