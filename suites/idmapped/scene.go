// Package idmapped proves what mount_setattr(2) and open_tree_attr(2) promise, and
// how idmapped mounts translate ids.
package idmapped

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/disk"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The mapping of most specs: what is id 1 in the file system is uid 100001 and
// gid 200001 through the mount. These ids own nothing on this machine.
const (
	uids, gids = "0 100000 1000", "0 200000 1000"
	uid0, gid0 = 100000, 200000
)

// labels are those of a topic's specs that mount a file system by [stage].
func labels(more ...string) Labels { return append(Label("idmap", disk.Label), more...) }

// stage returns a process in a mount namespace of its own, and a directory where
// it has mounted a file system that supports idmapped mounts: a tmpfs, or where
// these do not yet, an ext4.
func stage() (s *harness.Subject, plain string) {
	s, plain = stageOf()
	if kernelHas("6.3") {
		mounts.Tmpfs(s, plain)
	} else {
		disk.Mount(s, plain, "ext4", 0, "")
		Arrange(s.Chmod(plain, 0o755))
	}
	return s, plain
}

// stageOf returns a process in a mount namespace of its own, and a directory for a
// file system with files of ids up to 1000.
func stageOf() (s *harness.Subject, plain string) {
	kinds.Need(nsutil.User)
	needIDs("0 1 1000")
	s, dir := mounts.Stage(harness.Named("root"))
	plain = dir + "/plain"
	Arrange(s.Mkdir(plain))
	return s, plain
}

// needIDs skips the spec where the suite's user namespace lacks uids and gids.
func needIDs(extents string) {
	if Nested() {
		Spawn(harness.Cloned(nsutil.User)).NeedMappable(extents, extents)
	}
}

// kernelHas reports whether the kernel is of the version or later.
func kernelHas(since string) bool {
	return Get(nsutil.Running()).AtLeast(Get(nsutil.ParseVersion(since)))
}

// mapping returns s's descriptor of a new user namespace with the extents, and
// its only process.
func mapping(s *harness.Subject, uids, gids string) (fd int, owner *harness.Subject) {
	owner = Spawn(harness.Cloned(nsutil.User), harness.Named("mapped"))
	Arrange(owner.MapIDs(uids, gids))
	return Get(s.OpenNS(owner, nsutil.User)), owner
}

// by is the attribute that idmaps a mount with the user namespace.
func by(userns int) unix.MountAttr {
	return unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(userns)}
}

// set is to set attributes, none of which needs a user namespace.
func set(attributes uint64) unix.MountAttr { return unix.MountAttr{Attr_set: attributes} }

// detached returns s's descriptor of a copy of a mount that is not attached.
func detached(s *harness.Subject, source string, flags int) int {
	return Get(s.OpenTree(source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags))
}

// setattr has s change the mount that the descriptor stands for.
func setattr(s *harness.Subject, mount int, attr unix.MountAttr) error {
	return s.MountSetattr(mount, "", unix.AT_EMPTY_PATH, attr)
}

// attach has s make a directory, and claims that what the descriptor stands for can
// be mounted there.
func attach(s *harness.Subject, mount int, target string) {
	Arrange(s.Mkdir(target))
	Expect(s.MoveMount(mount, target)).To(Succeed())
	Arrange(s.Close(mount))
}

// idmap claims that a copy of a mount can be idmapped, and attaches it to a new directory.
func idmap(s *harness.Subject, source, target string, userns int) {
	mount := detached(s, source, 0)
	Expect(setattr(s, mount, by(userns))).To(Succeed())
	attach(s, mount, target)
}

// stageMapped is stage, and a second directory, where a copy of the first is
// idmapped with the common mapping.
func stageMapped() (s *harness.Subject, plain, mapped string) {
	s, plain = stage()
	mapped = plain + "-mapped"
	userns, _ := mapping(s, uids, gids)
	idmap(s, plain, mapped, userns)
	return s, plain, mapped
}

// file has s make a file of the owner.
func file(s *harness.Subject, path string, uid, gid int) {
	Arrange(s.Mknod(path, unix.S_IFREG|0o600, 0))
	Arrange(s.Chown(path, uid, gid))
}

// open has s open a file with the flags, and close it again.
func open(s *harness.Subject, path string, flags int) error {
	fd, err := s.Open(path, flags|unix.O_CLOEXEC)
	if err == nil {
		err = s.Close(fd)
	}
	return err
}

// owner is who stat(2) says owns a file.
type owner struct{ uid, gid int }

func ownerOf(s *harness.Subject, path string) (owner, error) {
	st, err := s.Lstat(path)
	return owner{int(st.Uid), int(st.Gid)}, err
}

// expectOwner claims who owns a file, as s sees it there.
func expectOwner(s *harness.Subject, path string, uid, gid int, as ...any) {
	if len(as) == 0 {
		as = []any{path}
	}
	Expect(ownerOf(s, path)).To(Equal(owner{uid, gid}), as...)
}

// expectResult claims that a call has succeeded, or failed with an errno.
func expectResult(err, errno error, as ...any) {
	if errno == nil {
		Expect(err).NotTo(HaveOccurred(), as...)
	} else {
		Expect(err).To(MatchError(errno), as...)
	}
}

// as returns a child of root with the ids, without capabilities.
func as(root *harness.Subject, uid, gid int) *harness.Subject {
	s := withIDs(root, uid, gid)
	Arrange(s.Capset(harness.Capabilities{}))
	return s
}

// withIDs returns a child of root with the ids, and with root's capabilities.
func withIDs(root *harness.Subject, uid, gid int) *harness.Subject {
	s := Get(root.Fork())
	all := Get(s.Capget())
	Arrange(s.Setgroups())
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresgid(gid, gid, gid))
	Arrange(s.Setresuid(uid, uid, uid))
	Arrange(s.Capset(all))
	return s
}

// at is a path by which s's descriptor of a mount can be walked.
func at(mount int, path string) string { return fmt.Sprintf("/proc/self/fd/%d/%s", mount, path) }
