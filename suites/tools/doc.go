// Package tools proves what is promised of the programs that make, enter and list
// namespaces: unshare(1), nsenter(1), lsns(8) and ip-netns(8). They are the real ones of
// util-linux and iproute2: what is claimed is seen from outside of them, in inode numbers,
// mount tables, and by other processes.
//
// All specs have the label tools, and run only when they are asked for: most kernels
// are proven without a program of others.
package tools
