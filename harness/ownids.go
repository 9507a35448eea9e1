package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// lackIDs ends a test that takes ids which this process's user namespace does not
// map: no process below can have them, and what is done with them fails for
// that reason alone.
func lackIDs(t TB) {
	t.Helper()
	message := "it takes ids that the suite's user namespace does not have"
	if own := ownIDs(); len(own.uids) == 1 && own.uids[0].Length == 1 {
		message = "the suite's user namespace has a single id; an ordinary user has more by newuidmap and /etc/subuid"
	}
	lacking(t, message)
}

// ownIDs are the ids of this process's user namespace.
var ownIDs = sync.OnceValue(func() (own struct {
	all         bool // every id there is
	uids, gids  nsutil.IDMap
	groupsFixed bool // setgroups is denied for good, here and in every user namespace below
}) {
	own.uids, _ = nsutil.UIDMapOf(0)
	own.gids, _ = nsutil.GIDMapOf(0)
	every := nsutil.Extent{Length: nsutil.UnmappedID}
	own.all = len(own.uids) == 1 && own.uids[0] == every && len(own.gids) == 1 && own.gids[0] == every
	// The initial user namespace has every id, whatever a wrong kernel tells of its maps.
	number, _ := nsutil.InitialIno(nsutil.User)
	if user, err := nsutil.IDOf(nsutil.User.File(0)); errors.Is(err, fs.ErrNotExist) || err == nil && user.Ino == number {
		own.all = true
	}
	text, _ := os.ReadFile("/proc/self/setgroups")
	own.groupsFixed = !own.all && strings.TrimSpace(string(text)) == "deny"
	return own
})

// takesIDs ends the test as lacking when the subject is in this process's user
// namespace, and that does not map one of the ids; -1 is none.
func (s *Subject) takesIDs(own nsutil.IDMap, ids ...int) {
	s.scope.t.Helper()
	for _, id := range ids {
		if !ownIDs().all && id >= 0 && !covers(own, uint32(id), 1) && inOwnUserNamespace(s.pid, false) {
			lackIDs(s.scope.t)
		}
	}
}

// NeedMappable ends the test as lacking when the subject's user namespace is
// directly below this process's, and that does not have the outer ids of the
// extents. [Mapped] and [Subject.MapIDs] do so themselves.
func (s *Subject) NeedMappable(uids, gids string) {
	s.scope.t.Helper()
	if ownIDs().all {
		return
	}
	for text, own := range map[string]nsutil.IDMap{uids: ownIDs().uids, gids: ownIDs().gids} {
		extents, _ := nsutil.ParseIDMap(strings.NewReader(text + "\n"))
		for _, e := range extents {
			if !covers(own, e.Outside, e.Length) && inOwnUserNamespace(s.pid, true) {
				lackIDs(s.scope.t)
			}
		}
	}
}

// takesSetgroups ends the test as lacking where nobody can set groups.
func (s *Subject) takesSetgroups() {
	s.scope.t.Helper()
	if ownIDs().groupsFixed {
		lackIDs(s.scope.t)
	}
}

// covers reports whether one extent of the map has so many ids from first on.
func covers(m nsutil.IDMap, first, length uint32) bool {
	return slices.ContainsFunc(m, func(e nsutil.Extent) bool {
		return first >= e.Inside && uint64(first)+uint64(length) <= uint64(e.Inside)+uint64(e.Length)
	})
}

// inOwnUserNamespace reports whether the process is in this process's user
// namespace or, below, in one directly below it.
func inOwnUserNamespace(pid int, below bool) bool {
	fd, err := unix.Open(nsutil.User.File(pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if below {
		parent, err := nsutil.Parent(fd)
		if err != nil {
			return false
		}
		defer unix.Close(parent)
		fd = parent
	}
	same, err := nsutil.Same(fmt.Sprintf("/proc/self/fd/%d", fd), nsutil.User.File(0))
	return err == nil && same
}
