// Package cgroup holds the specs of cgroup namespaces, and of what cgroups(7)
// says of delegation and of /proc/PID/cgroup: see cgroup_namespaces(7).
package cgroup
