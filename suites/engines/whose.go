package engines

import (
	"slices"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// whose says whose namespace of a kind a container gets.
type whose int

const (
	own       whose = iota // the container's own
	hidden                 // the same, which no other container may be told to join
	unlike                 // the same, with ids that no other container has
	kept                   // the same, with the ids of the user whose engine it is
	host                   // the one that the engine is in
	another                // that of another container
	neighbour              // that of another container in the same pod
	pathname               // one that a path names
)

// ways are the words for it, with %s for the other container's name, or the path; none
// for what a container has anyway.
type ways map[whose]string

// told is what a container is told of a kind.
type told struct {
	whose
	subject string // the other container's name, or the path
}

// options are what a container is told besides its image and its name.
type options struct {
	namespaces map[nsutil.Kind]told
	pod        string // which it is in; empty for none
	hostname   string
	volumes    []volume
}

// volume is a folder of the room that a container gets.
type volume struct{ source, point, option string }

// with returns options that say whose namespace of a kind the container gets.
func with(kind nsutil.Kind, w whose) options {
	return options{namespaces: map[nsutil.Kind]told{kind: {whose: w}}}
}

// joining returns options for the namespace that another container is in.
func joining(kind nsutil.Kind, c *container) options {
	return options{namespaces: map[nsutil.Kind]told{kind: {another, c.name}}}
}

// entering returns options for the namespace that a path names.
func entering(kind nsutil.Kind, path string) options {
	return options{namespaces: map[nsutil.Kind]told{kind: {pathname, path}}}
}

// whose returns whose namespace of a kind the container has by what it was told.
func (c *container) whose(kind nsutil.Kind) whose {
	if t, said := c.told(kind); said {
		return t.whose
	}
	if slices.Contains(c.own, kind) {
		return own
	}
	return host
}

// told returns what the container was told of a kind, by itself or together with others.
func (c *container) told(kind nsutil.Kind) (t told, said bool) {
	if t, said = c.namespaces[kind]; said || !slices.Contains(c.together, kind) {
		return t, said
	}
	for _, other := range c.together {
		if t, said = c.namespaces[other]; said {
			return t, said
		}
	}
	return told{}, false
}

// words returns what the engine is told of namespaces. A container has no network
// unless it is told whose, or has its pod's.
func (c *container) words() (words []string) {
	for kind, ways := range c.ways {
		t, said := c.namespaces[kind]
		if !said && (kind != nsutil.Net || c.options.pod != "") {
			continue
		}
		words = append(words, strings.Fields(strings.ReplaceAll(ways[t.whose], "%s", t.subject))...)
	}
	slices.Sort(words)
	return words
}

// and returns the ways and one more.
func (w ways) and(more whose, words string) ways {
	w[more] = words
	return w
}
