package model

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Kind is what a step does.
type Kind string

// The kinds.
const (
	Mount   Kind = "mount"   // mount FS, a new tmpfs, on Target
	Bind    Kind = "bind"    // Source on Target, maybe Recursive
	Move    Kind = "move"    // Source to Target
	Umount  Kind = "umount"  // Target, maybe Detach
	Change  Kind = "make"    // Target of Type, maybe Recursive
	Clone   Kind = "clone"   // a child in a new namespace, To
	Unshare Kind = "unshare" // a child unshares: its new namespace is To
	Leave   Kind = "leave"   // the last process of Space unshares: To is new, Space ends
	End     Kind = "end"     // the last process of Space exits
)

// Step is one call of a process in a namespace.
type Step struct {
	Kind              Kind
	Space, To         int
	FS                string
	Source, Target    string
	Type              Type
	Recursive, Detach bool
}

// String tells the step.
func (s Step) String() string {
	recursive := ""
	if s.Recursive {
		recursive = "r"
	}
	what := ""
	switch s.Kind {
	case Mount:
		what = fmt.Sprintf("mount %s on %s", s.FS, s.Target)
	case Bind:
		what = fmt.Sprintf("%sbind %s on %s", recursive, s.Source, s.Target)
	case Move:
		what = fmt.Sprintf("move %s to %s", s.Source, s.Target)
	case Change:
		what = fmt.Sprintf("make-%s%s %s", recursive, s.Type, s.Target)
	case Umount:
		what = "umount " + s.Target
		if s.Detach {
			what = "umount -l " + s.Target
		}
	case Clone:
		what = fmt.Sprintf("clone, into namespace %d", s.To)
	case Unshare:
		what = fmt.Sprintf("fork and unshare, into namespace %d", s.To)
	case Leave:
		what = fmt.Sprintf("unshare, into namespace %d; this one ends", s.To)
	case End:
		what = "exit; this namespace ends"
	}
	return fmt.Sprintf("in namespace %d: %s", s.Space, what)
}

// Do does a step, and returns what a call should: 0 where it succeeds. A step
// of a namespace that is not there does nothing.
func (w *World) Do(s Step) unix.Errno {
	w.unfit = ""
	if !w.live(s.Space) {
		return 0
	}
	switch s.Kind {
	case Mount:
		return w.mount(s)
	case Bind:
		return w.bind(s)
	case Move:
		return w.move(s)
	case Umount:
		return w.umount(s)
	case Change:
		return w.change(s)
	case Clone, Unshare:
		w.copySpace(s.Space, s.To)
	case Leave:
		w.copySpace(s.Space, s.To)
		w.endSpace(s.Space)
	case End:
		w.endSpace(s.Space)
	}
	return 0
}
