// Package pid proves what is promised about PID namespaces: pid_namespaces(7),
// and what reboot(2), kill(2), pidfd_open(2), PR_SET_CHILD_SUBREAPER(2const),
// proc_pid_status(5), proc_locks(5) and core(5) say of them.
package pid
