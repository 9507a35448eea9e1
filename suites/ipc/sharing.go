package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("IPC namespaces:", Label("ipc"), func() {
	for _, o := range objects() {
		Describe(o.what, func() {
			BeforeEach(func() { NeedKconfig(o.option) })

			for _, way := range harness.Ways() {
				It("is shared by all members of a namespace made by "+string(way), Proves("ipc-objects-visible-to-all-members"), func() {
					inside := isolate(Spawn(harness.Cloned(nsutil.IPC)), way)
					child := Get(inside.Fork())
					joined := Spawn(harness.Joined(inside, nsutil.IPC), harness.Named("joined"))
					byPidfd := Spawn(harness.JoinedByPidfd(inside, nsutil.IPC), harness.Named("joined by pidfd"))
					members := []*harness.Subject{inside, child, joined, byPidfd}
					key := freeKey()

					for _, maker := range members {
						made, err := o.open(maker, key, create)
						Expect(err).NotTo(HaveOccurred(), "made by %s", maker.Name())
						for i, other := range members {
							handle, err := o.open(other, key, 0)
							Expect(err).NotTo(HaveOccurred(), "made by %s, opened by %s", maker.Name(), other.Name())
							Expect(o.write(maker, made, 10+i)).To(Succeed())
							Expect(o.read(other, handle)).To(Equal(10+i), "written by %s, read by %s", maker.Name(), other.Name())
						}
						Expect(o.remove(maker, key, made)).To(Succeed())
						for _, other := range members {
							_, err := o.open(other, key, 0)
							Expect(err).To(MatchError(unix.ENOENT), "removed by %s, opened by %s", maker.Name(), other.Name())
						}
					}
				})

				It("with the same name can be made in each of two namespaces made by "+string(way), Proves("ipc-same-key-in-two-namespaces"), func() {
					creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
					inside, sibling := isolate(creator, way), isolate(creator, way)
					spaces := []*harness.Subject{creator, inside, sibling}
					key := freeKey()

					var handles []int
					for i, s := range spaces {
						handle, err := o.open(s, key, create)
						Expect(err).NotTo(HaveOccurred(), "in the namespace of %s", s.Name())
						Expect(o.write(s, handle, 10+i)).To(Succeed())
						handles = append(handles, handle)
					}
					for i, s := range spaces {
						_, err := o.open(s, key, create)
						Expect(err).To(MatchError(unix.EEXIST), "a second time in the namespace of %s", s.Name())
						member := Get(s.Fork())
						handle, err := o.open(member, key, 0)
						Expect(err).NotTo(HaveOccurred())
						Expect(o.read(member, handle)).To(Equal(10+i), "in the namespace of %s", s.Name())
					}
					Expect(o.remove(inside, key, handles[1])).To(Succeed())
					for _, s := range []*harness.Subject{creator, sibling} {
						_, err := o.open(s, key, create)
						Expect(err).To(MatchError(unix.EEXIST), "removed from another namespace than that of %s", s.Name())
					}
					_, err := o.open(inside, key, create)
					Expect(err).NotTo(HaveOccurred(), "removed from this namespace")
				})
			}
		})
	}
})
