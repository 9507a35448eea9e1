package inspect

import (
	"cmp"
	"slices"
	"strings"
)

// markHidden marks the mounts that no path leads to: those that another mount covers, and
// those on a part of their parent that another mount covers, whatever was first.
func markHidden(mounts []mount) {
	byID := make(map[int]int, len(mounts))
	for i, m := range mounts {
		byID[m.id] = i
	}
	cutOff := make([]bool, len(mounts))
	markCutOff(mounts, cutOff)
	done := make([]bool, len(mounts))
	for i := range mounts {
		// What is on a mount that is cut off is, too: go up to one that is done, and back.
		var chain []int
		at := i
		for known := true; known && !done[at]; {
			done[at] = true
			chain = append(chain, at)
			var parent int
			if parent, known = byID[mounts[at].parent]; known {
				at = parent
			}
		}
		off := cutOff[at]
		for _, j := range slices.Backward(chain) {
			off = off || cutOff[j]
			cutOff[j] = off
			mounts[j].hidden = mounts[j].hidden || off
		}
		if parent, known := byID[mounts[i].parent]; known && parent != i && mounts[parent].point == mounts[i].point {
			mounts[parent].hidden = true
		}
	}
}

// markCutOff marks, of the mounts on the same parent, those below another.
func markCutOff(mounts []mount, cutOff []bool) {
	order := make([]int, 0, len(mounts))
	for i, m := range mounts {
		if m.parent != m.id { // as the first of all is
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(mounts[i].parent, mounts[j].parent), comparePaths(mounts[i].point, mounts[j].point))
	})
	above := -1
	for _, i := range order {
		if above >= 0 && mounts[above].parent == mounts[i].parent && isBelow(mounts[i].point, mounts[above].point) {
			cutOff[i] = true
		} else {
			above = i
		}
	}
}

// comparePaths orders paths so that what is below one follows it directly.
func comparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// isBelow reports whether a path is below a directory, and not that itself.
func isBelow(path, dir string) bool {
	if dir == "/" {
		return path != "/"
	}
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.HasPrefix(path, dir)
}
