package lifetime

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// kept is what only the namespace itself can have kept when all of its members are
// gone, and by which one who joins it afterwards knows it again: a mark, the same
// for all tenants of a room. A PID namespace has none. Its init is dead by then, and
// that is its mark, for it takes in no more processes: pid_namespaces(7), The
// namespace init process.
func (r *room) kept() string {
	if r.kind == nsutil.PID {
		return unix.ENOMEM.Error()
	}
	return r.mark.Sign
}

// look returns what who sees in the mark's place: kept in a tenant's namespace,
// anything else elsewhere.
func (r *room) look(who *harness.Subject) string {
	if r.kind == nsutil.PID {
		return lookAtFork(who)
	}
	seen, err := r.mark.See(who)
	if err != nil {
		return err.Error()
	}
	return seen
}

// prepareMark does what the mark needs before the room has tenants.
func (r *room) prepareMark() {
	if r.kind == nsutil.PID {
		return
	}
	r.mark = kinds.NewMark(r.kind)
	Arrange(r.mark.Prepare(r.landlord))
	if r.kind == nsutil.Mnt {
		r.directory() // the keeper's mount namespace is to be the oldest
	}
}

// lookAtFork returns what comes of a fork.
func lookAtFork(who *harness.Subject) string {
	child, err := who.Fork()
	if err != nil {
		return err.Error()
	}
	Arrange(child.End())
	return "a child"
}

// expectMark claims that s sees the mark of a tenant.
func (r *room) expectMark(s *harness.Subject) {
	Expect(r.look(s)).To(Equal(r.kept()))
}
