package tools

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// Ids that own nothing on this machine, and that are among those of users who have
// subordinate ids.
const (
	alice = 60001
	bob   = 60002
	first = 61000 // of those that user namespaces get
	count = 1000
)

// mapping gives a user namespace its ids.
var mapping = fmt.Sprintf("0 %d %d", first, count)

// shell is the program that the tools start.
const shell = "/bin/sh"

// room is where tools run.
type room struct{ *rooms.Room }

// newRoom returns a room.
func newRoom() *room {
	return furnished(rooms.New())
}

// ownedRoom returns a room in a user namespace of its own, of which it is root.
func ownedRoom() *room {
	return furnished(rooms.Of(harness.Cloned(nsutil.User, nsutil.Mnt, nsutil.PID), harness.Named("room"), harness.Mapped(mapping)))
}

// openRoom returns a room in the suite's PID namespace: no tool may start another
// process in there.
func openRoom() *room {
	return furnished(rooms.Of(harness.Cloned(nsutil.Mnt), harness.Named("room")))
}

// furnished gives a room the pipe on which shells wait.
func furnished(r *rooms.Room) *room {
	Arrange(r.Mknod(r.Path("hold"), unix.S_IFIFO|0o666, 0))
	Arrange(r.Chmod(r.Path("hold"), 0o666))
	return &room{r}
}

// has returns the command line of a tool that has a shell do something.
func has(tool []string, text string) []string { return append(slices.Clone(tool), shell, "-c", text) }
