package idmaps

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The ids of a world are 0 to room-1; in the suite's user namespace they are
// those from outer on, which own nothing on this machine.
const (
	outer = 60000
	room  = 5000
)

// Users of a world, with a gid of the same number.
const (
	alice = 11
	bob   = 12
)

// Map files, and those that take capabilities to write.
var (
	mapFiles = []string{"uid_map", "gid_map", "projid_map"}
	idFiles  = mapFiles[:2]
)

// world is a user namespace below the suite's, and who is there.
type world struct {
	outside *harness.Subject // root in the suite's user namespace
	root    *harness.Subject // root of the world, its child
	// file is a descriptor of an empty file, and ends are those of a socket pair:
	// they have them, and so do all children.
	file int
	ends [2]int
	// files are the map files for which the suite's user namespace has ids.
	files []string
}

func newWorld() world {
	kinds.Need(nsutil.User)
	w := world{outside: Spawn(harness.Named("outside"))}
	w.file = memfd(w.outside)
	a, b, err := w.outside.Socketpair(unix.SOCK_DGRAM)
	Arrange(err)
	w.ends = [2]int{a, b}
	w.files = idFiles
	if text, err := w.outside.ReadFile(path(w.outside, "projid_map")); err == nil && text != "" {
		w.files = mapFiles
	}
	w.root = fresh(w.outside)
	ids := fmt.Sprintf("0 %d %d", outer, room)
	Expect(w.root.MapIDs(ids, ids)).To(Succeed())
	for _, file := range w.files[2:] {
		Expect(write(w.outside, w.root, file, ids)).To(Succeed())
	}
	Expect(w.root.Setgroups()).To(Succeed())
	Expect(w.root.Setresgid(0, 0, 0)).To(Succeed())
	Expect(w.root.Setresuid(0, 0, 0)).To(Succeed())
	Get(w.root.Prctl(unix.PR_SET_DUMPABLE, 1))
	return w
}

// worldFor is newWorld; the spec is skipped where there are no ids for the file.
func worldFor(file string) world {
	w := newWorld()
	if !slices.Contains(w.files, file) {
		mapOf(w.outside, w.outside, file) // fails where there is none
		SkipFor(reports.SkipNested, "the suite's user namespace has no project ids")
	}
	return w
}

// pass hands from's descriptor to another process of the world and returns that one's.
func (w world) pass(from, to *harness.Subject, fd int) int {
	if from == to {
		return fd
	}
	Arrange(from.SendFd(w.ends[0], fd))
	return Get(to.ReceiveFd(w.ends[1]))
}

// fresh returns a child of creator in a new user namespace without maps.
func fresh(creator *harness.Subject) *harness.Subject {
	return Get(creator.Clone(unix.CLONE_NEWUSER))
}

// made returns a child of creator in a new user namespace with the map for uids and gids.
func made(creator *harness.Subject, text string) *harness.Subject {
	s := fresh(creator)
	for _, file := range idFiles {
		Expect(write(creator, s, file, text)).To(Succeed())
	}
	return s
}

// as returns a child of s with the ids, and of all its capabilities these.
func as(s *harness.Subject, uid, gid int, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Expect(child.Setresgid(gid, gid, gid)).To(Succeed())
	Expect(child.Setresuid(uid, uid, uid)).To(Succeed())
	only(child, caps...)
	return child
}

// only takes all capabilities but these from s.
func only(s *harness.Subject, caps ...int) {
	var mask uint64
	for _, c := range caps {
		mask |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: mask, Permitted: mask}))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// without takes capabilities from s.
func without(s *harness.Subject, caps ...int) {
	Arrange(s.DropCapabilities(caps...))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// joined returns a process with ids of the suite's user namespace that has
// joined target's, and has all capabilities there. It may open target's files.
func (w world) joined(target *harness.Subject, uid, gid int) *harness.Subject {
	s := Get(w.outside.Fork())
	fd := Get(s.OpenNS(target, nsutil.User))
	all := Get(s.Capget())
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Expect(s.Setresgid(gid, gid, gid)).To(Succeed())
	Expect(s.Setresuid(uid, uid, uid)).To(Succeed())
	Arrange(s.Capset(all))
	var owner unix.Stat_t
	Arrange(unix.Stat(path(target, "uid_map"), &owner))
	Arrange(s.Setfsuid(int(owner.Uid)))
	Arrange(s.Capset(all))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	Arrange(s.Setns(fd, unix.CLONE_NEWUSER))
	return s
}

// capable returns a child of s with the capabilities only.
func capable(s *harness.Subject, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	only(child, caps...)
	return child
}

// memfd returns a descriptor of a new file of s.
func memfd(s *harness.Subject) int {
	fd := Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "file", unix.MFD_CLOEXEC))
	return int(fd)
}
