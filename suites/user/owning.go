package user

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// otherKinds returns the kinds that the kernel has, but for user.
func otherKinds() []nsutil.Kind {
	return slices.DeleteFunc(kinds.Built(), func(k nsutil.Kind) bool { return k == nsutil.User })
}

// ownerOf returns the user namespace that owns a namespace of s, as a process of
// the suite is told.
func ownerOf(s *harness.Subject, kind nsutil.Kind, teller *harness.Subject) nsutil.ID {
	fd, err := teller.NSUserns(Get(teller.OpenNS(s, kind)))
	Expect(err).NotTo(HaveOccurred(), "the owner of the %s namespace of %s", kind, s.Name())
	return Get(teller.NSOf(fd))
}

// ways are those to make namespaces.
var ways = harness.Ways()

// makeBy returns a member of a new namespace of the kind that a child of s makes.
func makeBy(way harness.Way, s *harness.Subject, kind nsutil.Kind) (*harness.Subject, error) {
	member, err := s.Isolate(way, kind)
	switch {
	case err != nil:
		return nil, err
	case way == harness.ByUnshare && kinds.ForChildren(kind):
		return member.Fork()
	}
	return member, nil
}

// flagsFor returns the flags of the kinds, those of which clone(2) has one.
func flagsFor(way harness.Way, of []nsutil.Kind) (flags int) {
	for _, kind := range of {
		if way != harness.ByClone || kind != nsutil.Time {
			flags |= kind.Flag()
		}
	}
	return flags
}

var _ = Specs("A namespace of another kind", Label("user"), func() {
	for _, way := range ways {
		It(fmt.Sprintf("is made by %s with CAP_SYS_ADMIN in one's own user namespace, and not without", way),
			Proves("user-creates-other-types-with-own-cap", "user-ns-operations-honour-owners-cap"), func() {
				NeedUnprivileged()
				nobodys := unmapped(Spawn(harness.As(alice, alice), harness.Named("alice")))
				for _, home := range []*harness.Subject{Spawn(harness.Named("root")), below(root(alice)), nobodys} {
					others, not, able := Get(home.Fork()), Get(home.Fork()), only(Get(home.Fork()), unix.CAP_SYS_ADMIN)
					without(others, unix.CAP_SYS_ADMIN)
					suspend(not, unix.CAP_SYS_ADMIN)
					for _, kind := range otherKinds() {
						if way == harness.ByClone && kind == nsutil.Time {
							continue // its flag is a signal there
						}
						before := Get(kinds.Memberships(home))
						for who, s := range map[string]*harness.Subject{"with all other capabilities": others, "with the capability, not in effect": not} {
							Expect(makeBy(way, s, kind)).Error().To(MatchError(unix.EPERM), "%s, %s", kind, who)
							Expect(kinds.Memberships(s)).To(Equal(before))
						}
						member, err := makeBy(way, able, kind)
						Expect(err).NotTo(HaveOccurred(), "%s, with the capability", kind)
						Expect(member.NS(kind)).NotTo(Equal(Get(home.NS(kind))))
					}
				}
			})

		It(fmt.Sprintf("made by %s belongs to the user namespace that its creator is in then, for ever", way),
			Proves("user-owns-what-its-members-create", "user-owner-never-changes"), func() {
				teller, joined := Spawn(harness.Named("teller")), Spawn(harness.Named("one who has joined"))
				Arrange(joined.Join(below(root(alice)), nsutil.User))
				homes := []*harness.Subject{below(root(bob)), Spawn(harness.Named("root")), become(joined, 1)}
				for i, home := range homes {
					owner, all := userOf(home), otherKinds()
					if i > 0 {
						all = all[:2]
					}
					for _, kind := range all {
						if way == harness.ByClone && kind == nsutil.Time {
							continue
						}
						creator := Get(home.Fork())
						member, err := makeBy(way, creator, kind)
						Expect(err).NotTo(HaveOccurred())
						Expect(ownerOf(member, kind, teller)).To(Equal(owner), "of a %s namespace that %s has made", kind, home.Name())
						Expect(creator.Unshare(unix.CLONE_NEWUSER)).To(Succeed())
						Expect(member.Unshare(unix.CLONE_NEWUSER)).To(Succeed())
						Expect(ownerOf(member, kind, teller)).To(Equal(owner), "when creator and member have moved")
						Arrange(creator.End())
						Expect(ownerOf(member, kind, teller)).To(Equal(owner), "when the creator has ended")
					}
				}
			})

		It(fmt.Sprintf("made by %s together with a user namespace belongs to that, and takes no privilege", way),
			Proves("user-created-first-owns-the-others"), func() {
				NeedUnprivileged()
				teller := Spawn(harness.Named("teller"))
				bare := only(Spawn(harness.Named("root")))
				for i, s := range []*harness.Subject{only(root(alice)), Spawn(harness.As(alice, alice), harness.Named("alice")), bare} {
					sets := [][]nsutil.Kind{otherKinds()}
					for _, kind := range otherKinds() {
						if i == 0 {
							sets = append(sets, []nsutil.Kind{kind})
						}
					}
					for _, set := range sets {
						flags := flagsFor(way, set)
						if flags == 0 {
							continue
						}
						Expect(makeAll(way, s, flags)).Error().To(MatchError(unix.EPERM), "%s, without a user namespace", nsutil.FlagString(flags))
						maker, err := makeAll(way, s, flags|unix.CLONE_NEWUSER)
						Expect(err).NotTo(HaveOccurred(), "%s, with a user namespace", nsutil.FlagString(flags))
						member := Get(maker.Fork())
						Expect(userOf(member)).NotTo(Equal(userOf(s)))
						for _, kind := range set {
							if flags&kind.Flag() != 0 {
								Expect(member.NS(kind)).NotTo(Equal(Get(s.NS(kind))), kind)
								Expect(ownerOf(member, kind, teller)).To(Equal(userOf(member)), "of a %s namespace", kind)
							}
						}
					}
				}
			})
	}

	It("can be used by the user namespace that it was made with",
		Proves("user-created-first-owns-the-others", "user-resource-checks-owning-namespace"), func() {
			NeedUnprivileged()
			for _, way := range ways {
				s, err := makeAll(way, Spawn(harness.As(alice, alice)), estateFlags|unix.CLONE_NEWUSER)
				Expect(err).NotTo(HaveOccurred())
				e := &estate{Subject: settle(s, nil, mapping), dir: T().TempDir(), key: 0x6e73}
				Arrange(e.MakePrivate())
				e.queue = Get(as(e.Subject, 9, 9, 9).Msgget(e.key, unix.IPC_CREAT))
				for _, deed := range e.deeds() {
					deed.expect(true, e.Subject, "its root, made by %s", way)
					deed.expect(false, without(Get(e.Fork()), deed.capability), "its root without the capability")
				}
			}
		})
})

// makeAll has a child of s make namespaces by these flags, and returns who has called.
func makeAll(way harness.Way, s *harness.Subject, flags int) (*harness.Subject, error) {
	switch way {
	case harness.ByClone:
		return s.Clone(flags)
	case harness.ByClone3:
		return s.Clone3(harness.CloneArgs{Flags: uint64(flags)})
	}
	child := Get(s.Fork())
	if err := child.Unshare(flags); err != nil {
		return nil, err
	}
	return child, nil
}
