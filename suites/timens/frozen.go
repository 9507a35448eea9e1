package timens

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// arrivals are the ways in which a namespace gets its first member, which maker
// has made for its children.
var arrivals = []struct {
	name, since string
	arrive      func(maker *harness.Subject) (member *harness.Subject)
}{
	{"a child made by fork", "5.6", func(maker *harness.Subject) *harness.Subject { return Get(maker.Fork()) }},
	{"a child made by clone3", "5.6", func(maker *harness.Subject) *harness.Subject {
		return Get(maker.Clone3(harness.CloneArgs{}))
	}},
	{"a child with other new namespaces", "5.6", func(maker *harness.Subject) *harness.Subject {
		return Get(maker.Clone(unix.CLONE_NEWUTS))
	}},
	{"another process by setns", "5.6", func(maker *harness.Subject) *harness.Subject {
		s := Spawn(harness.Named("joiner"))
		Arrange(s.Join(maker, "time_for_children"))
		return s
	}},
	{"another process by setns with any type", "5.6", func(maker *harness.Subject) *harness.Subject {
		s := Spawn(harness.Named("joiner"))
		Arrange(s.Setns(Get(s.OpenNS(maker, "time_for_children")), 0))
		return s
	}},
	{"a process that executes a program", "6.2", func(maker *harness.Subject) *harness.Subject {
		s := Get(maker.CloneVM(0))
		execute(s, offsetsOf(maker))
		return s
	}},
}

// expectFrozen claims that nobody can set the offsets of the namespace for the
// children of s any more, neither through the file nor through a descriptor of
// it from before.
func expectFrozen(s *harness.Subject, early int, offsets nsutil.TimeOffsets) {
	stranger := Spawn(harness.Named("stranger"))
	monotonic, boottime := records(offsets)
	for _, text := range []string{"monotonic 1 0\n", "7 1 0\n", monotonic, boottime, monotonic + boottime} {
		Expect(write(s, text)).To(MatchError(unix.EACCES), "%q", text)
		Expect(stranger.WriteFile(fmt.Sprintf("/proc/%d/timens_offsets", s.PID()), text, 0)).To(MatchError(unix.EACCES), "%q", text)
	}
	if early >= 0 {
		_, err := s.Write(early, []byte("boottime 1 0\n"))
		Expect(err).To(MatchError(unix.EACCES))
	}
	Expect(offsetsOf(s)).To(Equal(offsets))
}

var _ = Specs("The offsets of a time namespace are frozen", Label("time"), func() {
	for _, way := range arrivals {
		It("by its first member and stay so after its end: "+way.name, Proves("time-offsets-frozen-eacces", "time-offsets-rejected-write-changes-nothing"), func() {
			NeedKernel(way.since)
			for _, offsets := range worlds() {
				maker := home(nsutil.TimeOffsets{})
				Expect(set(maker, offsets)).To(Succeed(), "without a member")
				early := Get(maker.Open("/proc/self/timens_offsets", unix.O_WRONLY|unix.O_CLOEXEC))
				member := way.arrive(maker)
				expectFrozen(maker, early, offsets)
				if way.since == "5.6" { // else it runs a program
					expectFrozen(member, -1, offsets)
					expectClocks(member, offsets, clockMonotonic, clockBoottime)
				}
				Arrange(member.End())
				expectFrozen(maker, early, offsets)
				expectClocks(Get(maker.Fork()), offsets, clockMonotonic, clockBoottime)
			}
		})
	}

	It("by who moves in and leaves again at once", Proves("time-offsets-frozen-eacces"), func() {
		for _, offsets := range worlds() {
			s := home(offsets)
			early := Get(s.Open("/proc/self/timens_offsets", unix.O_WRONLY|unix.O_CLOEXEC))
			mover := Spawn(harness.Named("mover"))
			back := Get(mover.OpenNS(mover, nsutil.Time))
			Arrange(mover.Join(s, "time_for_children"))
			Arrange(mover.Setns(back, newtime))
			expectAtHome(mover)
			expectFrozen(s, early, offsets)
		}
	})

	It("and not by what makes nobody a member", Proves("time-offsets-writable-before-first-member"), func() {
		for _, offsets := range worlds() {
			s := home(nsutil.TimeOffsets{})
			fd := Get(s.Open("/proc/self/ns/time_for_children", unix.O_RDONLY|unix.O_CLOEXEC))
			Get(s.Ioctl(fd, unix.NS_GET_USERNS, 0))
			Expect(s.Setns(fd, unix.CLONE_NEWUTS)).To(MatchError(einval))
			helpless := Spawn()
			Arrange(helpless.DropCapabilities(unix.CAP_SYS_ADMIN))
			Expect(helpless.Join(s, "time_for_children")).To(MatchError(unix.EPERM))
			heir := Spawn()
			Arrange(heir.Unshare(newtime))
			Get(heir.Fork())
			Arrange(s.Unshare(unix.CLONE_NEWUTS | unix.CLONE_NEWIPC))
			Expect(set(s, offsets)).To(Succeed())
			expectClocks(Get(s.Fork()), offsets, clockMonotonic, clockBoottime)
		}
	})

	It("from the beginning in the initial one", Proves("time-offsets-of-initial-eacces"), func() {
		NeedInitial(nsutil.Time)
		s := Spawn()
		early := Get(s.Open("/proc/self/timens_offsets", unix.O_WRONLY|unix.O_CLOEXEC))
		expectFrozen(s, early, nsutil.TimeOffsets{})
		maker := home(worlds()[0])
		child := Get(maker.Fork())
		Arrange(child.Join(s, nsutil.Time))
		expectFrozen(child, -1, nsutil.TimeOffsets{})
		expectAtHome(s)
	})
})
