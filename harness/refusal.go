package harness

import (
	"syscall"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Refusal is a call of clone, clone3 or unshare that asked for new namespaces in vain.
type Refusal struct {
	Flags int // CLONE_*
	Errno syscall.Errno
	Call  string // as a log shows it
}

// Refusals returns the first calls of the scope's subjects that were refused new
// namespaces.
func (s *Scope) Refusals() []Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Refusal(nil), s.refused...)
}

var allKinds = flagsOf(nsutil.Kinds())

func (s *Scope) refuse(r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) < keep {
		s.refused = append(s.refused, r)
	}
}

// asked returns the flags of a request that the subject has just executed, if it
// is one for new namespaces.
func (s *Subject) asked(r request) int {
	if r.nr == unix.SYS_UNSHARE {
		return int(s.slot.args[0])
	}
	return r.flags
}
