package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Row is a mount as a table shows it, like a line of mountinfo. Zero is no group.
type Row struct {
	ID, Parent           int // the parent of the root is not in the table
	Point, FS, Root      string
	Shared, Master, From int
	Unbindable           bool
}

// Tables are the mounts of namespaces, by the numbers of these; nil of one that
// is not there.
type Tables [][]Row

// Tables returns what should be seen.
func (w *World) Tables() Tables {
	all := make(Tables, len(w.roots))
	for space := range w.roots {
		if !w.live(space) {
			continue
		}
		for i := range w.in(space) {
			m := w.mounts[i]
			all[space] = append(all[space], Row{
				ID: i, Parent: m.parent, Point: w.mountPoint(i), FS: m.fs, Root: "/" + m.root,
				Shared: m.group, Master: m.master, From: w.from(m), Unbindable: m.unbindable,
			})
		}
	}
	return all
}

// from returns the closest group from which a slave receives, by however many
// others, and that has a member in the slave's namespace; 0 if that is its master.
func (w *World) from(m mount) int {
	for group := m.master; group != 0; {
		next := 0
		for peer := range w.members(group) {
			if w.mounts[peer].space == m.space {
				if group == m.master {
					return 0
				}
				return group
			}
			next = w.mounts[peer].master
		}
		group = next
	}
	return 0
}

// Text returns the tables as lines, by namespace. Groups are numbered as they
// come, so that equal lines are equal tables.
func (t Tables) Text() [][]string {
	text := make([][]string, len(t))
	groups := groupNames{}
	for space, rows := range t {
		isRoot := func(r Row) bool {
			return !slices.ContainsFunc(rows, func(parent Row) bool { return parent.ID == r.Parent })
		}
		for _, r := range rows {
			if isRoot(r) {
				text[space] = groups.lines(text[space], rows, r, "")
			}
		}
	}
	return text
}

type groupNames map[int]int

func (g groupNames) of(group int) int {
	if g[group] == 0 {
		g[group] = len(g) + 1
	}
	return g[group]
}

// lines adds the lines of a row and of all that is mounted there.
func (g groupNames) lines(text []string, rows []Row, r Row, indent string) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s  %s", indent, r.Point, r.FS)
	if r.Root != "/" {
		b.WriteString(":" + r.Root)
	}
	for _, tag := range []struct {
		name  string
		group int
	}{{"shared", r.Shared}, {"master", r.Master}, {"propagate_from", r.From}} {
		if tag.group != 0 {
			fmt.Fprintf(&b, "  %s:%d", tag.name, g.of(tag.group))
		}
	}
	if r.Unbindable {
		b.WriteString("  unbindable")
	}
	text = append(text, b.String())
	var children []Row
	for _, child := range rows {
		if child.Parent == r.ID && child.ID != r.ID {
			children = append(children, child)
		}
	}
	slices.SortFunc(children, func(a, b Row) int {
		return cmp.Or(strings.Compare(a.Point, b.Point), strings.Compare(a.FS, b.FS), strings.Compare(a.Root, b.Root), cmp.Compare(a.ID, b.ID))
	})
	for _, child := range children {
		text = g.lines(text, rows, child, indent+"  ")
	}
	return text
}
