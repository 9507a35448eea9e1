package engines

import (
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
)

// engine is a program that makes containers of images, and how each thing is done with
// it.
type engine struct {
	// name is that of the set of programs it comes in, and the label of its specs.
	name string
	// programs are those that specs run.
	programs []string
	// rootless says that it can be an ordinary user's.
	rootless bool
	// own are the kinds of which a container has a namespace of its own when it is told
	// nothing but to have no network.
	own []nsutil.Kind
	// ways are what a container can be told of whose namespaces it gets, in the
	// engine's words.
	ways map[nsutil.Kind]ways
	// together are kinds of which a container shares all of the host's or none.
	together []nsutil.Kind

	// open makes the engine ready in a room, with the image loaded.
	open func(r *room)
	// openMapping is the same for containers with user namespaces of their own; nil where
	// open does.
	openMapping func(r *room)
	// run has a container run in the background. A status other than 0 is a refusal, with
	// what the engine says.
	run func(c *container) (status int, said string)
	// swept is a folder of whose files the engine removes a container's some time after it;
	// empty where there is none.
	swept string
	// pid returns what the engine says of the first process, as the room has it.
	pid func(c *container) int
	// exec has a further process run in the background.
	exec func(c *container, argv ...string)
	// remove ends the container and removes it.
	remove func(c *container)
	// address returns what the engine says of a container's address; nil where containers
	// have no network unless they are told so.
	address func(c *container) string
	// pod makes a pod without a network; nil where there are none. Its containers share
	// the namespaces of those kinds; they always do of those in podKinds.
	pod      func(r *room, name string, shared ...nsutil.Kind)
	podKinds []nsutil.Kind
}

// engines are all of them. A further one is a further row.
var engines = []engine{cri, crio, ctr, docker, podman}

// need skips the spec where a program of the engine's is not there.
func (e engine) need() {
	for _, name := range e.programs {
		NeedProgram(name)
	}
}

// has reports whether a container can be told that it gets such a namespace.
func (e engine) has(kind nsutil.Kind, w whose) bool {
	_, found := e.ways[kind][w]
	return found
}

// each has specs for every engine, under its name. They switch
// controllers on for the groups of the whole machine.
func each(specs func(e engine)) bool {
	for _, e := range engines {
		Specs(e.name+":", Label("engines", e.name), func() { specs(e) }, Serial)
	}
	return true
}
