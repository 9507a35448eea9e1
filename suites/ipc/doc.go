// Package ipc proves what is promised about IPC namespaces: ipc_namespaces(7),
// mq_overview(7), the System V calls.
package ipc
