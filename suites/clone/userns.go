package clone

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// deepest is how many user namespaces fit below the initial one.
const deepest = 33

// makeUserns is every way to make a user namespace, by a child of s; the
// namespaces of s are the same after it in any case.
func makeUserns(way harness.Way, s *harness.Subject) error {
	_, err := s.Isolate(way, nsutil.User)
	return err
}

// mapSelf makes s, which has just made a user namespace as root of the one above,
// root there.
func mapSelf(s *harness.Subject) {
	for _, f := range [][2]string{{"setgroups", "deny"}, {"uid_map", "0 0 1"}, {"gid_map", "0 0 1"}} {
		Arrange(s.WriteFile("/proc/self/"+f[0], f[1], 0))
	}
}

var _ = Specs("A user namespace", Label("clone", "user"), func() {
	It("can be made 33 levels below the initial one, and no deeper", Proves("clone-newuser-nesting-limit-enospc"), func() {
		NeedInitial(nsutil.User)
		s := Spawn(harness.Named("deep"))
		for level := 1; level < deepest; level++ {
			Expect(s.Unshare(unix.CLONE_NEWUSER)).To(Succeed(), "level %d", level)
			mapSelf(s)
		}
		for _, way := range ways {
			Expect(makeUserns(way, s)).To(Succeed(), "level %d by %s", deepest, way)
		}
		Expect(s.Unshare(unix.CLONE_NEWUSER)).To(Succeed(), "level %d", deepest)
		mapSelf(s)
		bottom := Get(s.Fork())
		for _, way := range ways {
			expectRefused(bottom, unix.ENOSPC, func() (*harness.Subject, error) { return by(way, bottom, unix.CLONE_NEWUSER) }, "level %d by %s", deepest+1, way)
			expectRefused(bottom, unix.ENOSPC, func() (*harness.Subject, error) { return by(way, bottom, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS) })
		}
		before := Get(bottom.Namespaces())
		Expect(bottom.Unshare(unix.CLONE_NEWUSER)).To(MatchError(unix.ENOSPC))
		Expect(bottom.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWUTS)).To(MatchError(unix.ENOSPC))
		Expect(bottom.Namespaces()).To(Equal(before))
		Expect(bottom.Unshare(unix.CLONE_NEWUTS)).To(Succeed(), "of a kind that does not nest")
	})

	for _, way := range ways {
		It(fmt.Sprintf("is refused by %s to who has no effective uid or gid in its own", way), Proves("clone-newuser-unmapped-ids-eperm"), func() {
			make := func(s *harness.Subject) func() (*harness.Subject, error) {
				return func() (*harness.Subject, error) { return by(way, s, unix.CLONE_NEWUSER) }
			}
			unmapped := Spawn(harness.Cloned(nsutil.User), harness.Named("without a map"))
			expectRefused(unmapped, unix.EPERM, make(unmapped))
			Arrange(unmapped.MapIDs("0 0 1", "0 0 1"))
			Expect(make(unmapped)()).Error().NotTo(HaveOccurred(), "with a map")

			owner := Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 0 1"), harness.Named("owner"))
			for _, row := range []struct {
				what             string
				ruid, euid, egid int
				want             error
			}{
				{"all but the effective uid mapped", 0, nobody, 0, unix.EPERM},
				{"all but the effective gid mapped", 0, 0, nobody, unix.EPERM},
				{"neither mapped", nobody, nobody, nobody, unix.EPERM},
				{"all but the real uid mapped", nobody, 0, 0, nil},
			} {
				s := kinds.JoinedAs(owner, row.ruid, row.euid, row.egid, row.what)
				if row.want != nil {
					expectRefused(s, row.want, make(s), row.what)
				} else {
					Expect(make(s)()).Error().NotTo(HaveOccurred(), row.what)
				}
			}
		})

		It(fmt.Sprintf("is refused by %s to who has another root than its mount namespace", way), Proves("clone-newuser-in-chroot-eperm"), func() {
			s := Spawn()
			root := Get(s.Open("/", unix.O_RDONLY|unix.O_DIRECTORY))
			chroot := func(path string) {
				Arrange(s.Chroot(path))
			}
			make := func(flags int) func() (*harness.Subject, error) {
				return func() (*harness.Subject, error) { return by(way, s, flags) }
			}
			chroot(T().TempDir())
			for _, more := range []int{0, unix.CLONE_NEWUTS, unix.CLONE_NEWNS} {
				expectRefused(s, unix.EPERM, make(unix.CLONE_NEWUSER|more), "in a changed root")
				Expect(s.Unshare(unix.CLONE_NEWUSER|more)).To(MatchError(unix.EPERM), "unshare in a changed root")
			}
			child, err := make(unix.CLONE_NEWUTS)()
			Expect(err).NotTo(HaveOccurred(), "of another kind, in a changed root")
			Expect(changed(child, s)).To(Equal([]nsutil.Kind{nsutil.UTS}))

			Arrange(s.Fchdir(root))
			chroot(".")
			child, err = make(unix.CLONE_NEWUSER)()
			Expect(err).NotTo(HaveOccurred(), "back in its root")
			Expect(changed(child, s)).To(Equal([]nsutil.Kind{nsutil.User}))
		})
	}
})
