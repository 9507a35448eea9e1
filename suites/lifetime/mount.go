package lifetime

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	forEveryKind("whose file is bind-mounted", func(kind nsutil.Kind) {
		It("lives on without members, and can be joined again", Proves("pin-bind-mount-keeps-alive"), func() {
			r := roomFor(kind, 2)
			kept, other := r.admit(), r.admit()
			r.expectFull("two are there")
			id, path := kept.id(), r.bind(kept.file(), "kept")

			kept.end()
			other.end()
			r.expectKeptAt(path)
			r.expectOneEnded("the other one is not mounted anywhere")
			Expect(r.keeper.NSFile(path)).To(Equal(id))
			r.expectKeptAt(path)
			r.expectFull("one is mounted")
		})

		It("is what opening the file under the mount opens", Proves("pin-bind-mount-opens-same-namespace"), func() {
			r := roomFor(kind, 2)
			tenants := []tenant{r.admit(), r.admit()}
			ids := []nsutil.ID{tenants[0].id(), tenants[1].id()}
			paths := []string{r.bind(tenants[0].file(), "first"), r.bind(tenants[1].file(), "second")}
			Expect(ids[0]).NotTo(Equal(ids[1]))
			opensTheSame := func() {
				for i, path := range paths {
					opener := Get(r.keeper.Fork())
					fd, err := opener.Open(path, unix.O_RDONLY)
					Expect(err).NotTo(HaveOccurred())
					Expect(opener.NSOf(fd)).To(Equal(ids[i]), "by the descriptor")
					Expect(opener.NSFile(path)).To(Equal(ids[i]), "by the path")
					Expect(opener.NSType(fd)).To(Equal(kind.Flag()))
					Arrange(opener.End())
				}
			}
			opensTheSame()
			for i, path := range paths {
				Expect(joinedAt(r, path)).To(Equal(ids[i]))
			}

			paths, ids = append(paths, r.bind(paths[0], "copy")), append(ids, ids[0])
			tenants[0].end()
			tenants[1].end()
			opensTheSame()
			r.expectKeptAt(paths[2])
		})

		It("ends when the last mount without members is gone", Proves("pin-unmount-releases"), func() {
			r := roomFor(kind, 1)
			t := r.admit()
			first := r.bind(t.file(), "first")
			Expect(r.keeper.Umount(first, 0)).To(Succeed())
			Expect(r.keeper.NSFile(first)).NotTo(Equal(t.id()), "the file is an ordinary one again")
			r.expectFull("the namespace has a member")

			second, third := r.bind(t.file(), "second"), r.bind(t.file(), "third")
			t.end()
			Expect(r.keeper.Umount(second, 0)).To(Succeed())
			r.expectKeptAt(third)
			r.expectFull("the namespace is still mounted")

			Expect(r.keeper.Umount(third, 0)).To(Succeed())
			r.expectOneEnded("the namespace is not mounted any more")
		})
	})

	It("a mounted namespace ends with the mount namespace that has the mount", Label("uts"), Proves("pin-unmount-releases"), func() {
		r := roomFor(nsutil.UTS, 1)
		t := r.admit()
		path := r.bind(t.file(), "kept")
		t.end()
		r.expectKeptAt(path)
		r.expectFull("the namespace is mounted")
		Arrange(r.keeper.End())
		r.expectOneEnded("the mount namespace has ended")
	})

	It("a mounted namespace outlives a lazy unmount as long as the mount is open", Label("uts"), Proves("pin-unmount-releases"), func() {
		r := roomFor(nsutil.UTS, 1)
		t := r.admit()
		path := r.bind(t.file(), "kept")
		t.end()
		fd := Get(r.keeper.Open(path, unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(r.keeper.Umount(path, unix.MNT_DETACH)).To(Succeed())
		r.expectKept(r.keeper, fd)
		r.expectFull("the namespace is open")
		Arrange(r.keeper.Close(fd))
		r.expectOneEnded("the namespace is neither mounted nor open")
	})
})

// joinedAt returns the identity of the namespace in which one finds himself who
// joins what a bind mount opens.
func joinedAt(r *room, path string) nsutil.ID {
	visitor := Get(r.keeper.Fork())
	fd := Get(visitor.Open(path, unix.O_RDONLY|unix.O_CLOEXEC))
	Expect(visitor.Setns(fd, 0)).To(Succeed())
	inside := visitor
	if kinds.ForChildren(r.kind) {
		inside = Get(visitor.Fork())
	}
	id := Get(inside.NS(r.kind))
	Arrange(inside.End())
	return id
}
