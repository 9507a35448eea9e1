package harness

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Option says how a spawned subject differs from the process that spawns it.
// Options apply in a fixed order, whatever order they are given in: namespaces,
// id mappings, credentials.
type Option func(*spawning)

// Way is a way to make a subject a member of new namespaces.
type Way string

// The ways to make a new namespace.
const (
	ByClone   Way = "clone"
	ByClone3  Way = "clone3"
	ByUnshare Way = "unshare"
)

// Ways returns every way to make a new namespace.
func Ways() []Way { return []Way{ByClone, ByClone3, ByUnshare} }

// Isolated puts the subject into new namespaces of the given kinds, made in the
// given way. An unshared pid or time namespace takes in only children, so the
// subject is then a child of the process that called unshare.
func Isolated(way Way, kinds ...nsutil.Kind) Option {
	return func(o *spawning) {
		o.way, o.kinds = way, kinds
		o.how = fmt.Sprintf(" in new %v namespaces by %s", kinds, way)
	}
}

// Cloned puts the subject into new namespaces of the given kinds by clone(2).
func Cloned(kinds ...nsutil.Kind) Option { return Isolated(ByClone, kinds...) }

// Unshared puts the subject into new namespaces of the given kinds by unshare(2).
func Unshared(kinds ...nsutil.Kind) Option { return Isolated(ByUnshare, kinds...) }

// NewKinds returns the kinds of new namespaces that options ask for.
func NewKinds(options ...Option) []nsutil.Kind {
	var o spawning
	for _, option := range options {
		option(&o)
	}
	return o.kinds
}

// Named sets the name that logs and failures show.
func Named(name string) Option { return func(o *spawning) { o.name = name } }

// As gives the subject these real, effective and saved ids, without
// supplementary groups. Ids other than 0 lose all capabilities.
func As(uid, gid int) Option {
	return func(o *spawning) { o.setIDs, o.uid, o.gid = true, uid, gid }
}

// Mapped writes the given text to the uid_map and gid_map of the subject's new
// user namespace, from this process, and makes the subject its root.
func Mapped(extents string) Option {
	return func(o *spawning) {
		o.mapping = extents
		As(0, 0)(o)
	}
}

// spawning is a spawn under way.
type spawning struct {
	scope     *Scope
	name, how string
	way       Way
	kinds     []nsutil.Kind
	join      *joining
	mapping   string
	setIDs    bool
	uid, gid  int
	oneCPU    bool
}

func newSpawning(s *Scope, options []Option) *spawning {
	o := &spawning{scope: s}
	for _, option := range options {
		option(o)
	}
	if o.name == "" {
		s.mu.Lock()
		o.name = fmt.Sprintf("subject %d", len(s.subjects)+1)
		s.mu.Unlock()
	}
	return o
}

func (o *spawning) spawn() (*Subject, error) {
	s, err := o.born()
	if err != nil {
		return nil, err
	}
	if o.way == ByUnshare {
		if err := s.Unshare(flagsOf(o.kinds)); err != nil {
			return nil, err
		}
	}
	if o.mapping != "" {
		if err := s.MapIDs(o.mapping, o.mapping); err != nil {
			return nil, err
		}
	}
	if o.join != nil {
		if err := o.join.by(s); err != nil {
			return nil, err
		}
	}
	if o.way == ByUnshare && forChildren(o.kinds) || o.join != nil && forChildren(o.join.kinds) {
		if s, err = s.Fork(); err != nil {
			return nil, err
		}
		s.name = o.name
	}
	if o.setIDs || o.join != nil && o.join.asRoot() {
		return s, s.become(o.uid, o.gid)
	}
	return s, nil
}

// born clones a subject from the zygote, or from another one if that has ended: a
// kernel that is wrong about who ends with whom is not to take all tests along.
func (o *spawning) born() (*Subject, error) {
	e := o.scope.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := o.cloned(e)
	if dead := (*DeadError)(nil); !errors.As(err, &dead) || e.zygote.alive() {
		return s, err
	}
	e.zygote.collect()
	if err := e.forkZygote(); err != nil {
		return nil, err
	}
	return o.cloned(e)
}

func (o *spawning) cloned(e *engine) (*Subject, error) {
	flags := unix.CLONE_PARENT
	if o.way != ByUnshare {
		flags |= flagsOf(o.kinds)
	}
	if o.oneCPU {
		letGo, err := e.zygote.stayOnCPU()
		if err != nil {
			return nil, err
		}
		defer letGo()
	}
	if o.way == ByClone3 {
		return o.scope.birth(e.zygote, o.name, e.zygote.clone3Request(CloneArgs{Flags: uint64(flags)}))
	}
	return o.scope.birth(e.zygote, o.name, e.zygote.cloneRequest(flags|int(unix.SIGCHLD)))
}

func flagsOf(kinds []nsutil.Kind) int {
	flags := 0
	for _, kind := range kinds {
		flags |= kind.Flag()
	}
	return flags
}

func forChildren(kinds []nsutil.Kind) bool {
	return slices.Contains(kinds, nsutil.PID) || slices.Contains(kinds, nsutil.Time)
}
