// Package timens holds the specs of time namespaces: what their members' clocks,
// timers and files in /proc tell, how one gets into them, and how and by whom
// their offsets are set.
package timens
