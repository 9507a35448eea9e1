package idmaps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
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
	GinkgoHelper()
	kinds.Need(nsutil.User)
	w := world{outside: Spawn(harness.Named("outside"))}
	w.file = memfd(w.outside)
	a, b, err := w.outside.Socketpair(unix.SOCK_DGRAM)
	Arrange(err)
	w.ends = [2]int{a, b}
	w.files = idFiles
	if len(mapOf(w.outside, w.outside, "projid_map")) > 0 {
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
	GinkgoHelper()
	w := newWorld()
	if !slices.Contains(w.files, file) {
		SkipFor(reports.SkipNested, "the suite's user namespace has no project ids")
	}
	return w
}

// pass hands from's descriptor to another process of the world and returns that one's.
func (w world) pass(from, to *harness.Subject, fd int) int {
	GinkgoHelper()
	if from == to {
		return fd
	}
	Arrange(from.SendFd(w.ends[0], fd))
	return Get(to.ReceiveFd(w.ends[1]))
}

// fresh returns a child of creator in a new user namespace without maps.
func fresh(creator *harness.Subject) *harness.Subject {
	GinkgoHelper()
	return Get(creator.Clone(unix.CLONE_NEWUSER))
}

// made returns a child of creator in a new user namespace with the map for uids and gids.
func made(creator *harness.Subject, text string) *harness.Subject {
	GinkgoHelper()
	s := fresh(creator)
	for _, file := range idFiles {
		Expect(write(creator, s, file, text)).To(Succeed())
	}
	return s
}

// as returns a child of s with the ids, and of all its capabilities these.
func as(s *harness.Subject, uid, gid int, caps ...int) *harness.Subject {
	GinkgoHelper()
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Expect(child.Setresgid(gid, gid, gid)).To(Succeed())
	Expect(child.Setresuid(uid, uid, uid)).To(Succeed())
	only(child, caps...)
	return child
}

// only takes all capabilities but these from s.
func only(s *harness.Subject, caps ...int) {
	GinkgoHelper()
	var mask uint64
	for _, c := range caps {
		mask |= 1 << c
	}
	Arrange(s.Capset(harness.Capabilities{Effective: mask, Permitted: mask}))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// without takes capabilities from s.
func without(s *harness.Subject, caps ...int) {
	GinkgoHelper()
	Arrange(s.DropCapabilities(caps...))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}

// joined returns a process with ids of the suite's user namespace that has
// joined target's, and has all capabilities there. It may open target's files.
func (w world) joined(target *harness.Subject, uid, gid int) *harness.Subject {
	GinkgoHelper()
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

func path(target *harness.Subject, file string) string {
	return fmt.Sprintf("/proc/%d/%s", target.PID(), file)
}

// write has s write a file of target's user namespace in one call.
func write(s, target *harness.Subject, file, text string) error {
	return s.WriteFile(path(target, file), text, 0)
}

// open returns a descriptor of s with which a file of target's user namespace can be written.
func open(s, target *harness.Subject, file string) int {
	GinkgoHelper()
	return Get(s.Open(path(target, file), unix.O_RDWR|unix.O_CLOEXEC))
}

// writeTo writes text by a descriptor.
func writeTo(s *harness.Subject, fd int, text string) error {
	n, err := s.Write(fd, []byte(text))
	if err == nil && n != len(text) {
		err = fmt.Errorf("%d of %d bytes were written", n, len(text))
	}
	return err
}

// mapOf returns a map of target's user namespace as s reads it.
func mapOf(s, target *harness.Subject, file string) nsutil.IDMap {
	GinkgoHelper()
	text, err := s.ReadFile(path(target, file))
	Expect(err).NotTo(HaveOccurred(), "%s reads %s of %s", s.Name(), file, target.Name())
	return parse(text)
}

func parse(text string) nsutil.IDMap {
	GinkgoHelper()
	if text != "" {
		text = strings.TrimSuffix(text, "\n") + "\n"
	}
	m, err := nsutil.ParseIDMap(strings.NewReader(text))
	Expect(err).NotTo(HaveOccurred())
	return m
}

// expectRefused claims that s cannot write a map, and that it stays empty.
func expectRefused(s, target *harness.Subject, file, text string, errno error) {
	GinkgoHelper()
	Expect(write(s, target, file, text)).To(MatchError(errno), "%s writes %q to %s", s.Name(), short(text), file)
	Expect(mapOf(target, target, file)).To(BeEmpty(), "after %q", short(text))
}

// expectAllRefused claims that s cannot write any of the texts to a map, and that it stays empty.
func expectAllRefused(s, target *harness.Subject, file string, errno error, texts ...string) {
	GinkgoHelper()
	fd := open(s, target, file)
	for _, text := range texts {
		Expect(writeTo(s, fd, text)).To(MatchError(errno), "%s writes %q to %s", s.Name(), short(text), file)
	}
	Arrange(s.Close(fd))
	Expect(mapOf(target, target, file)).To(BeEmpty(), "after what was refused")
}

// expectWritten claims that s can write a map, which then has these extents.
func expectWritten(s, target *harness.Subject, file, text string) {
	GinkgoHelper()
	Expect(write(s, target, file, text)).To(Succeed(), "%s writes %q to %s", s.Name(), short(text), file)
	Expect(sorted(mapOf(target, target, file))).To(Equal(sorted(parse(text))), "after %q", short(text))
}

// sorted returns the extents in the order of their ids inside: a map need not
// show them in the order in which they were written.
func sorted(m nsutil.IDMap) nsutil.IDMap {
	m = slices.Clone(m)
	slices.SortFunc(m, func(a, b nsutil.Extent) int { return cmp.Compare(a.Inside, b.Inside) })
	return m
}

// short is text for a failure to show.
func short(text string) string {
	if len(text) > 60 {
		return fmt.Sprintf("%s... (%d bytes)", text[:60], len(text))
	}
	return text
}

// memfd returns a descriptor of a new file of s.
func memfd(s *harness.Subject) int {
	GinkgoHelper()
	fd := Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "file", unix.MFD_CLOEXEC))
	return int(fd)
}
