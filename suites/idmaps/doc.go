// Package idmaps proves what is promised about the maps of a user namespace's
// ids, and about the calls and the file setgroups that go by them:
// user_namespaces(7) from "User and group ID mappings" to "The /proc/pid/setgroups file".
package idmaps
