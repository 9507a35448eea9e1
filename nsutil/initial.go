package nsutil

// initial are the inode numbers of initial namespaces, include/linux/proc_ns.h.
// Those of network and mount namespaces are not the same on every kernel.
var initial = map[Kind]uint64{
	IPC: 0xEFFFFFFF, UTS: 0xEFFFFFFE, User: 0xEFFFFFFD,
	PID: 0xEFFFFFFC, Cgroup: 0xEFFFFFFB, Time: 0xEFFFFFFA,
}

// InitialIno returns the inode number that the initial namespace of the kind has on
// every kernel; ok is false for a kind of which kernels give it different ones.
func InitialIno(kind Kind) (ino uint64, ok bool) {
	ino, ok = initial[kind]
	return ino, ok
}
