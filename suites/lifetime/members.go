package lifetime

import (
	"errors"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	forEveryKind("that nothing else keeps", func(kind nsutil.Kind) {
		It("ends when its last member exits, and not before", Proves("life-ends-with-last-member"), func() {
			r := roomFor(kind, 2)
			t, other := r.admit(), r.admit()
			r.expectFull("two are there")
			id, first, last := t.id(), t, r.join(t)
			if kind == nsutil.PID { // which no member outlives the init of
				first, last = last, first
			}
			r.pinForAMoment(t) // what has kept it once must not matter

			first.end()
			other.end()
			r.expectOneEnded("the other one has no members")
			Expect(last.id()).To(Equal(id))
			if kind != nsutil.PID { // whose mark is that it has no init
				r.expectMark(last.inside)
			}
			r.expectFull("one has a member")

			last.end()
			r.expectOneEnded("the last member has exited")
		})

		if kind != nsutil.PID && kind != nsutil.User { // which a process leaves only when it has been collected
			It("ends when its last member exits, although nobody has collected him yet", Proves("life-ends-with-last-member"), func() {
				r := roomFor(kind, 1)
				t := r.admit()
				r.expectFull("it has a member")
				for _, process := range t.processes() {
					Arrange(process.Signal(unix.SIGKILL))
				}
				r.expectOneEnded("the last member has exited")
			})
		}

		if kind != nsutil.PID && kind != nsutil.User { // these no process leaves for good
			It("ends when its last member joins another one", Proves("life-ends-with-last-member"), func() {
				r := roomFor(kind, 2)
				t, other := r.admit(), r.admit()
				for _, process := range t.processes() {
					r.expectFull("both have members")
					Expect(process.Join(other.inside, kind)).To(Succeed())
				}
				r.expectOneEnded("its last member has joined the other one")
				Expect(t.id()).To(Equal(other.id()))
				r.expectMark(t.inside)
			})
		}

		if !kinds.ForChildren(kind) && kind != nsutil.User { // whose unsharer stays, or keeps it as the new one's parent
			It("ends when its last member makes another one", Proves("life-ends-with-last-member"), func() {
				r := roomFor(kind, 1)
				t := r.admit()
				r.expectFull("it has a member")
				r.resize(2)
				Expect(t.inside.Unshare(kind.Flag())).To(Succeed())
				r.expectOneEnded("its last member has left it for a new one")
			})
		}

		It("cannot be opened by its file handle when its last member is gone", Proves("life-ends-with-last-member"), func() {
			NeedKernel("6.18")
			r := roomFor(kind, 2)
			t, other := r.admit(), r.admit()
			handle, handleOfOther := r.handle(t), r.handle(other)
			r.expectHandleOpens(handle)
			t.end()
			Eventually(func() error { return r.openAndClose(handle) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
				Should(MatchError(unix.ESTALE))
			r.expectHandleOpens(handleOfOther)
		})
	})
})

// pinForAMoment opens and mounts the tenant's namespace, and undoes both.
func (r *room) pinForAMoment(t tenant) {
	Arrange(r.keeper.Close(Get(r.keeper.OpenNS(t.inside, r.kind))))
	another := Get(r.keeper.Fork())
	Get(another.OpenNS(t.inside, r.kind))
	Arrange(another.End()) // closes what is open
	Arrange(r.keeper.Umount(r.bind(t.file(), "for a moment"), 0))
}

// handle returns the file handle of the tenant's namespace.
func (r *room) handle(t tenant) harness.NSHandle {
	fd := Get(r.keeper.OpenNS(t.inside, r.kind))
	defer r.keeper.Close(fd)
	return Get(r.keeper.NameToHandle(fd))
}

func (r *room) openAndClose(handle harness.NSHandle) error {
	fd, err := r.keeper.OpenByHandle(handle)
	if err == nil {
		err = r.keeper.Close(fd)
	}
	return err
}

func (r *room) expectHandleOpens(handle harness.NSHandle) {
	err := r.openAndClose(handle)
	// The kernel opens them only for root of the initial PID and user namespace;
	// refusing is told as ESTALE by exportfs_decode_fh_raw, fs/exportfs/expfs.c.
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ESTALE) {
		NeedInitial(nsutil.User)
		NeedInitial(nsutil.PID)
	}
	Expect(err).NotTo(HaveOccurred())
}
