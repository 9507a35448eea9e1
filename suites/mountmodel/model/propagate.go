package model

import "slices"

// receives reports whether a mount takes what is mounted on dir elsewhere: it
// must show that directory, and not be one that is only being made.
func (w *World) receives(m int, dir string) bool {
	return w.mounts[m].space != made && within(dir, w.mounts[m].root)
}

// placed is a copy, and the mount that it is to be mounted on.
type placed struct{ copy, on int }

// spread copies the tree at source for each mount that receives what is mounted
// on dir of dest: the peers of dest get peers of the source, and the slaves of a
// group get slaves of what that group got. Shared says of each mount whether it
// has been shared so far.
func (w *World) spread(source, dest int, dir string, shared []bool) (all []placed) {
	group := w.mounts[dest].group
	for _, m := range slices.Collect(w.members(group)) {
		if m != dest && w.receives(m, dir) && w.keeps(PeersReceive) {
			all = append(all, placed{w.copyTree(source, asPeer), m})
		}
	}
	if !w.keeps(SlavesReceive) {
		return all
	}
	return w.spreadToSlaves(all, group, source, dir, shared)
}

// spreadToSlaves adds the copies for a group's slaves, and for their slaves.
func (w *World) spreadToSlaves(all []placed, master, source int, dir string, shared []bool) []placed {
	var done []int
	for _, m := range slices.Collect(w.slaves(master)) {
		group := w.mounts[m].group
		switch {
		case w.mounts[m].space == made || slices.Contains(done, group):
		case group == 0 || !shared[m]:
			if w.receives(m, dir) {
				all = append(all, placed{w.copyTree(source, asSlave), m})
			}
		default:
			done = append(done, group)
			first := none
			for _, peer := range slices.Collect(w.members(group)) {
				if !w.receives(peer, dir) {
					continue
				}
				if first == none {
					first = w.copyTree(source, asSharedSlave)
					all = append(all, placed{first, peer})
				} else {
					all = append(all, placed{w.copyTree(first, asPeer), peer})
				}
			}
			if first == none {
				first = source
			}
			if w.keeps(SlavesPassOn) {
				all = w.spreadToSlaves(all, group, first, dir, shared)
			}
		}
	}
	return all
}

// kinship is what a copy becomes to the original.
type kinship int

const (
	asPeer        kinship = iota // of the same group and master, if any
	asSlave                      // of the original's group
	asSharedSlave                // and shared, too, in a new group
)

// copyMount makes a copy of a mount that shows root; it is not mounted anywhere.
func (w *World) copyMount(m int, root string, as kinship) int {
	c := w.mounts[m]
	c.root, c.space, c.parent, c.point = root, made, none, ""
	if as != asPeer && w.keeps(CopiesOnSlavesAreSlaves) {
		c.group, c.master = 0, c.group
	}
	if as == asSharedSlave && c.group == 0 {
		c.group = w.newGroup()
	}
	w.mounts = append(w.mounts, c)
	return len(w.mounts) - 1
}

// copyTree copies a mount and all below it.
func (w *World) copyTree(root int, as kinship) int {
	c := w.copyMount(root, w.mounts[root].root, as)
	w.copyBelow(root, c, "", true, as)
	return c
}

// copyBelow copies what is mounted on root at or below a directory to its copy c.
func (w *World) copyBelow(root, c int, dir string, unbindables bool, as kinship) {
	for _, child := range slices.Collect(w.children(root)) {
		m := w.mounts[child]
		if !within(m.point, dir) || m.unbindable && !unbindables {
			continue
		}
		below := w.copyMount(child, m.root, as)
		w.mounts[below].parent, w.mounts[below].point = c, m.point
		w.copyBelow(child, below, "", unbindables, as)
	}
}

func (w *World) newGroup() int {
	w.groups++
	return w.groups
}

// downstream returns the mounts that receive what is done on m.
func (w *World) downstream(m int) (all []int) {
	for peer := range w.members(w.mounts[m].group) {
		if peer != m {
			all = append(all, peer)
		}
	}
	groups := []int{w.mounts[m].group}
	for i := 0; i < len(groups) && w.keeps(SlavesLoseToo); i++ {
		for slave := range w.slaves(groups[i]) {
			all = append(all, slave)
			if group := w.mounts[slave].group; group != 0 && !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return all
}
