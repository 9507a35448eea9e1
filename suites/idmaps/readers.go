package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mapping is what a map shows to those who see these ids outside.
func mapping(outside ...uint32) nsutil.IDMap {
	m := nsutil.IDMap{}
	for i, id := range outside {
		m = append(m, nsutil.Extent{Inside: uint32(10 + 10*i), Outside: id, Length: 5})
	}
	return m
}

const unmapped = nsutil.UnmappedID

var _ = Specs("The ids outside that a map of ids shows", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		more := []string{}
		if file == "projid_map" {
			more = append(more, "user-projid-map-reads-like-uid-map")
		}
		// family is a user namespace, of which the map shows two extents, and others around it.
		type family struct {
			world
			target, sibling, inner *harness.Subject
		}
		newFamily := func() family {
			f := family{world: worldFor(file)}
			f.target, f.sibling = fresh(as(f.root, 100, 100)), fresh(f.root)
			const extents = "10 100 5\n20 200 5\n"
			for _, other := range idFiles {
				if other != file {
					Expect(write(f.root, f.target, other, extents)).To(Succeed())
				}
			}
			Expect(write(f.root, f.target, file, extents)).To(Succeed())
			f.inner = fresh(f.target)
			Expect(write(f.root, f.sibling, file, "7 198 10\n")).To(Succeed())
			Expect(write(f.target, f.inner, file, "1000 10 2\n")).To(Succeed())
			return f
		}
		views := func(f family) map[*harness.Subject]nsutil.IDMap {
			return map[*harness.Subject]nsutil.IDMap{
				f.outside: mapping(outer+100, outer+200),
				f.root:    mapping(100, 200),
				f.target:  mapping(100, 200),
				f.sibling: mapping(unmapped, 9),
				f.inner:   mapping(1000, unmapped),
			}
		}

		It("are those of the reader's user namespace, in "+file,
			Proves(append(more, "user-map-outside-in-readers-namespace", "user-map-differs-between-readers")...), func() {
				f := newFamily()
				for reader, want := range views(f) {
					Expect(mapOf(reader, f.target, file)).To(Equal(want), "as %s reads %s", reader.Name(), file)
				}
				Expect(mapOf(f.outside, f.inner, file)).To(Equal(nsutil.IDMap{{Inside: 1000, Outside: outer + 100, Length: 2}}))
				Expect(mapOf(f.root, f.inner, file)).To(Equal(nsutil.IDMap{{Inside: 1000, Outside: 100, Length: 2}}))
				Expect(mapOf(f.target, f.inner, file)).To(Equal(nsutil.IDMap{{Inside: 1000, Outside: 10, Length: 2}}))
			})

		It("are those of the parent for members, in "+file, Proves(append(more, "user-map-outside-in-parent-for-members")...), func() {
			f := newFamily()
			joiner := Get(f.outside.Fork())
			Arrange(joiner.Join(f.target, nsutil.User))
			for _, reader := range []*harness.Subject{f.target, Get(f.target.Fork()), joiner} {
				Expect(mapOf(reader, f.target, file)).To(Equal(mapping(100, 200)), reader.Name())
				Expect(mapOf(reader, reader, file)).To(Equal(mapping(100, 200)), reader.Name())
			}
			Expect(mapOf(f.inner, f.inner, file)).To(Equal(nsutil.IDMap{{Inside: 1000, Outside: 10, Length: 2}}))
			Expect(mapOf(f.root, f.root, file)).To(Equal(nsutil.IDMap{{Inside: 0, Outside: outer, Length: room}}))
		})

		It("are those of who opened the file, not of who reads it, in "+file,
			Proves(append(more, "user-map-outside-in-readers-namespace", "user-map-outside-in-parent-for-members")...), func() {
				f := newFamily()
				all := views(f)
				for opener, want := range all {
					for _, reader := range []*harness.Subject{f.outside, f.target, f.sibling} {
						fd := f.pass(opener, reader, Get(opener.Open(path(f.target, file), unix.O_RDONLY|unix.O_CLOEXEC)))
						got, err := reader.Read(fd, 4096)
						Expect(err).NotTo(HaveOccurred())
						Expect(parse(string(got))).To(Equal(want), "opened by %s, read by %s", opener.Name(), reader.Name())
					}
				}
				mover := Get(f.root.Fork())
				fd := Get(mover.Open(path(f.target, file), unix.O_RDONLY|unix.O_CLOEXEC))
				Arrange(mover.Join(f.sibling, nsutil.User))
				got, err := mover.Read(fd, 4096)
				Expect(err).NotTo(HaveOccurred())
				Expect(parse(string(got))).To(Equal(mapping(100, 200)), "opened before the reader went elsewhere")
				Expect(mapOf(mover, f.target, file)).To(Equal(mapping(unmapped, 9)), "opened afterwards")
			})

		It("are 4294967295 where they are not mapped, in "+file, Proves(append(more, "user-map-unmapped-outside-shown-as-all-ones")...), func() {
			f := newFamily()
			nobody := fresh(f.root)
			edges := fresh(f.root) // of each extent of the target it has the first id, or all but that
			Expect(write(f.root, edges, file, "0 100 1\n1 201 9\n")).To(Succeed())
			for reader, want := range map[*harness.Subject]nsutil.IDMap{
				nobody: mapping(unmapped, unmapped), fresh(f.target): mapping(unmapped, unmapped), edges: mapping(0, unmapped), f.sibling: mapping(unmapped, 9),
			} {
				text, err := reader.ReadFile(path(f.target, file))
				Expect(err).NotTo(HaveOccurred())
				Expect(parse(text)).To(Equal(want), "%s as %s reads it", file, reader.Name())
			}
			Expect(mapOf(nobody, f.outside, file)).To(HaveEach(HaveField("Outside", BeEquivalentTo(uint32(unmapped)))), "those of the suite")
		})
	}

	It("are right with so many extents that the kernel keeps them in another way", Proves("user-map-outside-in-readers-namespace", "user-map-outside-in-parent-for-members", "user-map-unmapped-outside-shown-as-all-ones"), func() {
		w := newWorld()
		target, sibling := fresh(w.root), fresh(w.root)
		for _, file := range w.files {
			Expect(write(w.root, target, file, "1 70 1\n2 60 1\n3 50 1\n4 40 1\n5 30 1\n6 20 1\n7 10 1\n")).To(Succeed())
			Expect(write(w.root, sibling, file, "20 10 1\n19 20 1\n18 30 1\n17 50 1\n16 60 1\n15 70 1\n")).To(Succeed())
			for reader, ids := range map[*harness.Subject][]uint32{
				w.outside: {outer + 70, outer + 60, outer + 50, outer + 40, outer + 30, outer + 20, outer + 10},
				w.root:    {70, 60, 50, 40, 30, 20, 10},
				target:    {70, 60, 50, 40, 30, 20, 10},
				sibling:   {15, 16, 17, unmapped, 18, 19, 20},
			} {
				var want nsutil.IDMap
				for i, id := range ids {
					want = append(want, nsutil.Extent{Inside: uint32(i + 1), Outside: id, Length: 1})
				}
				Expect(mapOf(reader, target, file)).To(ConsistOf(want), "%s as %s reads it", file, reader.Name())
			}
		}
	})
})
