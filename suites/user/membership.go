package user

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// parentOf returns the parent of s's user namespace, as a process of the suite is told.
func parentOf(s *harness.Subject) nsutil.ID {
	teller := Spawn(harness.Named("teller"))
	fd, err := teller.NSParent(Get(teller.OpenNS(s, nsutil.User)))
	Expect(err).NotTo(HaveOccurred(), "the parent of the user namespace of %s", s.Name())
	return Get(teller.NSOf(fd))
}

// userOf returns the user namespace that s is in, and claims that it is in one:
// that there is just the one link, and that it leads there.
func userOf(s *harness.Subject) nsutil.ID {
	var all []string
	for name, link := range Get(kinds.Memberships(s)) {
		if strings.Contains(name, "user") || strings.Contains(link, "user:") {
			all = append(all, name)
		}
	}
	Expect(all).To(Equal([]string{"user"}), "the links of %s to user namespaces", s.Name())
	return Get(s.NS(nsutil.User))
}

var _ = Specs("A user namespace", Label("user"), func() {
	for _, d := range makers {
		It(fmt.Sprintf("made by %s has its creator's for a parent, whatever becomes of him", d), Proves("user-parent-is-creators-namespace"), func() {
			nested := root(alice)
			joined := Spawn(harness.Named("one who has joined it"))
			Arrange(joined.Join(nested, nsutil.User))
			for _, creator := range []*harness.Subject{Spawn(harness.Named("root")), nested, below(nested), become(joined, 1)} {
				home := userOf(creator)
				maker := Get(creator.Fork())
				inside, err := d.enter(maker)
				Expect(err).NotTo(HaveOccurred())
				Expect(userOf(inside)).NotTo(Equal(home))
				Expect(parentOf(inside)).To(Equal(home), "of that which %s has made", creator.Name())
				Arrange(maker.Unshare(unix.CLONE_NEWUSER))
				Expect(parentOf(maker)).To(Equal(home))
				Expect(parentOf(inside)).To(Equal(home), "when the creator has moved")
				if creator != nested {
					continue
				}
				for _, row := range []struct {
					writer *harness.Subject
					want   error
				}{{Spawn(harness.Named("root above the parent")), unix.EPERM}, {maker, unix.EPERM}, {nested, nil}} {
					err := row.writer.WriteFile(fmt.Sprintf("/proc/%d/uid_map", inside.PID()), "0 0 1", 0)
					if row.want != nil {
						Expect(err).To(MatchError(row.want), "only who is in the parent can write the map, not %s", row.writer.Name())
					} else {
						Expect(err).NotTo(HaveOccurred())
					}
				}
			}
		})
	}

	It("has ever more above it, up to the initial one that has no parent", Proves("user-parent-is-creators-namespace"), func() {
		s := Spawn(harness.Named("root"))
		teller := Get(s.Fork())
		line := []nsutil.ID{userOf(s)}
		for range 4 {
			s = below(s)
			line = append(line, userOf(s))
		}
		fd := Get(teller.OpenNS(s, nsutil.User))
		for level := len(line) - 1; level > 0; level-- {
			Expect(teller.NSOf(fd)).To(Equal(line[level]), "level %d", level)
			above, err := teller.NSParent(fd)
			Expect(err).NotTo(HaveOccurred(), "of level %d", level)
			fd = above
		}
		Expect(teller.NSOf(fd)).To(Equal(line[0]))
		NeedInitial(nsutil.User)
		Expect(teller.NSParent(fd)).Error().To(MatchError(unix.EPERM))
	})

	It("holds the children of its members, by whatever call and with whatever else they are made", Proves("user-process-in-exactly-one"), func() {
		for _, s := range []*harness.Subject{Spawn(harness.Named("root")), root(alice), below(root(alice))} {
			home, ids := userOf(s), Get(s.ReadFile("/proc/self/uid_map"))
			stays := func(child *harness.Subject, err error) {
				Expect(err).NotTo(HaveOccurred())
				Expect(userOf(child)).To(Equal(home), "of a child of %s", s.Name())
				Expect(child.ReadFile("/proc/self/uid_map")).To(Equal(ids), "of a child of %s", s.Name())
			}
			stays(s.Fork())
			stays(s.CloneVM(0))
			stays(s.Thread())
			others := 0
			for _, kind := range kinds.Built() {
				if kind == nsutil.User {
					continue
				}
				for _, way := range harness.Ways() {
					if way == harness.ByClone && kind == nsutil.Time {
						continue // its flag is a signal there
					}
					stays(s.Isolate(way, kind))
				}
				others |= kind.Flag()
			}
			stays(s.Clone3(harness.CloneArgs{Flags: uint64(others)}))
			stays(s.Clone(unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SYSVSEM))
			stays(Get(s.Fork()).Clone(unix.CLONE_PARENT | unix.CLONE_NEWUTS))
		}
	})

	It("holds a member who unshares or joins other namespaces, executes a program or changes its ids",
		Proves("user-process-in-exactly-one"), func() {
			kinds.Need(nsutil.UTS)
			outer, s := Spawn(harness.Named("root")), root(alice)
			home := userOf(s)
			for _, kind := range kinds.Built() {
				if kind != nsutil.User {
					moved := Get(s.Fork())
					Expect(moved.Unshare(kind.Flag())).To(Succeed())
					Expect(userOf(moved)).To(Equal(home), "after unshare of %s", kind)
				}
			}
			theirs := Get(s.Fork())
			Arrange(theirs.Unshare(unix.CLONE_NEWUTS))
			Expect(outer.Join(theirs, nsutil.UTS)).To(Succeed())
			Expect(userOf(outer)).NotTo(Equal(home), "of one who joins a UTS namespace that belongs to another user namespace")
			Expect(userOf(outer)).To(Equal(userOf(Spawn())))
			Expect(userOf(become(Get(s.Fork()), 5))).To(Equal(home))
			program := Get(s.Fork())
			run(program)
			Expect(userOf(program)).To(Equal(home), "of a program")
		})

	for _, d := range makers {
		It(fmt.Sprintf("made by %s takes in the child, or with unshare the caller, and nobody else", d),
			Proves("user-clone-places-child-unshare-caller", "user-process-in-exactly-one"), func() {
				NeedUnprivileged()
				nobody := Spawn(harness.As(alice, alice), harness.Named("somebody without capabilities"))
				for _, parent := range []*harness.Subject{Spawn(harness.Named("root")), nobody, root(alice)} {
					s := Get(parent.Fork())
					older := Get(s.Fork())
					home, before := userOf(parent), sets(s)
					var inside *harness.Subject
					var err error
					if d == byUnshare {
						inside, err = s, s.Unshare(unix.CLONE_NEWUSER)
					} else {
						inside, err = d.enter(s)
					}
					Expect(err).NotTo(HaveOccurred())
					Expect(userOf(inside)).NotTo(Equal(home))
					Expect(inside.ReadFile("/proc/self/uid_map")).To(BeEmpty(), "its map")
					Expect(userOf(Get(inside.Fork()))).To(Equal(userOf(inside)), "of a later child")
					stay := []*harness.Subject{parent, older, Get(parent.Fork()), Get(older.Fork())}
					if d != byUnshare {
						stay = append(stay, s, Get(s.Fork()))
					}
					for _, other := range stay {
						Expect(userOf(other)).To(Equal(home), "of %s", other.Name())
						Expect(sets(other)).To(Equal(before), "the capabilities of %s", other.Name())
					}
				}
			})
	}
})
