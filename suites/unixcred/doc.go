// Package unixcred holds the specs of process, user and group ids that cross
// namespaces over UNIX domain sockets, and of the names of these sockets.
package unixcred
