// Package clone proves what is promised about clone(2) and clone3(2).
package clone

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ways are the two calls.
var ways = []harness.Way{harness.ByClone, harness.ByClone3}

// thread are the flags that CLONE_THREAD needs, with it.
const thread = unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD

// nobody is a uid and gid that owns nothing.
const nobody = 60001

// mapping gives a user namespace its root, who is the suite's, and nobody.
const mapping = "0 0 1\n1 60001 1"

// by has s make a child by the call with the given flags. A child that shares
// memory gets a stack of its own.
func by(way harness.Way, s *harness.Subject, flags int) (*harness.Subject, error) {
	if way == harness.ByClone && flags&unix.CLONE_VM == 0 {
		return s.Clone(flags)
	}
	if way == harness.ByClone {
		return s.CloneVM(flags)
	}
	args := harness.CloneArgs{Flags: uint64(flags)}
	if flags&unix.CLONE_VM != 0 {
		stack := Get(s.NewStack())
		args.Stack, args.StackSize = uint64(stack.Base), uint64(stack.Size)
	}
	return s.Clone3(args)
}

// expectRefused holds that s, which has no children, is refused a child with
// the errno want, stays in all its namespaces, and has no child then.
func expectRefused(s *harness.Subject, want error, make func() (*harness.Subject, error), what ...any) {
	before := Get(kinds.Memberships(s))
	_, err := make()
	Expect(err).To(MatchError(want), what...)
	Expect(kinds.Memberships(s)).To(Equal(before), "after the refused call")
	expectChildless(s)
}

// expectChildless holds that s has no children, of whatever sort.
func expectChildless(s *harness.Subject) {
	var status unix.WaitStatus
	Expect(s.Wait4(-1, &status, unix.WNOHANG|unix.WALL)).Error().To(MatchError(unix.ECHILD), "of whom %s is the parent", s.Name())
	Expect(Get(nsutil.StatusOf(s.PID())).Threads).To(Equal(1), "threads of %s", s.Name())
}

// changed returns the kinds of which a and b are in different namespaces.
func changed(a, b *harness.Subject) []nsutil.Kind {
	of, other := Get(a.Namespaces()), Get(b.Namespaces())
	var kinds []nsutil.Kind
	for _, kind := range nsutil.Kinds() {
		if of[kind] != other[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// only returns a process of nobody with one capability.
func only(capability int) *harness.Subject {
	s := Spawn(harness.Named("with one capability"))
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresgid(nobody, nobody, nobody))
	Arrange(s.Setresuid(nobody, nobody, nobody))
	Arrange(s.Capset(harness.Capabilities{Effective: 1 << capability, Permitted: 1 << capability}))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}
