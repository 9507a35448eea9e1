package model

import (
	"slices"

	"golang.org/x/sys/unix"
)

// attach mounts the tree at source on a directory of dest, where nothing is
// mounted, and wherever that propagates to.
func (w *World) attach(source, dest int, dir string) {
	var copies []placed
	if w.mounts[dest].group != 0 {
		shared := make([]bool, len(w.mounts))
		for i := range shared {
			shared[i] = w.mounts[i].group != 0
		}
		for _, m := range w.tree(source) {
			if w.mounts[m].group == 0 && w.keeps(UnderSharedIsShared) {
				w.mounts[m].group = w.newGroup()
			}
		}
		copies = w.spread(source, dest, dir, shared)
	}
	w.put(source, dest, dir)
	for _, c := range copies {
		w.place(c, dir)
	}
}

// place mounts a copy, beneath what is mounted there.
func (w *World) place(c placed, dir string) {
	over := w.lookup(c.on, dir)
	if over != none && !w.keeps(CopiesGoBeneath) {
		for next := over; next != none; next = w.lookup(over, dir) {
			over, dir = next, w.mounts[next].root
		}
		w.put(c.copy, over, dir)
		return
	}
	w.put(c.copy, c.on, dir)
	if over != none {
		w.mounts[over].parent, w.mounts[over].point = c.copy, w.mounts[c.copy].root
	}
}

func (w *World) mount(s Step) unix.Errno {
	dest, dir := w.resolve(s.Space, s.Target)
	if dest == none {
		return unix.ENOENT
	}
	w.mounts = append(w.mounts, mount{fs: s.FS, space: made, parent: none})
	m := len(w.mounts) - 1
	w.attach(m, dest, dir)
	if top, _ := w.resolve(s.Space, s.Target); top != m {
		w.unfit = "copies are in the way to the new file system, which has no directories yet"
	}
	return 0
}

func (w *World) bind(s Step) unix.Errno {
	dest, dir := w.resolve(s.Space, s.Target)
	if dest == none {
		return unix.ENOENT
	}
	source, root := w.resolve(s.Space, s.Source)
	switch {
	case source == none:
		return unix.ENOENT
	case w.mounts[source].unbindable:
		return unix.EINVAL
	case s.Recursive && w.lookup(source, root) != none:
		// Where a copy that is covered goes beneath a mount, Linux 6.1 has both in one place.
		w.unfit = "only a namespace's root can be covered where paths lead to it"
	}
	c := w.copyMount(source, root, asPeer)
	if !w.keeps(BindsJoin) {
		w.mounts[c].group = 0
	}
	if s.Recursive {
		w.copyBelow(source, c, root, !w.keeps(UnbindableIsOmitted), asPeer)
	}
	w.attach(c, dest, dir)
	return 0
}

func (w *World) move(s Step) unix.Errno {
	dest, dir := w.resolve(s.Space, s.Target)
	if dest == none {
		return unix.ENOENT
	}
	source, errno := w.mountAt(s.Space, s.Source)
	if errno != 0 {
		return errno
	}
	m := w.mounts[source]
	tree := w.tree(source)
	unbindable := func(m int) bool { return w.mounts[m].unbindable }
	switch {
	case m.parent != none && w.mounts[m.parent].group != 0 && w.keeps(SharedParentKeeps):
		return unix.EINVAL
	case w.mounts[dest].group != 0 && slices.ContainsFunc(tree, unbindable) && w.keeps(UnbindableStaysPut):
		return unix.EINVAL
	case slices.Contains(tree, dest):
		return unix.ELOOP
	}
	w.attach(source, dest, dir)
	return 0
}
