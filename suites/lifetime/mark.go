package lifetime

import (
	"unsafe"

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
		r.stayOnOneCPU()
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

// stayOnOneCPU makes the room's mount namespaces younger than the keeper's by what
// the kernel compares, too, before it lets one of their files be mounted: on Linux
// 6.18 that are ids which only increase on each CPU (kernel/nstree.c, namespace_cookie).
func (r *room) stayOnOneCPU() {
	var allowed, one unix.CPUSet
	Arrange(unix.SchedGetaffinity(0, &allowed))
	for cpu := 0; one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	for _, s := range []*harness.Subject{r.keeper, r.landlord} {
		Get(s.Syscall("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(one), harness.Struct(&one)))
	}
	r.directory() // the keeper's mount namespace is the oldest
}

// expectMark claims that s sees the mark of a tenant.
func (r *room) expectMark(s *harness.Subject) {
	Expect(r.look(s)).To(Equal(r.kept()))
}
