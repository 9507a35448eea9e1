package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// sight is what a mount namespace shows of a file system of the kernel's before root of
// a user namespace tries to mount another instance of it.
type sight struct {
	what    string
	arrange func(s *harness.Subject, dir, fstype, part string)
	// may are the flags with which it can be mounted, and not those without.
	may, not []int
}

var sights = []sight{
	{"all of it is in sight", mountAt, []int{0, unix.MS_RDONLY}, nil},
	{"none of it is in sight", func(*harness.Subject, string, string, string) {}, nil, []int{0, unix.MS_RDONLY}},
	{"another mount covers a part", func(s *harness.Subject, dir, fstype, part string) {
		mountAt(s, dir, fstype, part)
		mounts.Tmpfs(s, dir+part)
	}, nil, []int{0, unix.MS_RDONLY}},
	{"another mount covers all of it", func(s *harness.Subject, dir, fstype, part string) {
		mountAt(s, dir, fstype, part)
		mounts.Tmpfs(s, dir)
	}, nil, []int{0, unix.MS_RDONLY}},
	{"only a part is in sight", func(s *harness.Subject, dir, fstype, part string) {
		mountAt(s, dir, fstype, part)
		other := T().TempDir()
		Arrange(s.Bind(dir+part, other))
		Arrange(s.Umount(dir, unix.MNT_DETACH))
	}, nil, []int{0, unix.MS_RDONLY}},
	{"it is in sight for reading", func(s *harness.Subject, dir, fstype, part string) {
		mountAt(s, dir, fstype, part)
		Arrange(s.Mount("none", dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	}, []int{unix.MS_RDONLY}, []int{0}},
}

func mountAt(s *harness.Subject, dir, fstype, _ string) {
	Arrange(s.Mount("none", dir, fstype, 0, ""))
}

var _ = Specs("What root of a user namespace can see", Label("user"), func() {
	for fstype, part := range map[string]string{"proc": "/sys", "sysfs": "/kernel"} {
		for _, st := range sights {
			It(fmt.Sprintf("does not get more by mounting %s when %s", fstype, st.what), Proves("user-mount-proc-sysfs-reveal-no-more"), func() {
				NeedInitial(nsutil.User) // elsewhere the suite cannot unmount what it was given
				kinds.Need(nsutil.User, nsutil.PID, nsutil.Net)
				s := Spawn(harness.Cloned(nsutil.Mnt), harness.Named("outside"))
				Arrange(s.MakePrivate())
				unmountAll(s, fstype)
				st.arrange(s, T().TempDir(), fstype, part)
				inside := Get(s.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET))
				settle(inside, nil, mapping)
				place := T().TempDir()
				before := Get(inside.Stat(place))
				for _, flags := range st.not {
					Expect(inside.Mount("none", place, fstype, flags, "")).To(MatchError(unix.EPERM), "with flags %#x", flags)
					Expect(Get(inside.Stat(place)).Dev).To(Equal(before.Dev))
				}
				for _, flags := range st.may {
					Expect(inside.Mount("none", place, fstype, flags, "")).To(Succeed(), "with flags %#x", flags)
					Expect(inside.Stat(place + part)).Error().NotTo(HaveOccurred())
					Arrange(inside.Umount(place, 0))
				}
			})
		}
	}
})

// unmountAll has s unmount all mounts of a type.
func unmountAll(s *harness.Subject, fstype string) {
	for _, m := range Get(mounts.Table(s)) {
		if m.FSType == fstype {
			if err := s.Umount(m.Mountpoint, unix.MNT_DETACH); err != unix.EINVAL { // which has gone with the one that it was on
				Arrange(err)
			}
		}
	}
}
