// Package rooms has the places where specs run programs of others.
package rooms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Room is where programs run: its process is the init of a PID namespace, in a mount
// namespace of its own with a procfs for it. So all that they start and mount, and
// leave behind, goes when the spec ends.
type Room struct {
	*harness.Subject
	Dir string // a tmpfs of its own, for everybody
	// Environment is that of programs, "NAME=value" each.
	Environment []string
	// Patience is how long a program may take. [New] sets it to a call's.
	Patience time.Duration

	init *harness.Subject // that collects children; nil where that is left to specs
}

// New returns a room, which is in new namespaces of further kinds, too.
func New(further ...nsutil.Kind) *Room {
	return Of(harness.Cloned(append([]nsutil.Kind{nsutil.Mnt, nsutil.PID}, further...)...), harness.Named("room"))
}

// Of returns a room whose process is spawned with the options, which are to give it a
// mount namespace.
func Of(options ...harness.Option) *Room {
	options = append(slices.Clone(options), harness.OnOneCPU())
	r := &Room{Subject: Spawn(options...), Dir: T().TempDir(), Patience: Patience()}
	Arrange(r.MakePrivate())
	Arrange(r.Mount("none", "/proc", "proc", 0, ""))
	Arrange(r.Mount("none", r.Dir, "tmpfs", 0, "mode=777"))
	return r
}

// Path returns the path of a file in the room's folder, as those in there have it.
func (r *Room) Path(name string) string { return r.Dir + "/" + name }

// Seen returns a path of the room's as the suite has it.
func (r *Room) Seen(path string) string { return fmt.Sprintf("/proc/%d/root%s", r.PID(), path) }

// File makes an empty file in the room's folder, and returns its path.
func (r *Room) File(name string) string {
	Arrange(r.WriteFile(r.Path(name), "", unix.O_CREAT))
	return r.Path(name)
}

// Start has a new process of the room become the user and execute a program.
func (r *Room) Start(user int, argv ...string) *harness.Subject {
	child := r.Citizen(user)
	Arrange(child.ExecWith("/dev/null", r.Environment, argv...))
	return child
}

// Citizen returns a new process of the room that is the user's.
func (r *Room) Citizen(user int) *harness.Subject {
	s := Get(r.Fork())
	if user != 0 {
		Arrange(s.Setgroups())
		Arrange(s.Setresgid(user, user, user))
		Arrange(s.Setresuid(user, user, user))
	}
	return s
}

// Execute has root execute a program to its end.
func (r *Room) Execute(argv ...string) (status int, printed string) {
	return r.ExecuteAs(0, argv...)
}

// ExecuteAs is [Room.Execute] by another user.
func (r *Room) ExecuteAs(user int, argv ...string) (status int, printed string) {
	p := r.Start(user, argv...)
	end, err := p.WaitWithin(r.Patience)
	Expect(err).NotTo(HaveOccurred(), strings.Join(argv, " "))
	printed = Get(p.Output())
	if end.Signaled() {
		return -int(end.Signal()), printed
	}
	return end.ExitStatus(), printed
}

// Does claims that a program succeeds, and returns what it prints.
func (r *Room) Does(argv ...string) string {
	return r.DoesAs(0, argv...)
}

// DoesAs is [Room.Does] by another user.
func (r *Room) DoesAs(user int, argv ...string) string {
	status, printed := r.ExecuteAs(user, argv...)
	Expect(status).To(Equal(0), "%s: %s", strings.Join(argv, " "), printed)
	return strings.TrimSpace(printed)
}

// Fails claims that a program fails by itself, and returns what it says.
func (r *Room) Fails(argv ...string) string {
	return r.FailsAs(0, argv...)
}

// FailsAs is [Room.Fails] by another user.
func (r *Room) FailsAs(user int, argv ...string) string {
	status, printed := r.ExecuteAs(user, argv...)
	Expect(status).To(BeNumerically(">", 0), "%s: %s", strings.Join(argv, " "), printed)
	return printed
}
