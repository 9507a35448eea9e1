package user

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

// keyctl executes keyctl(2).
func keyctl(s *harness.Subject, operation int, args ...any) (int, error) {
	for len(args) < 4 {
		args = append(args, 0)
	}
	r, err := s.Syscall("keyctl", unix.SYS_KEYCTL, append([]any{operation}, args...)...)
	return int(int32(r)), err
}

// addKey adds a key to a keyring.
func addKey(s *harness.Subject, keyring int, name string) error {
	_, err := s.Syscall("add_key", unix.SYS_ADD_KEY, "user", name, harness.In([]byte("x")), 1, keyring)
	return err
}

// findKey looks for a key in a keyring.
func findKey(s *harness.Subject, keyring int, name string) error {
	_, err := keyctl(s, unix.KEYCTL_SEARCH, keyring, "user", name)
	return err
}

// tenant is a process of a uid in a user namespace where that is this id. A uid
// may have 200 keys, and the kernel takes its time to forget them, so that specs
// have one each.
func tenant(uid int, way door, id string) *harness.Subject {
	s := way.entered(Spawn(harness.As(uid, uid), harness.Named(fmt.Sprint(uid))))
	extent := fmt.Sprintf("%s %d 1", id, uid)
	Arrange(s.MapIDs(extent, extent))
	Get(keyctl(s, unix.KEYCTL_JOIN_SESSION_KEYRING, nil))
	return s
}

var _ = Specs("Keyrings", Label("user"), func() {
	for uid, keyring := range map[int]int{60003: unix.KEY_SPEC_USER_KEYRING, 60004: unix.KEY_SPEC_USER_SESSION_KEYRING} {
		name := map[int]string{unix.KEY_SPEC_USER_KEYRING: "user keyring", unix.KEY_SPEC_USER_SESSION_KEYRING: "user session keyring"}[keyring]
		It("of a uid in one user namespace are not those of the same uid in another: the "+name,
			Proves("user-session-keyrings-per-namespace"), func() {
				NeedUnprivileged()
				kinds.Need(nsutil.User)
				for _, d := range doors {
					home := tenant(uid, byUnshare, "0")
					nested := Get(home.Fork())
					Arrange(nested.Unshare(unix.CLONE_NEWUSER))
					Arrange(nested.WriteFile("/proc/self/setgroups", "deny", 0))
					Arrange(nested.WriteFile("/proc/self/uid_map", "0 0 1", 0))
					others := []*harness.Subject{tenant(uid, d, "0"), tenant(uid, d, "7"), nested}
					fellow := Get(home.Fork())
					serial, err := keyctl(home, unix.KEYCTL_GET_KEYRING_ID, keyring, 1)
					Expect(err).NotTo(HaveOccurred())
					Expect(addKey(home, keyring, "home's")).To(Succeed())
					Expect(findKey(fellow, keyring, "home's")).To(Succeed(), "by a fellow")
					Expect(keyctl(fellow, unix.KEYCTL_GET_KEYRING_ID, keyring, 0)).To(Equal(serial), "of a fellow")
					for _, other := range others {
						Expect(keyctl(other, unix.KEYCTL_GET_KEYRING_ID, keyring, 1)).NotTo(Equal(serial), "in another user namespace")
						Expect(findKey(other, keyring, "home's")).To(MatchError(unix.ENOKEY), "in another user namespace")
						Expect(addKey(other, keyring, "other's")).To(Succeed())
						Expect(findKey(other, keyring, "other's")).To(Succeed())
						Expect(findKey(home, keyring, "other's")).To(MatchError(unix.ENOKEY))
					}
				}
			})
	}

	It("that persist are registered by each user namespace for itself", Proves("user-persistent-keyring-per-namespace"), func() {
		NeedUnprivileged()
		NeedKconfig("CONFIG_PERSISTENT_KEYRINGS")
		const uid = 60005
		home := tenant(uid, byUnshare, "0")
		persistent := func(s *harness.Subject) int {
			serial, err := keyctl(s, unix.KEYCTL_GET_PERSISTENT, -1, unix.KEY_SPEC_PROCESS_KEYRING)
			Expect(err).NotTo(HaveOccurred())
			return serial
		}
		serial := persistent(home)
		Expect(addKey(home, serial, "home's")).To(Succeed())
		fellow := Get(home.Fork())
		Expect(persistent(fellow)).To(Equal(serial), "of a fellow")
		Expect(findKey(fellow, serial, "home's")).To(Succeed())
		for _, d := range doors {
			for _, id := range []string{"0", "7"} {
				other := tenant(uid, d, id)
				its := persistent(other)
				Expect(its).NotTo(Equal(serial), "of the same uid, %s inside, in a user namespace entered by %s", id, d)
				Expect(findKey(other, its, "home's")).To(MatchError(unix.ENOKEY))
				Expect(addKey(other, its, "other's")).To(Succeed())
				Expect(findKey(home, serial, "other's")).To(MatchError(unix.ENOKEY))
			}
		}
		Expect(persistent(home)).To(Equal(serial))
	})

	It("that persist, of others, are for CAP_SETUID in one's own user namespace, as far as that has the uid",
		Proves("user-persistent-keyring-of-other-needs-setuid"), func() {
			get := func(s *harness.Subject, uid int) error {
				_, err := keyctl(s, unix.KEYCTL_GET_PERSISTENT, uid, unix.KEY_SPEC_PROCESS_KEYRING)
				return err
			}
			for _, home := range []*harness.Subject{root(alice), below(root(bob))} {
				with, rest := as(home, actor, actor, actor, unix.CAP_SETUID), as(home, actor, actor, actor, allBut(unix.CAP_SETUID)...)
				for _, uid := range []int{0, 5, 9} {
					Expect(get(with, uid)).To(Succeed(), "uid %d with CAP_SETUID", uid)
					Expect(get(rest, uid)).To(MatchError(unix.EPERM), "uid %d with all other capabilities", uid)
					Expect(get(unmapped(home), uid)).To(MatchError(unix.EINVAL), "in a user namespace without it")
				}
				for _, s := range []*harness.Subject{with, rest, as(home, actor, 5, 5), as(home, 5, actor, 5)} {
					Expect(get(s, actor)).To(Succeed(), "one's own real or effective uid")
				}
				Expect(get(as(home, 5, 5, actor), actor)).To(MatchError(unix.EPERM), "the saved uid")
				for _, uid := range []int{10, first, alice} {
					Expect(get(with, uid)).To(MatchError(unix.EINVAL), "a uid that is none there, %d", uid)
					Expect(get(rest, uid)).To(MatchError(unix.EINVAL), "a uid that is none there, %d", uid)
				}
			}
		})
})
