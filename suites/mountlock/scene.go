package mountlock

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const newMounts, newBoth = unix.CLONE_NEWNS, unix.CLONE_NEWNS | unix.CLONE_NEWUSER

// mapRoot has parent, who is root of the user namespace above that of child, map
// uid and gid 0 to themselves.
func mapRoot(parent, child *harness.Subject) *harness.Subject {
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(parent.WriteFile(fmt.Sprintf("/proc/%d/%s", child.PID(), file), "0 0 1", 0))
	}
	return child
}

// lesser returns root of a new user namespace below that of s, in a copy of the
// mount namespace of s which that owns.
func lesser(s *harness.Subject) *harness.Subject {
	kinds.Need(nsutil.User)
	child, err := s.Clone(newBoth)
	Expect(err).NotTo(HaveOccurred())
	return mapRoot(s, child)
}

// way is a way to copy a mount namespace.
type way struct {
	text string
	copy func(s *harness.Subject) *harness.Subject
}

// byOther are the ways to copy the mount namespace of s for a user namespace other
// than its own; each returns a process in the copy, and in that user namespace.
func byOther() []way {
	var all []way
	for _, by := range harness.Ways() {
		all = append(all, way{fmt.Sprintf("%s together with a user namespace", by), func(s *harness.Subject) *harness.Subject {
			child, err := s.Isolate(by, nsutil.Mnt, nsutil.User)
			Expect(err).NotTo(HaveOccurred())
			return mapRoot(s, child)
		}})
	}
	return append(all,
		way{"clone together with namespaces of several kinds", func(s *harness.Subject) *harness.Subject {
			child, err := s.Clone(newBoth | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWPID)
			Expect(err).NotTo(HaveOccurred())
			return mapRoot(s, child)
		}},
		way{"unshare after one of the user namespace", func(s *harness.Subject) *harness.Subject {
			child := Get(s.Fork())
			Arrange(child.Unshare(unix.CLONE_NEWUSER))
			mapRoot(s, child)
			Expect(child.Unshare(newMounts)).To(Succeed())
			return child
		}},
		way{"clone by who has joined a user namespace", func(s *harness.Subject) *harness.Subject {
			home := mapRoot(s, Get(s.Clone(unix.CLONE_NEWUSER)))
			visitor := Get(s.Fork())
			Arrange(visitor.Join(home, nsutil.User))
			child, err := visitor.Clone(newMounts)
			Expect(err).NotTo(HaveOccurred())
			return child
		}},
		way{"clone3 two user namespaces below", func(s *harness.Subject) *harness.Subject {
			home := mapRoot(s, Get(s.Clone(unix.CLONE_NEWUSER)))
			child, err := home.Isolate(harness.ByClone3, nsutil.Mnt, nsutil.User)
			Expect(err).NotTo(HaveOccurred())
			return mapRoot(home, child)
		}},
		way{"unshare from a user namespace above", func(s *harness.Subject) *harness.Subject {
			visitor := Spawn(harness.Named("from above"))
			Arrange(visitor.Join(s, nsutil.Mnt))
			Expect(visitor.Unshare(newMounts)).To(Succeed())
			return visitor
		}},
	)
}

// bySame are the ways to copy the mount namespace of s for its own user namespace.
func bySame() []way {
	var all []way
	for _, by := range harness.Ways() {
		all = append(all, way{string(by), func(s *harness.Subject) *harness.Subject {
			child, err := s.Isolate(by, nsutil.Mnt)
			Expect(err).NotTo(HaveOccurred())
			return child
		}})
	}
	return all
}

// landlord returns root of a user namespace of its own, in a mount namespace that
// it owns, in which all mounts are private, and the directory where it has mounted
// a tmpfs.
func landlord() (s *harness.Subject, dir string) {
	kinds.Need(nsutil.User)
	s = Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped("0 0 1"), harness.Named("above"))
	Arrange(s.MakePrivate())
	dir = T().TempDir()
	mounts.Tmpfs(s, dir)
	return s, dir
}

// cover has s mount a file system with a file "cover" on a directory that has a
// file "covered".
func cover(s *harness.Subject, dir string) {
	Arrange(s.Mkdir(dir))
	Arrange(s.WriteFile(dir+"/covered", "", unix.O_CREAT))
	mounts.Tmpfs(s, dir)
	Arrange(s.WriteFile(dir+"/cover", "", unix.O_CREAT))
}

// seen returns what s sees in a directory that [cover] has covered: "cover" or
// "covered".
func seen(s *harness.Subject, dir string) (string, error) {
	names, err := s.ReadDir(dir)
	for _, name := range names {
		if name == "cover" || name == "covered" {
			return name, err
		}
	}
	return "neither", err
}

// expectLocked claims that s cannot unmount what is mounted at the points, in any
// way, and that all is mounted as before.
func expectLocked(s *harness.Subject, points ...string) {
	before := Get(mounts.Lines(s))
	for _, point := range points {
		for _, flags := range []int{0, unix.MNT_DETACH, unix.MNT_FORCE, unix.MNT_EXPIRE, unix.UMOUNT_NOFOLLOW} {
			Expect(s.Umount(point, flags)).To(MatchError(unix.EINVAL), "%s, with flags %#x", point, flags)
		}
	}
	Expect(mounts.Lines(s)).To(Equal(before))
}
