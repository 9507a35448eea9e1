package model

import "golang.org/x/sys/unix"

// Type is a propagation type that a mount is made.
type Type string

// The types.
const (
	Shared     Type = "shared"
	Slave      Type = "slave"
	Private    Type = "private"
	Unbindable Type = "unbindable"
)

// change makes a mount, and with Recursive all below it, one of a type.
func (w *World) change(s Step) unix.Errno {
	m, errno := w.mountAt(s.Space, s.Target)
	if errno != 0 {
		return errno
	}
	all := []int{m}
	if s.Recursive {
		all = w.tree(m)
	}
	for _, m := range all {
		w.make(m, s.Type)
	}
	return 0
}

func (w *World) make(m int, t Type) {
	if t == Shared {
		if w.mounts[m].unbindable = false; w.mounts[m].group == 0 {
			w.mounts[m].group = w.newGroup()
		}
		return
	}
	w.makeSlave(m)
	if t != Slave {
		w.mounts[m].master, w.mounts[m].unbindable = 0, t == Unbindable
	}
}

// makeSlave makes a mount that is shared a slave of its peers. If it has none,
// it has the master that it had, and so have its slaves now.
func (w *World) makeSlave(m int) {
	group := w.mounts[m].group
	if group == 0 {
		return
	}
	w.mounts[m].group = 0
	for range w.members(group) {
		w.mounts[m].master = group
		return
	}
	for slave := range w.slaves(group) {
		w.mounts[slave].master = 0
		if w.keeps(SlavesFindNewMaster) {
			w.mounts[slave].master = w.mounts[m].master
		}
	}
	if !w.keeps(LoneSharedHasNoMaster) {
		w.mounts[m].master = group
	}
}

// copySpace makes a namespace, a copy of another one.
func (w *World) copySpace(of, space int) {
	for len(w.roots) <= space {
		w.roots = append(w.roots, none)
	}
	root := w.copyMount(w.roots[of], "", asPeer)
	w.copyBelow(w.roots[of], root, "", true, asPeer)
	w.roots[space] = root
	for _, m := range w.tree(root) {
		w.mounts[m].space = space
		if !w.keeps(CopiedSpaceJoins) {
			w.make(m, Private)
		}
		w.mounts[m].unbindable = w.mounts[m].unbindable && w.keeps(CopiedUnbindableStays)
	}
}

// endSpace ends a namespace, and with it its mounts.
func (w *World) endSpace(space int) {
	for m := range w.in(space) {
		if w.keeps(EndLeavesGroups) {
			w.make(m, Private)
			w.mounts[m].gone = true
		}
	}
	w.roots[space] = none
}
