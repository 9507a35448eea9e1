package reports

import (
	"cmp"
	"slices"
	"strings"
)

// kinds are the kinds of namespaces, in the order in which tables have them.
var kinds = []string{"pid", "net", "mnt", "uts", "ipc", "user", "cgroup", "time"}

// costGroups sorts a run's costs by how they are best looked at.
type costGroups struct {
	phases []costPhase // of what there is a kind of each: create, drop, enter/fd
	groups []costGroup // the others, by the first part of their names
	curves []costCurve
}

// costPhase is one operation with the costs of the kinds of namespaces that it has.
type costPhase struct {
	name   string
	byKind map[string]Cost
}

type costGroup struct {
	name  string
	costs []Cost
}

// costCurve is a curve with its points in the order of its axis.
type costCurve struct {
	name, axis string
	points     []Cost
}

// groupCosts keeps the order of the plan within each group, and of the groups.
func groupCosts(costs []Cost) costGroups {
	var g costGroups
	for _, c := range costs {
		phase, ofKind := c.phase()
		switch {
		case c.Curve != "":
			g.addPoint(c)
		case ofKind:
			g.addPhase(phase, c)
		default:
			g.addOther(c)
		}
	}
	for _, curve := range g.curves {
		slices.SortStableFunc(curve.points, func(a, b Cost) int { return cmp.Compare(a.X, b.X) })
	}
	return g
}

// phase returns the name of b without the kind at its end, if it has one: "enter/fd".
func (b *BenchmarkResult) phase() (name string, ofKind bool) {
	if b.Curve != "" || !slices.Contains(kinds, b.Kind) {
		return "", false
	}
	return strings.CutSuffix(b.Name, "/"+b.Kind)
}

func (g *costGroups) addPoint(c Cost) {
	i := slices.IndexFunc(g.curves, func(have costCurve) bool { return have.name == c.Curve })
	if i < 0 {
		i = len(g.curves)
		g.curves = append(g.curves, costCurve{name: c.Curve, axis: c.Axis})
	}
	g.curves[i].points = append(g.curves[i].points, c)
}

func (g *costGroups) addPhase(name string, c Cost) {
	i := slices.IndexFunc(g.phases, func(have costPhase) bool { return have.name == name })
	if i < 0 {
		i = len(g.phases)
		g.phases = append(g.phases, costPhase{name, map[string]Cost{}})
	}
	g.phases[i].byKind[c.Kind] = c
}

func (g *costGroups) addOther(c Cost) {
	i := slices.IndexFunc(g.groups, func(have costGroup) bool { return have.name == c.Group })
	if i < 0 {
		i = len(g.groups)
		g.groups = append(g.groups, costGroup{name: c.Group})
	}
	g.groups[i].costs = append(g.groups[i].costs, c)
}

// kinds returns the kinds that any phase has a cost of.
func (g *costGroups) kinds() []string {
	return slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool {
		return !slices.ContainsFunc(g.phases, func(p costPhase) bool { _, has := p.byKind[kind]; return has })
	})
}
