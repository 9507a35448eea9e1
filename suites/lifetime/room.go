package lifetime

import (
	"fmt"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// room is a user namespace in which only so many namespaces of a kind may exist.
// A namespace takes a place from its creation to its destruction, whatever keeps
// it: that is how these specs know, without looking at the namespace itself,
// whether it has ended. See namespaces(7), The /proc/sys/user directory.
type room struct {
	kind     nsutil.Kind
	landlord *harness.Subject // root of the user namespace
	waiting  *harness.Subject // a guest who takes a place as soon as there is one
	// keeper is root outside of the room. It keeps namespaces: by descriptors, or
	// by mounts in a mount namespace of its own.
	keeper *harness.Subject
	dir    string      // see directory
	mark   *kinds.Mark // see kept
}

// roomFor returns a room with the given number of places, all free.
func roomFor(kind nsutil.Kind, places int) *room {
	needKind(kind)
	needKind(nsutil.User)
	r := &room{kind: kind, keeper: Spawn(harness.Named("keeper"), harness.OnOneCPU())}
	r.landlord = Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 0 1"), harness.Named("landlord"), harness.OnOneCPU())
	r.resize(places)
	r.prepareMark()
	return r
}

// needKind skips the spec when the kernel is built without namespaces of a kind.
func needKind(kind nsutil.Kind) {
	if option := kind.Feature().Config(); option != "" {
		NeedKconfig(option)
	}
}

// resize sets the number of places.
func (r *room) resize(places int) {
	limit := fmt.Sprintf("/proc/sys/user/max_%s_namespaces", r.kind)
	Arrange(r.landlord.WriteFile(limit, fmt.Sprint(places), 0))
}

// directory returns the path of a directory that is empty in every mount namespace
// but the keeper's own, where it is the keeper's to work in.
func (r *room) directory() string {
	if r.dir == "" {
		r.dir = T().TempDir()
		Arrange(r.keeper.Unshare(unix.CLONE_NEWNS))
		Arrange(r.keeper.MakePrivate())
		Arrange(r.keeper.Mount("tmpfs", r.dir, "tmpfs", 0, ""))
	}
	return r.dir
}

// guest returns a process that shares all namespaces with the landlord.
func (r *room) guest() *harness.Subject { return Get(r.landlord.Fork()) }

// expectFull claims that no place is free: every namespace is still there.
func (r *room) expectFull(why string) {
	if r.waiting == nil {
		r.waiting = r.guest()
	}
	Expect(r.waiting.Unshare(r.kind.Flag())).To(MatchError(unix.ENOSPC), "a place is free, although %s", why)
}

// expectOneEnded claims that one place becomes free, and no more than one. The
// kernel destroys namespaces of some kinds only a while after they have ended.
func (r *room) expectOneEnded(which string) {
	r.expectEnded(1, which)
}

// expectEnded is expectOneEnded for several.
func (r *room) expectEnded(n int, which string) {
	for range n {
		guest := r.waiting
		if guest == nil {
			guest = r.guest()
		}
		r.waiting = nil
		Eventually(func() error { return guest.Unshare(r.kind.Flag()) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
			Should(Succeed(), "no place becomes free, although %s", which)
	}
	r.expectFull("the others are still there, when " + which)
}
