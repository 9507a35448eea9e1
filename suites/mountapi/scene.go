package mountapi

import (
	"fmt"
	"os"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// alice is a uid, and a gid, that owns nothing on this machine.
const alice = 60001

// Flags of open_tree(2) for a copy of one mount, and of all that are below it, too.
const (
	one   = unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC
	whole = one | unix.AT_RECURSIVE
)

// beneath is MOVE_MOUNT_BENEATH, from include/uapi/linux/mount.h.
const beneath = 0x200

// plant has s mount a file system with a file on a new directory, and another one
// on its directory "sub".
func plant(s *harness.Subject, dir string) {
	for _, dir := range []string{dir, dir + "/sub"} {
		mounts.Point(s, dir)
		Arrange(s.WriteFile(dir+"/file", "there", unix.O_CREAT))
	}
	Arrange(s.Mkdir(dir + "/empty"))
}

// fresh returns s's descriptor of a new tmpfs with a file of that name, which is
// mounted nowhere.
func fresh(s *harness.Subject, file string) int {
	fd := Get(s.Fsmount(created(s), unix.FSMOUNT_CLOEXEC))
	Arrange(enter(s, fd).WriteFile(file, "", unix.O_CREAT))
	return fd
}

// created returns s's descriptor of a new tmpfs that is to be mounted.
func created(s *harness.Subject) int {
	fs := Get(s.Fsopen("tmpfs"))
	Arrange(s.FsconfigString(fs, "mode", "755"))
	Arrange(s.FsconfigCreate(fs))
	return fs
}

// enter returns a child of s whose working directory is what its descriptor stands for.
func enter(s *harness.Subject, fd int) *harness.Subject {
	child := Get(s.Fork())
	Expect(child.Fchdir(fd)).To(Succeed())
	Arrange(child.Close(fd))
	return child
}

// attach has s mount what its descriptor stands for.
func attach(s *harness.Subject, fd int, target string, flags int) error {
	return move(s, fd, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH|flags)
}

// shift has s mount what is at a path elsewhere.
func shift(s *harness.Subject, source, target string, flags int) error {
	return move(s, unix.AT_FDCWD, source, unix.AT_FDCWD, target, flags)
}

// move executes move_mount(2): each path is relative to the descriptor before it.
func move(s *harness.Subject, from int, source string, to int, target string, flags int) error {
	_, err := s.Syscall("move_mount", unix.SYS_MOVE_MOUNT, from, source, to, target, harness.Hex(flags))
	return err
}

// expectRefused claims that a call gives the errno and changes no mount that one
// of these sees, and no descriptor of theirs.
func expectRefused(call func() error, errno error, all []*harness.Subject, what ...any) {
	type sight struct {
		mounts      []*mountinfo.Info
		descriptors []string
	}
	see := func() (seen []sight) {
		for _, s := range all {
			seen = append(seen, sight{Get(mounts.Table(s)), descriptors(s)})
		}
		return seen
	}
	before := see()
	Expect(call()).To(MatchError(errno), what...)
	Expect(see()).To(Equal(before), what...)
}

// descriptors returns which descriptors the subject has.
func descriptors(s *harness.Subject) (all []string) {
	for _, entry := range Get(os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))) {
		all = append(all, entry.Name())
	}
	return all
}

// mountOf returns the mount id, as mountinfo has it, of what a descriptor of s's stands for.
func mountOf(s *harness.Subject, fd int) string {
	for line := range strings.Lines(string(Get(os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", s.PID(), fd))))) {
		if id, found := strings.CutPrefix(line, "mnt_id:"); found {
			return strings.TrimSpace(id)
		}
	}
	Fail("there is no mnt_id in fdinfo")
	return ""
}

// powerless returns a child of s without any capability, which has s's descriptors.
func powerless(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Capset(harness.Capabilities{}))
	return child
}

// without returns a child of s that lacks CAP_SYS_ADMIN alone.
func without(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.DropCapabilities(unix.CAP_SYS_ADMIN))
	return child
}

// only returns a child of s that has CAP_SYS_ADMIN alone.
func only(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}))
	return child
}

// stranger returns a child of s with another uid and gid, and so without capabilities.
func stranger(s *harness.Subject) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Setgroups())
	Arrange(child.Setresgid(alice, alice, alice))
	Arrange(child.Setresuid(alice, alice, alice))
	return child
}

// settler returns a child of s in a new user namespace, in which it has all
// capabilities, and in s's mount namespace.
func settler(s *harness.Subject) *harness.Subject {
	kinds.Need(nsutil.User)
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	return child
}

// colony returns root of a new user namespace below that of s, in a copy of s's
// mount namespace that it owns, in which all mounts are private.
func colony(s *harness.Subject) *harness.Subject {
	kinds.Need(nsutil.User)
	root := Get(s.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNS))
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(s.WriteFile(fmt.Sprintf("/proc/%d/%s", root.PID(), file), "0 0 1", 0))
	}
	Arrange(root.MakePrivate())
	return root
}

// until71 says whether the kernel is older than Linux 7.1, which lets
// MOVE_MOUNT_BENEATH do more.
func until71() bool { return !Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 7, Minor: 1}) }
