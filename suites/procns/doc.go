// Package procns proves what is promised about the links in /proc/PID/ns, and
// what holds for namespaces of all kinds: namespaces(7).
package procns
