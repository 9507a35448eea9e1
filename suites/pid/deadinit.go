package pid

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// births are the calls that make a process.
var births = map[string]func(s *harness.Subject) (*harness.Subject, error){
	"fork": (*harness.Subject).Fork,
	"clone with namespaces": func(s *harness.Subject) (*harness.Subject, error) {
		return s.Clone(unix.CLONE_NEWUTS | unix.CLONE_NEWIPC)
	},
	"clone with a parent": func(s *harness.Subject) (*harness.Subject, error) { return s.Clone(unix.CLONE_PARENT) },
	"clone3":              func(s *harness.Subject) (*harness.Subject, error) { return s.Clone3(harness.CloneArgs{}) },
	"clone3 with a number": func(s *harness.Subject) (*harness.Subject, error) {
		return s.Clone3SetTID(harness.CloneArgs{}, 99)
	},
}

// expectBarren claims that s makes no process, because it would be in a
// namespace whose init is dead, and that it can as soon as it goes home.
func expectBarren(s *harness.Subject) {
	before := Get(s.Namespaces())
	for range 2 {
		for call, birth := range births {
			child, err := birth(s)
			Expect(err).To(MatchError(unix.ENOMEM), call)
			Expect(child).To(BeNil())
		}
	}
	_, err := s.Syscall("vfork", unix.SYS_CLONE, harness.Hex(unix.CLONE_VM|unix.CLONE_VFORK|int(unix.SIGCHLD)), 0, 0, 0, 0)
	Expect(err).To(MatchError(unix.ENOMEM), "vfork")
	_, err = s.Wait4(-1, new(unix.WaitStatus), unix.WNOHANG)
	Expect(err).To(MatchError(unix.ECHILD), "no call has left a child")
	Expect(s.Namespaces()).To(Equal(before))
	Expect(s.Join(s, nsutil.PID)).To(Succeed())
	Expect(pidns(fork(s))).To(Equal(pidns(s)), "it is its place that was barren, not the process")
}

var _ = Specs("A PID namespace whose init is dead", Label("pid"), func() {
	It("takes in no process of one who had joined before", Proves("pid-fork-with-dead-init-enomem"), func() {
		outside := Spawn()
		init := newInit(outside)
		waiting, nestedWaiting := Get(outside.Fork()), Get(outside.Fork())
		nested := newInit(init)
		Arrange(waiting.Join(init, nsutil.PID))
		Arrange(nestedWaiting.Join(nested, nsutil.PID))
		Arrange(fork(waiting).End())
		Arrange(fork(nestedWaiting).End())

		Arrange(nested.End())
		expectBarren(nestedWaiting)
		Arrange(fork(waiting).End())
		Arrange(init.End())
		expectBarren(waiting)
		Expect(fork(outside).Getppid()).To(Equal(number(outside)), "where init lives, processes are made")
	})

	It("can be joined by setns, and only then takes in no process", Proves("pid-fork-after-setns-to-dead-init-enomem"), func() {
		outside := Spawn()
		for _, exit := range []bool{true, false} {
			init := newInit(outside)
			id, fd := pidns(init), Get(outside.OpenNS(init, nsutil.PID))
			if exit {
				Arrange(init.Exit(0))
				Get(init.Wait())
			} else {
				Arrange(init.End())
			}
			for _, nstype := range []int{0, unix.CLONE_NEWPID} {
				joiner := Get(outside.Fork())
				Expect(joiner.Setns(fd, nstype)).To(Succeed())
				Expect(joiner.NSFile("/proc/self/ns/pid_for_children")).To(Equal(id))
				expectBarren(joiner)
			}
		}
	})

	It("takes in no second child of the one that unshared it", Proves("pid-fork-after-unshare-first-child-dead-enomem"), func() {
		for _, more := range []flagsAndName{{0, "alone"}, {unix.CLONE_NEWUTS, "with another namespace"}} {
			maker := Spawn()
			Arrange(maker.Unshare(unix.CLONE_NEWPID | more.flags))
			first := fork(maker)
			Expect(first.Getpid()).To(Equal(1), more.name)
			second := fork(maker)
			Expect(second.Getpid()).To(Equal(2), "as long as the first lives")
			Expect(first.Exit(0)).To(Succeed())
			Expect(expectChildEnds(maker, second.NSPID()).Signal()).To(Equal(unix.SIGKILL))
			expectChildEnds(maker, first.NSPID())
			expectBarren(maker)
		}
	})

	It("takes in no child while the first one is not yet collected", Proves("pid-fork-after-unshare-first-child-dead-enomem", "pid-fork-with-dead-init-enomem"), func() {
		maker := Spawn()
		Arrange(maker.Unshare(unix.CLONE_NEWPID))
		first := fork(maker)
		Arrange(first.Exit(0))
		expectEnds(first, "it has called exit")
		_, err := maker.Fork()
		Expect(err).To(MatchError(unix.ENOMEM))
	})
})

type flagsAndName struct {
	flags int
	name  string
}
