package containers

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
)

// Ids that own nothing on this machine, which user namespaces get.
const First, Count = 61000, 1000

// Mapped is a map of ids, from 0 on, to those.
var Mapped = fmt.Sprintf("0 %d %d", First, Count)

// Donor returns a process of the room in a new namespace of a kind, and its number in
// there. In a user namespace ids are mapped as the map says.
func Donor(r *rooms.Room, kind nsutil.Kind, ids string) (s *harness.Subject, number int) {
	if kind != nsutil.Time {
		s = Get(r.Clone(kind.Flag()))
		if kind == nsutil.User {
			Arrange(s.MapIDs(ids, ids))
		}
		return s, s.NSPID()
	}
	parent := Get(r.Fork())
	Arrange(parent.Unshare(kind.Flag()))
	s = Get(parent.Fork())
	return s, Get(s.Getpid())
}
