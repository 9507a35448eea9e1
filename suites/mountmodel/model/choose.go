package model

// propagation returns a type for the target, rather one that makes what is rare:
// slaves of slaves, and slaves that are shared.
func (g *generator) propagation(s Step) Type {
	all := []Type{Shared, Shared, Slave, Private, Unbindable}
	switch m, _ := g.world.resolve(s.Space, s.Target); {
	case m == none:
	case g.world.mounts[m].group != 0:
		all = append(all, Slave, Slave, Slave)
	default:
		all = append(all, Shared, Shared, Shared)
	}
	return all[g.IntN(len(all))]
}

// place returns the path of a directory, perhaps one that a mount covers.
func (g *generator) place(space int) string {
	if g.IntN(3) == 0 {
		return g.point(space)
	}
	path := ""
	_, dir := g.world.resolve(space, path)
	for {
		names := below(dir)
		if len(names) == 0 || path != "" && g.IntN(5) < 2 {
			break
		}
		path += "/" + names[g.IntN(len(names))]
		_, dir = g.world.resolve(space, path)
	}
	if path == "" {
		return "/a" // the root of a mount that shows nothing else is there, too
	}
	return path
}

// point returns the path of a mount point other than the root, where there is
// one, and now and then of a directory that is none.
func (g *generator) point(space int) string {
	var points []string
	for m := range g.world.in(space) {
		if point := g.world.mountPoint(m); point != "/" {
			points = append(points, point)
		}
	}
	if len(points) == 0 || g.IntN(40) == 0 {
		return "/" + Dirs()[g.IntN(len(Dirs()))]
	}
	return points[g.IntN(len(points))]
}

// movable is point, but rather of a mount that can be moved.
func (g *generator) movable(space int) string {
	for range 5 {
		point := g.point(space)
		m, _ := g.world.resolve(space, point)
		if m != none && g.world.mounts[m].parent != none && g.world.mounts[g.world.mounts[m].parent].group == 0 {
			return point
		}
	}
	return g.point(space)
}
