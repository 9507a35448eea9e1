package model

import (
	"fmt"
	"math/rand/v2"
)

// What a sequence may grow to: more is only slower.
const (
	mostMounts = 64
	mostSpaces = 4
)

// Sequence returns the steps of the sequence with a number among those of a
// seed. All can be compared.
func Sequence(seed uint64, number, steps int) []Step {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(number))), world: New()}
	var all []Step
	for len(all) < steps {
		s := g.step()
		next := g.world.clone()
		if next.Do(s); next.unfit == "" && next.size() <= mostMounts {
			g.world, all = next, append(all, s)
			g.took(s)
		}
	}
	return all
}

type generator struct {
	*rand.Rand
	world *World
	files int // file systems so far, besides the first
}

// took counts what a step has used.
func (g *generator) took(s Step) {
	if s.Kind == Mount {
		g.files++
	}
}

// kinds are the kinds of steps, as often as they come among so many.
var kinds = []struct {
	kind  Kind
	often int
}{{Mount, 16}, {Bind, 24}, {Move, 12}, {Umount, 18}, {Change, 22}, {Clone, 4}, {Unshare, 2}, {Leave, 1}, {End, 1}}

func (g *generator) step() Step {
	s := Step{Kind: g.kind(), Space: g.space(), Target: "/"}
	switch s.Kind {
	case Mount:
		s.FS, s.Target = fmt.Sprintf("t%d", g.files+1), g.place(s.Space)
	case Bind:
		s.Source, s.Target, s.Recursive = g.place(s.Space), g.place(s.Space), g.IntN(2) == 0
		if g.IntN(6) == 0 {
			s.Source = "/"
		}
	case Move:
		s.Source, s.Target = g.point(s.Space), g.place(s.Space)
	case Umount:
		s.Target, s.Detach = g.point(s.Space), g.IntN(5) < 2
	case Change:
		s.Target, s.Type, s.Recursive = g.point(s.Space), g.propagation(), g.IntN(3) == 0
		if g.IntN(6) == 0 {
			s.Target = "/"
		}
	default:
		s.Target, s.To = "", len(g.world.roots)
	}
	return s
}

// kind returns a kind that can be done.
func (g *generator) kind() Kind {
	spaces := 0
	for _, root := range g.world.roots {
		if root != none {
			spaces++
		}
	}
	total := 0
	for _, k := range kinds {
		total += k.often
	}
	for {
		n := g.IntN(total)
		for _, k := range kinds {
			if n -= k.often; n >= 0 {
				continue
			}
			if (k.kind == Clone || k.kind == Unshare) && spaces == mostSpaces || k.kind == End && spaces < 2 {
				break
			}
			return k.kind
		}
	}
}

func (g *generator) space() int {
	for {
		if space := g.IntN(len(g.world.roots)); g.world.live(space) {
			return space
		}
	}
}

func (g *generator) propagation() Type {
	return []Type{Shared, Shared, Shared, Shared, Slave, Slave, Slave, Private, Unbindable}[g.IntN(9)]
}

// place returns the path of a directory, perhaps one that a mount covers.
func (g *generator) place(space int) string {
	if g.IntN(3) == 0 {
		return g.point(space)
	}
	path := ""
	_, dir := g.world.resolve(space, path)
	for {
		below := dirs[dir]
		if len(below) == 0 || path != "" && g.IntN(5) < 2 {
			break
		}
		dir = below[g.IntN(len(below))]
		path += "/" + dir[len(dir)-1:]
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
