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
	if g.IntN(4) > 0 { // most mounts of most systems are shared
		g.take(Step{Kind: Change, Target: "/", Type: Shared, Recursive: true})
	}
	for len(g.steps) < steps {
		g.take(g.step())
	}
	return g.steps
}

type generator struct {
	*rand.Rand
	world *World
	steps []Step
	files int  // file systems so far, besides the first
	next  Step // if it has a kind
}

// take takes a step, unless it is not to be compared, there would be too many
// mounts, or it fails as most calls that are made at random would.
func (g *generator) take(s Step) {
	next := g.world.clone()
	errno := next.Do(s)
	if next.unfit != "" || next.size() > mostMounts || errno != 0 && g.IntN(4) > 0 {
		return
	}
	if g.world, g.steps = next, append(g.steps, s); s.Kind == Mount {
		g.files++
	}
	g.follow(s)
}

// follow has a step be followed, as often as not, by one that makes of it what
// is rare: slaves that are shared, with others of their group, and moved mounts
// that are unbindable.
func (g *generator) follow(s Step) {
	if s.Kind != Change || g.IntN(2) == 0 {
		return
	}
	next := Step{Space: s.Space, Source: s.Target, Target: s.Target, Recursive: s.Recursive}
	m, _ := g.world.resolve(s.Space, s.Target)
	switch {
	case m == none:
	case s.Type == Slave && g.world.mounts[m].master != 0:
		next.Kind, next.Type = Change, Shared
	case s.Type == Shared && g.world.mounts[m].master != 0:
		next.Kind, next.Target = Bind, g.place(s.Space)
	case s.Type == Unbindable:
		next.Kind, next.Target = Move, g.place(s.Space)
	}
	g.next = next
}

// kinds are the kinds of steps, as often as they come among so many.
var kinds = []struct {
	kind  Kind
	often int
}{{Mount, 16}, {Bind, 28}, {Move, 10}, {Umount, 12}, {Change, 24}, {Clone, 4}, {Unshare, 3}, {Leave, 1}, {End, 2}}

func (g *generator) step() Step {
	if s := g.next; s.Kind != "" {
		g.next = Step{}
		return s
	}
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
		s.Source, s.Target = g.movable(s.Space), g.place(s.Space)
	case Umount:
		s.Target, s.Detach = g.point(s.Space), g.IntN(5) < 2
	case Change:
		s.Target, s.Recursive = g.point(s.Space), g.IntN(4) == 0
		if g.IntN(6) == 0 {
			s.Target = "/"
		}
		s.Type = g.propagation(s)
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
