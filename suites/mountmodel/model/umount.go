package model

import (
	"slices"

	"golang.org/x/sys/unix"
)

func (w *World) umount(s Step) unix.Errno {
	m, errno := w.mountAt(s.Space, s.Target)
	if errno != 0 {
		return errno
	}
	tree := w.tree(m)
	if len(tree) > 1 && !s.Detach {
		return unix.EBUSY
	}
	w.takeOut(tree)
	return 0
}

// takeOut unmounts a whole tree and, wherever the parent of one of its mounts
// propagates to, what is mounted in the same place.
func (w *World) takeOut(tree []int) {
	var candidates []int
	for _, m := range tree {
		for _, receiver := range w.downstream(w.mounts[m].parent) {
			child := w.lookup(receiver, w.mounts[m].point)
			if child != none && !slices.Contains(tree, child) && !slices.Contains(candidates, child) {
				candidates = append(candidates, child)
			}
		}
	}
	all := slices.Concat(tree, w.reduce(candidates, tree, w.busy))
	// Linux before 6.17 also takes a mount of whose children all go, though one that covers such a
	// child stays: the deviation mount-unmount-moves-covers. Sequences do without.
	if len(w.reduce(candidates, tree, w.directlyBusy)) != len(all)-len(tree) {
		w.unfit = "a cover would have to move out of the mount that it is in"
	}
	w.uncover(all)
	for _, m := range all {
		w.make(m, Private)
		w.mounts[m].gone = true
	}
}

// reduce returns those of the candidates that may go, when all others that go are
// the tree and candidates.
func (w *World) reduce(candidates, tree []int, busy func(m int, going []int) bool) []int {
	going := slices.Concat(tree, candidates)
	for again := w.keeps(BusyIsSpared); again; {
		again = false
		for _, m := range going[len(tree):] {
			if busy(m, going) {
				i := slices.Index(going, m)
				going = slices.Delete(slices.Clone(going), i, i+1)
				again = true
			}
		}
	}
	return going[len(tree):]
}

// busy reports whether there is anything below a mount, but for what covers the
// mount itself, that does not go with it.
func (w *World) busy(m int, going []int) bool {
	for child := range w.children(m) {
		if w.mounts[child].point == w.mounts[m].root {
			continue
		}
		for _, below := range w.tree(child) {
			if !slices.Contains(going, below) {
				return true
			}
		}
	}
	return false
}

// directlyBusy is busy, but looks at the children only.
func (w *World) directlyBusy(m int, going []int) bool {
	for child := range w.children(m) {
		if w.mounts[child].point != w.mounts[m].root && !slices.Contains(going, child) {
			return true
		}
	}
	return false
}

// uncover has what covers mounts that go, and stays, take their place.
func (w *World) uncover(going []int) {
	for _, bottom := range going {
		for _, over := range slices.Collect(w.children(bottom)) {
			if slices.Contains(going, over) {
				continue
			}
			if !w.keeps(CoverStays) {
				for _, m := range w.tree(over) {
					w.make(m, Private)
					w.mounts[m].gone = true
				}
				continue
			}
			under := bottom
			for slices.Contains(going, w.mounts[under].parent) {
				under = w.mounts[under].parent
			}
			w.mounts[over].parent, w.mounts[over].point = w.mounts[under].parent, w.mounts[under].point
		}
	}
}
