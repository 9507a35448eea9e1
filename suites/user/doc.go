// Package user proves what user_namespaces(7) promises about who is a member of a
// user namespace, the capabilities in it, and what these are good for.
package user
