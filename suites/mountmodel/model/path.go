package model

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Dirs returns the directories that every file system has, those above first,
// without its root.
func Dirs() []string { return []string{"a", "b", "a/c"} }

func exists(dir string) bool { return dir == "" || slices.Contains(Dirs(), dir) }

// below returns the names that a directory has in it.
func below(dir string) (names []string) {
	for _, d := range Dirs() {
		if name := strings.TrimPrefix(strings.TrimPrefix(d, dir), "/"); within(d, dir) && name != "" && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	return names
}

// resolve returns the mount and the directory of its file system that a path
// leads to; none when there is no such path. A namespace's own root is where
// paths begin, whatever is mounted on it.
func (w *World) resolve(space int, path string) (m int, dir string) {
	m = w.roots[space]
	dir = w.mounts[m].root
	for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' }) {
		if dir = strings.TrimPrefix(dir+"/"+name, "/"); !exists(dir) {
			return none, ""
		}
		for over := w.lookup(m, dir); over != none; over = w.lookup(m, dir) {
			m, dir = over, w.mounts[over].root
		}
	}
	return m, dir
}

// mountAt returns the mount at a mount point, or how a call fails that wants one.
func (w *World) mountAt(space int, path string) (m int, errno unix.Errno) {
	m, dir := w.resolve(space, path)
	switch {
	case m == none:
		return none, unix.ENOENT
	case dir != w.mounts[m].root:
		return none, unix.EINVAL
	}
	return m, 0
}

// mountPoint returns the path of a mount.
func (w *World) mountPoint(m int) string {
	path := ""
	for at := &w.mounts[m]; at.parent != none; at = &w.mounts[at.parent] {
		if rest := strings.TrimPrefix(strings.TrimPrefix(at.point, w.mounts[at.parent].root), "/"); rest != "" {
			path = "/" + rest + path
		}
	}
	if path == "" {
		return "/"
	}
	return path
}
