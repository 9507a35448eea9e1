package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// person is a child of s that has come in by the door and has the ids there, with
// all capabilities; -1 is without any map.
func person(s *harness.Subject, d door, real, effective int) *harness.Subject {
	inside := d.entered(s)
	if real < 0 {
		return inside
	}
	inside = settle(inside, s, "0 0 10")
	all := Get(inside.Capget())
	Get(inside.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(inside.Setresgid(real, effective, effective))
	Arrange(inside.Setresuid(real, effective, effective))
	Arrange(inside.Capset(all))
	Get(inside.Prctl(unix.PR_SET_KEEPCAPS, 0))
	Get(inside.Prctl(unix.PR_SET_DUMPABLE, 1))
	return inside
}

// none is what execve leaves one who is bounded by nothing.
func none() [5]nsutil.CapSet { return [5]nsutil.CapSet{3: nsutil.CapSet(everything())} }

var _ = Specs("execve in a user namespace", Label("user"), func() {
	// parents map their first ten ids, 0 the suite's root or somebody else.
	parents := func() []*harness.Subject {
		kinds.Need(nsutil.User, nsutil.UTS)
		return []*harness.Subject{Spawn(harness.Named("root")), root(alice)}
	}

	for _, d := range doors {
		It(fmt.Sprintf("entered by %s, takes all capabilities from who is not root there, or nobody", d),
			Proves("user-execve-as-nonroot-clears-caps"), func() {
				each := [][2]int{{1, 1}, {-1, -1}, {9, 9}, {1, 9}}
				for i, parent := range parents() {
					for _, ids := range each[:len(each)-2*i] {
						s := person(parent, d, ids[0], ids[1])
						Expect(sets(s)).To(Equal(withAll()), "before")
						Arrange(s.Unshare(unix.CLONE_NEWUTS))
						Expect(s.Sethostname("before")).To(Succeed())
						Expect(administers(s)).To(BeFalse(), "a program of uid %d in a user namespace below that of %s", ids[1], parent.Name())
						Expect(run(s)).To(Equal(none()), "a program of uid %d in a user namespace below that of %s", ids[1], parent.Name())
					}
				}
			})

		It(fmt.Sprintf("entered by %s, leaves all capabilities to root there, whoever that is outside", d),
			Proves("user-execve-as-root-keeps-caps"), func() {
				for _, parent := range parents() {
					s := person(parent, d, 0, 0)
					Arrange(s.Unshare(unix.CLONE_NEWUTS))
					Expect(administers(s)).To(BeTrue(), "a program of root in a user namespace below that of %s", parent.Name())
					bounded := Get(s.Fork())
					Expect(run(s)).To(Equal(withAll()))

					Get(bounded.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_KILL))
					rest := nsutil.CapSet(everything() &^ bits(unix.CAP_KILL))
					Expect(run(bounded)).To(Equal([5]nsutil.CapSet{1: rest, 2: rest, 3: rest}), "as far as the bounding set goes")

					effective := person(parent, d, 1, 0)
					Expect(run(effective)).To(Equal(withAll()), "for the effective uid")
					real, all := person(parent, d, 0, 1), nsutil.CapSet(everything())
					Expect(run(real)).To(Equal([5]nsutil.CapSet{1: all, 3: all}), "for the real uid, as permitted ones")
				}
			})
	}

	It("gives root there even what was beyond the bounding set of who came in",
		Proves("user-bounding-set-full", "user-execve-as-root-keeps-caps"), func() {
			kinds.Need(nsutil.User)
			parent := Spawn(harness.Named("root"))
			bounded := Get(parent.Fork())
			for _, c := range []int{unix.CAP_CHOWN, unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN, unix.CAP_AUDIT_READ} {
				Get(bounded.Prctl(unix.PR_CAPBSET_DROP, c))
			}
			for _, d := range doors {
				s := settle(d.entered(bounded), parent, "0 0 10")
				Expect(run(s)).To(Equal(withAll()), "by %s", d)
			}
		})

	It("leaves root outside none who is not root inside", Proves("user-execve-as-nonroot-clears-caps"), func() {
		kinds.Need(nsutil.User)
		parent := Spawn(harness.Named("root"))
		for _, extents := range []string{"1 0 1", "5 0 1"} {
			for _, d := range doors {
				s := d.entered(parent)
				Arrange(s.MapIDs(extents, extents))
				Expect(s.Getuid()).NotTo(BeZero())
				Expect(run(s)).To(Equal(none()), "by %s", d)
			}
		}
	})

	It("keeps the inheritable capabilities that the file's inheritable ones allow", Proves("user-execve-file-caps-keep-inheritable"), func() {
		kinds.Need(nsutil.User, nsutil.UTS)
		have := bits(unix.CAP_KILL, unix.CAP_SYS_ADMIN)
		stage, dir := mounts.Stage()
		path := dir + "/program"
		Arrange(stage.WriteFile(path, string(program.Of(program.Waiting)), unix.O_CREAT))
		Arrange(stage.Chmod(path, 0o755))
		for i, row := range []struct {
			what        string
			effective   bool
			inheritable uint64
			permitted   nsutil.CapSet // afterwards
		}{
			{"those of both", true, bits(unix.CAP_SYS_ADMIN, unix.CAP_CHOWN), nsutil.CapSet(bits(unix.CAP_SYS_ADMIN))},
			{"those of both, permitted only", false, bits(unix.CAP_SYS_ADMIN, unix.CAP_CHOWN), nsutil.CapSet(bits(unix.CAP_SYS_ADMIN))},
			{"all of the process's", true, everything(), nsutil.CapSet(have)},
			{"none of the process's", true, bits(unix.CAP_CHOWN), 0},
			{"none at all", false, 0, 0},
		} {
			Arrange(stage.Setxattr(path, "security.capability", program.FileCapabilities(row.effective, 0, row.inheritable)))
			through, ids := doors, []int{1, -1}
			if i > 0 { // what the file has is the same for all
				through, ids = doors[i%len(doors):][:1], ids[:1]
			}
			for _, d := range through {
				for _, id := range ids {
					s := person(stage, d, id, id)
					all := everything()
					Arrange(s.Capset(harness.Capabilities{Effective: all, Permitted: all, Inheritable: have}))
					want := [5]nsutil.CapSet{nsutil.CapSet(have), row.permitted, 0, nsutil.CapSet(all), 0}
					if row.effective {
						want[2] = row.permitted
					}
					Expect(execute(s, path)).To(Equal(want), "%s, by %s, as uid %d", row.what, d, id)
				}
			}
		}
	})

	It("keeps ambient capabilities for those who are not root, as outside", Proves("user-ambient-caps-kept-by-nonroot-execve"), func() {
		kinds.Need(nsutil.User, nsutil.UTS)
		kept := bits(unix.CAP_SYS_ADMIN, unix.CAP_KILL)
		raise := func(s *harness.Subject) {
			all := Get(s.Capget()).Permitted
			Arrange(s.Capset(harness.Capabilities{Effective: all, Permitted: all, Inheritable: kept | bits(unix.CAP_CHOWN)}))
			for _, c := range []int{unix.CAP_SYS_ADMIN, unix.CAP_KILL} {
				Expect(s.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c)).Error().NotTo(HaveOccurred())
			}
		}
		outside := Spawn(harness.Named("root"))
		all := []*harness.Subject{as(outside, alice, alice, alice, unix.CAP_SYS_ADMIN, unix.CAP_KILL, unix.CAP_CHOWN)}
		for _, d := range doors {
			all = append(all, person(outside, d, 1, 1), person(outside, d, -1, -1))
		}
		all = append(all, person(root(alice), doors[0], 1, 1), person(root(alice), doors[len(doors)-1], -1, -1))
		for _, s := range all {
			Arrange(s.Unshare(unix.CLONE_NEWUTS))
			bounds, raised := sets(s)[3], Get(s.Fork())
			raise(raised)
			Expect(administers(raised)).To(BeTrue(), "by an ambient CAP_SYS_ADMIN")
			set := nsutil.CapSet(kept)
			Expect(run(raised)).To(Equal([5]nsutil.CapSet{set | nsutil.CapSet(bits(unix.CAP_CHOWN)), set, set, bounds, set}))
			raise(s)
			Arrange(s.Capset(harness.Capabilities{Inheritable: kept}))
			Expect(run(s)).To(Equal([5]nsutil.CapSet{0: set, 3: bounds}), "none when they are no longer permitted")
		}
	})
})
