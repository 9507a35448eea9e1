// Package procns proves what is promised about the links in /proc/PID/ns, and
// what holds for namespaces of all kinds: namespaces(7). It also proves what
// proc_pid(5), proc_pid_root(5) and ptrace(2) promise of processes of different
// namespaces.
package procns
