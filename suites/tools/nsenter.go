package tools

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// nsenter returns the command line of nsenter(1) with a target.
func nsenter(target fmt.Stringer, options ...string) []string {
	return append([]string{NeedProgram("nsenter").Path, "--target", target.String()}, options...)
}

// inRoom is a process id as the room has it.
type inRoom int

// String returns the number.
func (id inRoom) String() string { return fmt.Sprint(int(id)) }

// resident returns a process of the room in new namespaces of its own.
func (r *room) resident(flags int) (*harness.Subject, inRoom) {
	s := Get(r.Clone(flags))
	return s, inRoom(s.NSPID())
}

// mapped has who is outside map the ids of a user namespace's first process, and that
// one become its root.
func mapped(s *harness.Subject, extents string) *harness.Subject {
	Arrange(s.MapIDs(extents, extents))
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(0, 0, 0))
	Arrange(s.Setresuid(0, 0, 0))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1)) // its children's maps are to be its own files
	return s
}

var _ = Specs("nsenter(1) --pid", Label("tools"), func() {
	It("forks, so that the program is a member", Proves("nsenter-pid-forks"), func() {
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWPID)
		m := r.member(nsenter(id, "--pid"), "echo $$")
		Expect(m.pid).NotTo(Equal(m.tool.PID()), "the program is a child of nsenter's")
		Expect(m.ns(nsutil.PID)).To(Equal(Get(target.NS(nsutil.PID))))
		Expect(rooms.NS(m.tool.PID(), nsutil.PID)).To(Equal(rooms.NS(r.PID(), nsutil.PID)), "nsenter itself")
		Expect(m.said).To(Equal("2"), "its number is of the target's namespace")
	})

	It("leaves the program itself where it was with --no-fork", Proves("nsenter-no-fork-stays"), func() {
		r := newRoom()
		target, id := r.resident(unix.CLONE_NEWPID)
		m := r.member(nsenter(id, "--pid", "--no-fork"), "echo $$")
		Expect(m.pid).To(Equal(m.tool.PID()), "the program takes nsenter's place")
		Expect(m.ns(nsutil.PID)).To(Equal(rooms.NS(r.PID(), nsutil.PID)))
		Expect(m.said).To(Equal(m.number()))
		Expect(m.ns("pid_for_children")).To(Equal(Get(target.NS(nsutil.PID))), "its children will be members")
	})
})

var _ = Specs("nsenter(1) --all", Label("tools"), func() {
	all := func() (entered []nsutil.Kind, flags int) {
		for _, kind := range kinds.Built() {
			if kind != nsutil.User && kind != nsutil.Time { // clone(2) has no flag for the last
				entered, flags = append(entered, kind), flags|kind.Flag()
			}
		}
		return entered, flags
	}

	It("enters every namespace of the target, and skips a user namespace that is the caller's", Proves("nsenter-all"), func() {
		r := newRoom()
		entered, flags := all()
		target, id := r.resident(flags)
		m := r.member(nsenter(id, "--all"), "")
		for _, kind := range entered {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(rooms.NS(r.PID(), kind)), "%s", kind)
		}
		Expect(m.ns(nsutil.User)).To(Equal(rooms.NS(r.PID(), nsutil.User)))
	})

	It("enters a time namespace of the target, too", Proves("nsenter-all"), func() {
		kinds.Need(nsutil.Time)
		r := newRoom()
		parent := Get(r.Fork())
		Arrange(parent.Unshare(unix.CLONE_NEWTIME))
		target := Get(parent.Clone(unix.CLONE_NEWUTS))
		found := r.idOf(target)
		m := r.member(nsenter(found, "--all"), "")
		for _, kind := range []nsutil.Kind{nsutil.Time, nsutil.UTS} {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
			Expect(m.ns(kind)).NotTo(Equal(rooms.NS(r.PID(), kind)), "%s", kind)
		}
	})

	It("enters a user namespace of the target that is another", Proves("nsenter-all"), func() {
		r := newRoom()
		entered, flags := all()
		target, id := r.resident(flags | unix.CLONE_NEWUSER)
		mapped(target, mapping)
		m := r.member(nsenter(id, "--all"), "")
		for _, kind := range append(slices.Clone(entered), nsutil.User) {
			Expect(m.ns(kind)).To(Equal(Get(target.NS(kind))), "%s", kind)
		}
	})
})

// idOf returns the number of a process that is not the room's own child.
func (r *room) idOf(s *harness.Subject) inRoom {
	m := &member{pid: s.PID(), room: r}
	return inRoom(seconds(m.number()))
}
