package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"golang.org/x/sys/unix"
)

// actor is a member of an IPC namespace who neither owns nor made an object there.
type actor struct {
	who     string
	subject *harness.Subject
	may     bool
}

// scenes are IPC namespaces owned by the suite's user namespace and by one below
// it. Each has a keeper, root of the owning user namespace, and members some of
// whom hold the capability over the IPC namespace.
var scenes = []struct {
	owned string
	cast  func(capability int) (keeper *harness.Subject, actors []actor)
}{
	{"owned by the suite's user namespace", func(capability int) (*harness.Subject, []actor) {
		keeper := Spawn(harness.Cloned(nsutil.IPC), harness.Named("keeper"))
		return keeper, []actor{
			{"without capabilities", holding(keeper, nobody), false},
			{"with the capability alone", holding(keeper, nobody, capability), true},
			{"with the capability permitted, not in effect", permitted(keeper, nobody, capability), false},
			{"with every other capability", holding(keeper, nobody, allBut(keeper, capability)...), false},
			{"with all capabilities in a user namespace below", newRoot(keeper, nobody), false},
		}
	}},
	{"owned by a user namespace below", func(capability int) (*harness.Subject, []actor) {
		keeper := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped(subordinate), harness.Named("keeper"))
		above := Spawn(harness.Joined(keeper, nsutil.IPC), harness.Named("above"))
		const other = 5 // a uid inside
		return keeper, []actor{
			{"without capabilities", holding(keeper, other), false},
			{"with the capability alone", holding(keeper, other, capability), true},
			{"with every other capability", holding(keeper, other, allBut(keeper, capability)...), false},
			{"with all capabilities in a user namespace below", newRoot(keeper, other), false},
			{"without capabilities, from above", holding(above, nobody), false},
			{"with the capability alone, from above", holding(above, nobody, capability), true},
			{"with every other capability, from above", holding(above, nobody, allBut(above, capability)...), false},
			{"with all capabilities in a user namespace beside", newRoot(above, nobody), false},
		}
	}},
}

