package model

import (
	"iter"
	"slices"
	"strings"
)

// none is no mount.
const none = -1

// made is the namespace of a mount that is being made: in none yet.
const made = -1

// World is all mounts of some mount namespaces. Every file system has the same
// directories, see [Dirs].
type World struct {
	mounts []mount // by number; those that are gone stay
	roots  []int   // by namespace: its root, none once it has ended
	groups int     // the last peer group
	// unfit says why what was last done is not to be compared; empty when it is.
	unfit   string
	without Rule
}

// mount is one mount. Peer groups are numbers, 0 is none.
type mount struct {
	fs, root string // the file system, and which of its directories the mount shows
	space    int    // the namespace
	parent   int    // none of a namespace's root
	point    string // the directory of the parent's file system that it is on
	group    int    // it shares propagation with
	master   int    // it receives propagation from
	// unbindable is never set beside a group or a master.
	unbindable, gone bool
}

// New returns a world of one namespace, 0, that has one private mount.
func New() *World {
	return &World{mounts: []mount{{fs: "t0", parent: none}}, roots: []int{0}}
}

// clone returns a copy.
func (w *World) clone() *World {
	c := *w
	c.mounts, c.roots = slices.Clone(w.mounts), slices.Clone(w.roots)
	return &c
}

// live reports whether a namespace is there.
func (w *World) live(space int) bool { return space < len(w.roots) && w.roots[space] != none }

// each goes through the mounts of which is holds.
func (w *World) each(is func(m *mount) bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range w.mounts {
			if m := &w.mounts[i]; !m.gone && is(m) && !yield(i) {
				return
			}
		}
	}
}

func (w *World) in(space int) iter.Seq[int] {
	return w.each(func(m *mount) bool { return m.space == space })
}

func (w *World) children(parent int) iter.Seq[int] {
	return w.each(func(m *mount) bool { return m.parent == parent })
}

func (w *World) members(group int) iter.Seq[int] {
	return w.each(func(m *mount) bool { return group != 0 && m.group == group })
}

func (w *World) slaves(group int) iter.Seq[int] {
	return w.each(func(m *mount) bool { return group != 0 && m.master == group })
}

// tree returns a mount and all below it, parents first.
func (w *World) tree(root int) []int {
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = slices.AppendSeq(all, w.children(all[i]))
	}
	return all
}

// lookup returns the mount that is mounted on a directory of another, or none.
func (w *World) lookup(parent int, dir string) int {
	for i := range w.children(parent) {
		if w.mounts[i].point == dir {
			return i
		}
	}
	return none
}

// size counts the mounts.
func (w *World) size() (n int) {
	for range w.each(func(*mount) bool { return true }) {
		n++
	}
	return n
}

// put mounts the tree at root on a directory of parent, in the same namespace.
func (w *World) put(root, parent int, dir string) {
	w.mounts[root].parent, w.mounts[root].point = parent, dir
	for _, m := range w.tree(root) {
		w.mounts[m].space = w.mounts[parent].space
	}
}

// within reports whether a directory is another, or below it.
func within(dir, above string) bool {
	return dir == above || above == "" || strings.HasPrefix(dir, above+"/")
}
