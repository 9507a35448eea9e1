package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
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

// room is where tools run: its process is the init of a PID namespace, in a mount
// namespace of its own with a procfs for it. So all that tools start and mount, and
// leave behind, goes when the spec ends.
type room struct {
	*harness.Subject
	dir string // a tmpfs of its own, for everybody
}

// newRoom returns a room.
func newRoom() *room {
	GinkgoHelper()
	return roomOf(harness.Cloned(nsutil.Mnt, nsutil.PID), harness.Named("room"))
}

// ownedRoom returns a room in a user namespace of its own, of which it is root.
func ownedRoom() *room {
	GinkgoHelper()
	return roomOf(harness.Cloned(nsutil.User, nsutil.Mnt, nsutil.PID), harness.Named("room"), harness.Mapped(mapping))
}

// openRoom returns a room in the suite's PID namespace: no tool may start another
// process in there.
func openRoom() *room {
	GinkgoHelper()
	return roomOf(harness.Cloned(nsutil.Mnt), harness.Named("room"))
}

func roomOf(options ...harness.Option) *room {
	GinkgoHelper()
	r := &room{Subject: Spawn(options...), dir: T().TempDir()}
	Arrange(r.MakePrivate())
	Arrange(r.Mount("none", "/proc", "proc", 0, ""))
	Arrange(r.Mount("none", r.dir, "tmpfs", 0, "mode=777"))
	Arrange(r.Mknod(r.path("hold"), unix.S_IFIFO|0o666, 0))
	Arrange(r.Chmod(r.path("hold"), 0o666))
	return r
}

// path returns the path of a file in the room's folder, as those in there have it.
func (r *room) path(name string) string { return r.dir + "/" + name }

// seen returns a path of the room's as the suite has it.
func (r *room) seen(path string) string { return fmt.Sprintf("/proc/%d/root%s", r.PID(), path) }

// file makes an empty file in the room's folder, and returns its path.
func (r *room) file(name string) string {
	GinkgoHelper()
	Arrange(r.WriteFile(r.path(name), "", unix.O_CREAT))
	return r.path(name)
}

// start has a new process of the room become the user and execute a program.
func (r *room) start(user int, argv ...string) *harness.Subject {
	GinkgoHelper()
	child := r.citizen(user)
	Arrange(child.Exec(argv...))
	return child
}

// citizen returns a new process of the room that is the user's.
func (r *room) citizen(user int) *harness.Subject {
	GinkgoHelper()
	s := Get(r.Fork())
	if user != 0 {
		Arrange(s.Setgroups())
		Arrange(s.Setresgid(user, user, user))
		Arrange(s.Setresuid(user, user, user))
	}
	return s
}

// run has root execute a program to its end.
func (r *room) run(argv ...string) (status int, printed string) {
	GinkgoHelper()
	return r.runAs(0, argv...)
}

// runAs is run by another user.
func (r *room) runAs(user int, argv ...string) (status int, printed string) {
	GinkgoHelper()
	p := r.start(user, argv...)
	end, err := p.Wait()
	Expect(err).NotTo(HaveOccurred(), strings.Join(argv, " "))
	printed = Get(p.Output())
	if end.Signaled() {
		return -int(end.Signal()), printed
	}
	return end.ExitStatus(), printed
}

// does claims that a program succeeds, and returns what it prints.
func (r *room) does(argv ...string) string {
	GinkgoHelper()
	return r.doesAs(0, argv...)
}

// doesAs is does by another user.
func (r *room) doesAs(user int, argv ...string) string {
	GinkgoHelper()
	status, printed := r.runAs(user, argv...)
	Expect(status).To(Equal(0), "%s: %s", strings.Join(argv, " "), printed)
	return strings.TrimSpace(printed)
}

// fails claims that a program fails by itself, and returns what it says.
func (r *room) fails(argv ...string) string {
	GinkgoHelper()
	return r.failsAs(0, argv...)
}

// failsAs is fails by another user.
func (r *room) failsAs(user int, argv ...string) string {
	GinkgoHelper()
	status, printed := r.runAs(user, argv...)
	Expect(status).To(BeNumerically(">", 0), "%s: %s", strings.Join(argv, " "), printed)
	return printed
}

// has returns the command line of a tool that has a shell do something.
func has(tool []string, text string) []string { return append(slices.Clone(tool), shell, "-c", text) }