var _ = Specs("In an IPC namespace", Label("ipc"), func() {
	for _, scene := range scenes {
		for _, x := range sysvs {
			It(scene.owned+", only CAP_IPC_OWNER over it overrides the permissions of "+x.what, Proves("ipc-"+x.word+"-cap-ipc-owner-in-owner"), func() {
				keeper, actors := scene.cast(unix.CAP_IPC_OWNER)
				key := freeKey()
				id, err := x.open(keeper, key, create)
				Expect(err).NotTo(HaveOccurred())
				uses := append([]use{
					{"the get call by key", func(s *harness.Subject, _ int) error {
						_, err := x.open(s, key, 0o600)
						return err
					}, false},
					{"IPC_STAT", func(s *harness.Subject, id int) error {
						_, err := x.stat(s, unix.IPC_STAT, id)
						return err
					}, false},
					{"the STAT call by index", func(s *harness.Subject, _ int) error {
						_, err := x.stat(s, x.byIndex, 0) // the only object of its namespace is the first
						return err
					}, false},
				}, x.uses...)

				for _, actor := range actors {
					before, err := listed(keeper, x.kind)
					Expect(err).NotTo(HaveOccurred())
					if !actor.may {
						for _, use := range uses {
							Expect(use.do(actor.subject, id)).To(MatchError(unix.EACCES), "%s by one %s", use.call, actor.who)
						}
						Expect(listed(keeper, x.kind)).To(Equal(before), "refusals to one %s changed something", actor.who)
						continue
					}
					for _, use := range uses {
						Expect(use.do(actor.subject, id)).To(Succeed(), "%s by one %s", use.call, actor.who)
					}
					Expect(x.write(actor.subject, id, 42)).To(Succeed())
					Expect(x.read(keeper, id)).To(Equal(42), "written by one %s", actor.who)
					Expect(x.write(keeper, id, 0)).To(Succeed())
					Expect(x.read(actor.subject, id)).To(Equal(0), "as one %s reads it", actor.who)
				}
			})

			It(scene.owned+", only CAP_SYS_ADMIN over it lets one who neither owns nor made "+x.what+" change or remove it", Proves("ipc-set-rmid-cap-in-owner"), func() {
				keeper, actors := scene.cast(unix.CAP_SYS_ADMIN)
				key := freeKey()
				for _, actor := range actors {
					id, err := x.open(keeper, key, create|0o666)
					Expect(err).NotTo(HaveOccurred())
					before, err := listed(keeper, x.kind)
					Expect(err).NotTo(HaveOccurred())
					Expect(before).To(HaveLen(1))
					set := x.set(actor.subject, id, unix.SysvIpcPerm{Mode: 0o640})
					after, err := listed(keeper, x.kind)
					Expect(err).NotTo(HaveOccurred())
					if !actor.may {
						Expect(set).To(MatchError(unix.EPERM), "IPC_SET by one %s", actor.who)
						Expect(after).To(Equal(before), "a refused IPC_SET changed something")
						Expect(x.remove(actor.subject, key, id)).To(MatchError(unix.EPERM), "IPC_RMID by one %s", actor.who)
						Expect(listed(keeper, x.kind)).To(Equal(before), "a refused IPC_RMID changed something")
						Expect(x.remove(keeper, key, id)).To(Succeed(), "IPC_RMID by its owner")
						continue
					}
					Expect(set).To(Succeed(), "IPC_SET by one %s", actor.who)
					Expect(after).To(ConsistOf(HaveField("Perms", BeEquivalentTo(0o640))), "after IPC_SET by one %s", actor.who)
					Expect(x.remove(actor.subject, key, id)).To(Succeed(), "IPC_RMID by one %s", actor.who)
					Expect(listed(keeper, x.kind)).To(BeEmpty(), "after IPC_RMID by one %s", actor.who)
				}
			})
		}
	}

	for _, x := range sysvs {
		It("the owner and the creator of "+x.what+" may change and remove it without any capability", Proves("ipc-set-rmid-cap-in-owner"), func() {
			keeper := Spawn(harness.Cloned(nsutil.IPC), harness.Named("keeper"))
			creator, owner, other := holding(keeper, 1000), holding(keeper, 1001), holding(keeper, 1002)
			key := freeKey()
			for _, remover := range []*harness.Subject{creator, owner} {
				id, err := x.open(creator, key, create)
				Expect(err).NotTo(HaveOccurred())
				Expect(x.set(owner, id, unix.SysvIpcPerm{Uid: 1001, Mode: 0o666})).To(MatchError(unix.EPERM), "not the owner yet")
				Expect(x.set(creator, id, unix.SysvIpcPerm{Uid: 1001, Mode: 0o666})).To(Succeed())
				shape := func(mode int) types.GomegaMatcher {
					return ConsistOf(And(HaveField("UID", BeEquivalentTo(1001)), HaveField("CUID", BeEquivalentTo(1000)), HaveField("Perms", BeEquivalentTo(mode))))
				}
				Expect(listed(keeper, x.kind)).To(shape(0o666))

				Expect(x.set(other, id, unix.SysvIpcPerm{Uid: 1002, Mode: 0o600})).To(MatchError(unix.EPERM))
				Expect(x.remove(other, key, id)).To(MatchError(unix.EPERM))
				Expect(listed(keeper, x.kind)).To(shape(0o666), "after refusals")
				Expect(x.set(owner, id, unix.SysvIpcPerm{Uid: 1001, Mode: 0o640})).To(Succeed())
				Expect(listed(keeper, x.kind)).To(shape(0o640))
				Expect(x.set(creator, id, unix.SysvIpcPerm{Uid: 1001, Mode: 0o600})).To(Succeed())
				Expect(listed(keeper, x.kind)).To(shape(0o600))
				Expect(x.remove(remover, key, id)).To(Succeed())
				Expect(listed(keeper, x.kind)).To(BeEmpty())
			}
		})
	}
})
