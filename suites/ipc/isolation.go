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
		for _, way := range harness.Ways() {
			It(x.what+" is reachable neither by key nor by id from another namespace made by "+string(way), Proves("ipc-"+x.word+"-unreachable-elsewhere"), func() {
				outside := Spawn(harness.Named("outside"))
				creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
				inside := isolate(creator, way)
				nested, sibling := isolate(inside, way), isolate(creator, way)
				key := freeKey()

				for _, owner := range []*harness.Subject{creator, inside, nested} {
					member := Get(owner.Fork())
					id, err := x.open(owner, key, create)
					Expect(err).NotTo(HaveOccurred())
					Expect(x.open(member, key, 0)).To(Equal(id), "a member finds it")
					Expect(x.write(member, id, 7)).To(Succeed())
					before, err := listed(member, x.kind)
					Expect(err).NotTo(HaveOccurred())
					Expect(before).To(HaveLen(1))

					for _, stranger := range without(owner, creator, inside, nested, sibling) {
						_, err := x.open(stranger, key, 0)
						Expect(err).To(MatchError(unix.ENOENT), "by key, from %s", stranger.Name())
						x.expectNoSuchID(stranger, id)
					}
					_, err = x.open(outside, key, 0)
					Expect(err).To(MatchError(unix.ENOENT), "by key, from outside")
					if perm, err := x.stat(outside, unix.IPC_STAT, id); err != nil {
						Expect(err).To(MatchError(unix.EINVAL), "by id, from outside")
						x.expectUntouchable(outside, id)
					} else {
						Expect(perm.Key).NotTo(BeEquivalentTo(key), "by id, from outside")
					}

					Expect(listed(member, x.kind)).To(Equal(before), "nothing happened to it")
					Expect(x.read(member, id)).To(Equal(7))
					Expect(x.remove(owner, key, id)).To(Succeed())
				}
			})
		}
	}

	for _, way := range harness.Ways() {
		It("a POSIX message queue is not reachable by name from another namespace made by "+string(way), Proves("ipc-mq-unreachable-elsewhere"), func() {
			outside := Spawn(harness.Named("outside"))
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			inside := isolate(creator, way)
			nested, sibling := isolate(inside, way), isolate(creator, way)
			key := freeKey()

			for _, owner := range []*harness.Subject{creator, inside, nested} {
				member := Get(owner.Fork())
				fd, err := queue.open(owner, key, create)
				Expect(err).NotTo(HaveOccurred())
				Expect(queue.write(owner, fd, 7)).To(Succeed())

				for _, stranger := range append(without(owner, creator, inside, nested, sibling), outside) {
					_, err := queue.open(stranger, key, 0)
					Expect(err).To(MatchError(unix.ENOENT), "from %s", stranger.Name())
					Expect(stranger.MqUnlink(queueName(key))).To(MatchError(unix.ENOENT), "from %s", stranger.Name())
				}

				opened, err := queue.open(member, key, 0)
				Expect(err).NotTo(HaveOccurred(), "a member still finds it")
				Expect(queue.read(member, opened)).To(Equal(7))
				Expect(queue.remove(owner, key, fd)).To(Succeed())
			}
		})
	}
})

// expectNoSuchID says that no call of s, whose namespace is empty, finds an object
// with this id.
func (x sysv) expectNoSuchID(s *harness.Subject, id int) {
	for _, use := range append(x.others, x.uses...) {
		Expect(use.do(s, id)).To(MatchError(unix.EINVAL), "by id, %s from %s", use.call, s.Name())
	}
	_, err := x.stat(s, unix.IPC_STAT, id)
	Expect(err).To(MatchError(unix.EINVAL), "by id, IPC_STAT from %s", s.Name())
	Expect(x.set(s, id, unix.SysvIpcPerm{Mode: 0o666})).To(MatchError(unix.EINVAL), "by id, IPC_SET from %s", s.Name())
	Expect(x.remove(s, 0, id)).To(MatchError(unix.EINVAL), "by id, IPC_RMID from %s", s.Name())
	x.expectEmpty(s)
}

// expectUntouchable says that no call of s finds an object with this id. It leaves
// out calls that would change one which another process may just have made.
func (x sysv) expectUntouchable(s *harness.Subject, id int) {
	for _, use := range append(x.others, x.uses...) {
		if !use.changes {
			Expect(use.do(s, id)).To(MatchError(unix.EINVAL), "by id, %s from %s", use.call, s.Name())
		}
	}
}

// without returns all but one.
func without(one *harness.Subject, all ...*harness.Subject) []*harness.Subject {
	var others []*harness.Subject
	for _, s := range all {
		if s != one {
			others = append(others, s)
		}
	}
	return others
}
