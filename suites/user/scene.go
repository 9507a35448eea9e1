package user

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine.
const (
	alice = 60001
	bob   = 60002
	first = 60011 // of those that user namespaces get
)

// mapping gives a user namespace its root and nine more, none of whom is anybody else.
var mapping = fmt.Sprintf("0 %d 10", first)

// settle has the maps of s, which is the first in a new user namespace, written by
// somebody in the one above, or by the suite, and makes s root there.
func settle(s, writer *harness.Subject, extents string) *harness.Subject {
	if writer == nil {
		Arrange(s.MapIDs(extents, extents))
	} else {
		s.NeedMappable(extents, extents)
		for _, file := range []string{"uid_map", "gid_map"} {
			Arrange(writer.WriteFile(fmt.Sprintf("/proc/%d/%s", s.PID(), file), extents, 0))
		}
	}
	return become(s, 0)
}

// become gives s, who has the capabilities for it, the ids in its user namespace,
// and lets the suite see its namespaces.
func become(s *harness.Subject, id int) *harness.Subject {
	Arrange(s.Setresgid(id, id, id))
	Arrange(s.Setresuid(id, id, id))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// root returns root of a new user namespace, which a process with the uid has made
// from the suite's.
func root(owner int) *harness.Subject {
	kinds.Need(nsutil.User)
	s := Spawn(harness.As(owner, owner), harness.Named(fmt.Sprintf("root of a user namespace of %d's", owner)))
	Arrange(s.Unshare(unix.CLONE_NEWUSER))
	return settle(s, nil, mapping)
}

// below returns root of a new user namespace that a child of s has made.
func below(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	return settle(child, s, "0 0 10")
}

// unmapped returns the first member of a new user namespace without maps, which a child of s has made.
func unmapped(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	return child
}

// only leaves s these capabilities.
func only(s *harness.Subject, caps ...int) *harness.Subject {
	set := bits(caps...)
	Arrange(s.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return s
}

// without takes capabilities away.
func without(s *harness.Subject, caps ...int) *harness.Subject {
	Arrange(s.DropCapabilities(caps...))
	return s
}

// suspend leaves s capabilities that are permitted and not in effect.
func suspend(s *harness.Subject, caps ...int) *harness.Subject {
	held := Get(s.Capget())
	held.Effective &^= bits(caps...)
	Arrange(s.Capset(held))
	return s
}

// bits returns the set of the capabilities.
func bits(caps ...int) (set uint64) {
	for _, c := range caps {
		set |= 1 << c
	}
	return set
}

// everything returns all capabilities that the kernel knows.
func everything() uint64 {
	last := Get(strconv.Atoi(strings.TrimSpace(string(Get(os.ReadFile("/proc/sys/kernel/cap_last_cap"))))))
	return 2<<last - 1
}

// as returns a child of s with the ids, and with no capabilities but these.
func as(s *harness.Subject, real, effective, saved int, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	all := Get(child.Capget())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(child.Setresgid(real, effective, saved))
	Arrange(child.Setresuid(real, effective, saved))
	Arrange(child.Capset(harness.Capabilities{Effective: all.Permitted & bits(caps...), Permitted: all.Permitted & bits(caps...)}))
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 0))
	Get(child.Prctl(unix.PR_SET_DUMPABLE, 1))
	return child
}
