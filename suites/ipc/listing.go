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
	for _, x := range sysvs {
		It("/proc/sysvipc/"+x.word+" lists the objects of its reader's namespace and no others", Proves("ipc-proc-sysvipc-lists-own-objects"), func() {
			outside := Spawn(harness.Named("outside"))
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			inside, sibling := isolate(creator, harness.ByUnshare), isolate(creator, harness.ByClone)
			key := freeKey()
			before := Get(listed(outside, x.kind))

			// Ids repeat from namespace to namespace, keys do not here.
			expected := map[*harness.Subject][]pair{creator: nil, inside: nil, sibling: nil}
			for i, s := range []*harness.Subject{creator, inside, inside, inside, sibling, sibling} {
				id, err := x.open(s, key+i, create)
				Expect(err).NotTo(HaveOccurred())
				expected[s] = append(expected[s], pair{int32(key + i), int32(id)})
			}
			for s, own := range expected {
				Expect(pairs(s, x)).To(ConsistOf(own), "as %s reads it", s.Name())
				Expect(pairs(Get(s.Fork()), x)).To(ConsistOf(own), "as a child of %s reads it", s.Name())
			}
			Expect(listed(outside, x.kind)).To(Equal(before), "as a process outside reads it")

			traveller := Spawn(harness.Joined(creator, nsutil.IPC), harness.Named("traveller"))
			for _, host := range []*harness.Subject{creator, sibling, inside} {
				Expect(traveller.Join(host, nsutil.IPC)).To(Succeed())
				Expect(pairs(traveller, x)).To(ConsistOf(expected[host]), "as one who has joined %s reads it", host.Name())
			}

			gone := expected[inside][1]
			Expect(x.remove(inside, int(gone.key), int(gone.id))).To(Succeed())
			Expect(pairs(inside, x)).To(ConsistOf(expected[inside][0], expected[inside][2]))
			Expect(pairs(sibling, x)).To(ConsistOf(expected[sibling]))
		})

		It("/proc/sysvipc/"+x.word+" lists the objects to those who may not use them as well", Proves("ipc-proc-sysvipc-lists-own-objects"), func() {
			inside := Spawn(harness.Cloned(nsutil.IPC), harness.Named("inside"))
			key := freeKey()
			id, err := x.open(inside, key, create)
			Expect(err).NotTo(HaveOccurred())
			Expect(pairs(holding(inside, nobody), x)).To(ConsistOf(pair{int32(key), int32(id)}))
		})
	}

	for _, way := range harness.Ways() {
		It("a namespace made by "+string(way)+" starts without any System V object", Proves("ipc-new-namespace-empty"), func() {
			NeedKconfig("CONFIG_SYSVIPC")
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			key := freeKey()
			for _, x := range sysvs {
				for i := range 2 {
					_, err := x.open(creator, key+i, create)
					Expect(err).NotTo(HaveOccurred())
				}
				_, err := x.open(creator, unix.IPC_PRIVATE, create)
				Expect(err).NotTo(HaveOccurred())
			}

			inside := isolate(creator, way)
			for _, x := range sysvs {
				Expect(pairs(creator, x)).To(HaveLen(3), "in the creator's namespace")
				Expect(x.count(creator)).To(Equal(3), "in the creator's namespace")
				Expect(pairs(inside, x)).To(BeEmpty())
				x.expectEmpty(inside)
				for i := range 2 {
					_, err := x.open(inside, key+i, 0)
					Expect(err).To(MatchError(unix.ENOENT))
				}
			}
		})

		It("a namespace made by "+string(way)+" starts without any POSIX message queue", Proves("ipc-new-namespace-empty"), func() {
			NeedKconfig("CONFIG_POSIX_MQUEUE")
			creator := mounter(harness.Cloned(nsutil.Mnt, nsutil.IPC), harness.Named("creator"))
			key := freeKey()
			for i := range 2 {
				_, err := queue.open(creator, key+i, create)
				Expect(err).NotTo(HaveOccurred())
			}

			inside := isolate(creator, way)
			Expect(creator.ReadDir(mqueueMount(creator))).To(ConsistOf(queueName(key), queueName(key+1)))
			Expect(inside.ReadDir(mqueueMount(inside))).To(BeEmpty())
			for i := range 2 {
				_, err := queue.open(inside, key+i, 0)
				Expect(err).To(MatchError(unix.ENOENT))
			}
		})
	}
})

// pair is what tells one System V object from another.
type pair struct{ key, id int32 }

func pairs(s *harness.Subject, x sysv) ([]pair, error) {
	all, err := listed(s, x.kind)
	var pairs []pair
	for _, o := range all {
		pairs = append(pairs, pair{o.Key, o.ID})
	}
	return pairs, err
}

// expectEmpty says that no object is counted, nor found by index.
func (x sysv) expectEmpty(s *harness.Subject) {
	Expect(x.count(s)).To(BeZero(), "how many there are of %s", x.what)
	for index := range 4 {
		for _, command := range []int{x.byIndex, x.anyByIndex} {
			_, err := x.stat(s, command, index)
			Expect(err).To(MatchError(unix.EINVAL), "%s at index %d", x.what, index)
		}
	}
}
