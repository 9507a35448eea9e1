package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// door is a way into a user namespace.
type door string

const (
	byClone   door = "clone"
	byClone3  door = "clone3"
	byUnshare door = "unshare"
	bySetns   door = "setns"
	byPidfd   door = "setns with a pidfd"
)

// makers are the doors by which a user namespace is made.
var makers = []door{byClone, byClone3, byUnshare}

// joiners are the doors into one that is there already.
var joiners = []door{bySetns, byPidfd}

// doors are all of them.
var doors = append(append([]door{}, makers...), joiners...)

// enter brings a child of s into a user namespace below that of s: a new one, or
// for setns one that another child of s has made.
func (d door) enter(s *harness.Subject) (*harness.Subject, error) {
	switch d {
	case byClone:
		return s.Clone(unix.CLONE_NEWUSER)
	case byClone3:
		return s.Clone3(harness.CloneArgs{Flags: unix.CLONE_NEWUSER})
	}
	child := Get(s.Fork())
	if d == byUnshare {
		return child, child.Unshare(unix.CLONE_NEWUSER)
	}
	return child, d.join(child, unmapped(s))
}

// join brings s into the user namespace of a sibling.
func (d door) join(s, sibling *harness.Subject) error {
	if d == byPidfd {
		return s.Setns(Get(s.PidfdOpen(sibling.NSPID())), unix.CLONE_NEWUSER)
	}
	return s.Setns(Get(s.OpenNS(sibling, nsutil.User)), unix.CLONE_NEWUSER)
}

// entered is [door.enter] where it is not what the spec is about.
func (d door) entered(s *harness.Subject) *harness.Subject {
	inside, err := d.enter(s)
	if err != nil {
		err = fmt.Errorf("enter a user namespace by %s: %w", d, err)
	}
	return Get(inside, err)
}
