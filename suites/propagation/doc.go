// Package propagation proves what is promised about mount propagation:
// mount_namespaces(7), "SHARED SUBTREES" and what follows there. Every claim is
// made from an effect: a mount below one mount appears below another, or not,
// and goes from there, or not; what mountinfo says comes on top.
package propagation
