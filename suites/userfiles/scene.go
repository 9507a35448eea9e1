// Package userfiles proves what user namespaces promise of the ids of files and
// processes: which stand for those that are not mapped, whom they let in, and
// what capabilities, set-user-ID programs and file capabilities do there.
//
// See user_namespaces(7) and capabilities(7).
package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// subordinate maps ten ids of a user namespace, of which base is the first
// outside. Those from outer on are mapped by none that uses it.
const (
	subordinate = "0 100000 10"
	base        = 100000
	outer       = 100010
)

// stage is a directory on a tmpfs that a process of the suite's own user
// namespace has mounted, for everybody to write to.
type stage struct {
	keeper *harness.Subject
	dir    string
}

func newStage() *stage {
	kinds.Need(nsutil.User)
	keeper, dir := mounts.Stage(harness.Named("keeper"))
	Arrange(keeper.Chmod(dir, 0o777))
	return &stage{keeper, dir}
}

// path returns the path of a file of the stage.
func (t *stage) path(name string) string { return t.dir + "/" + name }

// file has the keeper make a file with a content, which belongs to ids of its
// user namespace, and returns its path.
func (t *stage) file(name, content string, uid, gid int, mode uint32) string {
	path := t.path(name)
	Arrange(t.keeper.WriteFile(path, content, unix.O_CREAT|unix.O_EXCL))
	t.give(path, uid, gid, mode)
	return path
}

// folder has the keeper make a directory.
func (t *stage) folder(name string, uid, gid int, mode uint32) string {
	path := t.path(name)
	Arrange(t.keeper.Mkdir(path))
	t.give(path, uid, gid, mode)
	return path
}

// give sets owner and mode of what there is.
func (t *stage) give(path string, uid, gid int, mode uint32) {
	Arrange(t.keeper.Chown(path, uid, gid))
	Arrange(t.keeper.Chmod(path, mode))
}

// root returns root of a new user namespace with the extents for uids and gids,
// made by a child of the keeper.
func (t *stage) root(extents string) *harness.Subject {
	s := t.unmapped()
	Arrange(s.MapIDs(extents, extents))
	return becomeRoot(s)
}

// unmapped returns a child of the keeper in a new user namespace without maps.
func (t *stage) unmapped() *harness.Subject {
	s := Get(t.keeper.Fork())
	Arrange(s.Unshare(unix.CLONE_NEWUSER))
	return s
}

func becomeRoot(s *harness.Subject) *harness.Subject {
	Arrange(s.Setresgid(0, 0, 0))
	Arrange(s.Setresuid(0, 0, 0))
	Arrange(s.Setgroups())
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// below returns root of a new user namespace below that of root.
func below(root *harness.Subject, extents string) *harness.Subject {
	s := Get(root.Clone(unix.CLONE_NEWUSER))
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(root.WriteFile(fmt.Sprintf("/proc/%d/%s", s.PID(), file), extents, 0))
	}
	return becomeRoot(s)
}

// as returns a child of root with the given ids, and of root's capabilities only
// the given ones.
func as(root *harness.Subject, uid, gid int, caps ...int) *harness.Subject {
	s := Get(root.Fork())
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresgid(gid, gid, gid))
	Arrange(s.Setresuid(uid, uid, uid))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return s
}
