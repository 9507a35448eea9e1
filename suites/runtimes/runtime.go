package runtimes

import (
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
)

// runtime is a program that makes containers, and how each thing is done with it. The
// command lines are without the program itself.
type runtime struct {
	// name is the program's, that of the set of tools it comes in, and the label of its
	// specs.
	name string
	// since is the version that brought a kind of namespace, of kinds that have not
	// always been there.
	since map[nsutil.Kind]string

	run, state, delete func(c *container) []string
	exec               func(c *container, pidFile string, argv ...string) []string
	kill               func(c *container, signal string) []string
}

// runtimes are all of them. A further one of this sort is a further line.
var runtimes = []runtime{
	lowLevel("crun", map[nsutil.Kind]string{nsutil.Time: "1.8.4"}, "--cgroup-manager=cgroupfs"),
	lowLevel("runc", map[nsutil.Kind]string{nsutil.Time: "1.2"}),
}

// lowLevel returns a runtime that takes a bundle and has the command line of runc; the
// options stand before the command.
func lowLevel(name string, since map[nsutil.Kind]string, options ...string) runtime {
	line := func(c *container, args ...string) []string {
		return append(append([]string{"--root=" + c.stateDir()}, options...), args...)
	}
	return runtime{
		name: name, since: since,
		run: func(c *container) []string {
			return line(c, "run", "--detach", "--bundle="+c.bundle, c.id)
		},
		exec: func(c *container, pidFile string, argv ...string) []string {
			return line(c, append([]string{"exec", "--detach", "--pid-file=" + pidFile, c.id}, argv...)...)
		},
		state:  func(c *container) []string { return line(c, "state", c.id) },
		kill:   func(c *container, signal string) []string { return line(c, "kill", c.id, signal) },
		delete: func(c *container) []string { return line(c, "delete", c.id) },
	}
}

// need skips the spec where the runtime is not there, or too old for the kinds.
func (rt runtime) need(kinds ...nsutil.Kind) {
	NeedProgram(rt.name)
	for _, kind := range kinds {
		if since := rt.since[kind]; since != "" {
			NeedVersion(rt.name, since, "to make "+string(kind)+" namespaces")
		}
	}
}

// command returns a command line of the runtime's.
func (rt runtime) command(args []string) []string {
	return append([]string{NeedProgram(rt.name).Path}, args...)
}

// each has specs for every runtime, under its name. They switch
// controllers on for the groups of the whole machine.
func each(specs func(rt runtime)) bool {
	for _, rt := range runtimes {
		Specs(rt.name+":", Label("runtimes", rt.name), func() { specs(rt) }, Serial)
	}
	return true
}
