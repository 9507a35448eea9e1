// Package model is a reference model of mount propagation: mounts, peer groups,
// slaves and mount namespaces, and what the calls that change them do. Its rules
// are those of mount_namespaces(7), SHARED SUBTREES, and of the kernel's
// Documentation/filesystems/sharedsubtree.rst; where these say too little, what
// all kernels do.
//
// It makes random sequences of such calls, compares what a [Kernel] makes of them
// with what it makes of them itself, and shrinks what differs:
//
//	difference, err := model.Check(begin, model.Sequence(seed, number, 30), 10, limit)
//
// It makes no calls, so that it can be tested against itself.
package model
