package clone

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// siblings are the requirements of CLONE_PARENT with and without other flags.
var siblings = []struct {
	flags   int
	kind    nsutil.Kind // that the child is new in; none when empty
	promise string
}{
	{unix.CLONE_PARENT, "", "clone-parent-makes-sibling"},
	{unix.CLONE_PARENT | unix.CLONE_NEWPID, nsutil.PID, "clone-newpid-with-parent-accepted"},
	{unix.CLONE_PARENT | unix.CLONE_NEWUSER, nsutil.User, "clone-newuser-with-parent-accepted"},
}

var _ = Specs("CLONE_PARENT", Label("clone"), func() {
	for _, way := range ways {
		for _, row := range siblings {
			It(fmt.Sprintf("in a %s of %s makes a sibling of the caller", way, nsutil.FlagString(row.flags)), Proves(row.promise), func() {
				parent := Spawn(harness.Named("parent"))
				caller := Get(parent.Fork())
				child, err := by(way, caller, row.flags)
				Expect(err).NotTo(HaveOccurred())
				Expect(nsutil.StatusOf(child.PID())).To(HaveField("PPid", parent.PID()))
				expectChildless(caller)
				if row.kind != "" {
					Expect(changed(child, caller)).To(Equal([]nsutil.Kind{row.kind}))
				}
				if row.kind == nsutil.PID {
					Expect(child.Getpid()).To(Equal(1))
					Expect(child.Getppid()).To(Equal(0))
				} else {
					Expect(child.Getppid()).To(Equal(Get(caller.Getppid())))
				}
				ordinary := Get(caller.Fork())
				Expect(ordinary.Getppid()).To(Equal(Get(caller.Getpid())), "of a child without the flag")

				Arrange(child.Signal(unix.SIGKILL))
				var status unix.WaitStatus
				Expect(parent.Wait4(child.NSPID(), &status, unix.WALL)).To(Equal(child.NSPID()), "collected by the caller's parent")
				Expect(status.Signal()).To(Equal(unix.SIGKILL))
			})
		}

		It(fmt.Sprintf("is refused in a %s by the init of a PID namespace, and by nobody else there", way), Label("pid"), Proves("clone-parent-by-init-einval", "clone-parent-makes-sibling"), func() {
			outer := Spawn(harness.Cloned(nsutil.PID), harness.Named("init"))
			inner := Get(outer.Clone(unix.CLONE_NEWPID))
			for _, init := range []*harness.Subject{inner, outer} {
				thread := Get(init.Thread())
				for _, more := range []int{0, unix.CLONE_NEWPID, unix.CLONE_NEWUTS} {
					before := Get(init.Namespaces())
					Expect(by(way, init, unix.CLONE_PARENT|more)).Error().To(MatchError(unix.EINVAL), "%s with %s", init.Name(), nsutil.FlagString(more))
					Expect(init.Namespaces()).To(Equal(before), "after the refused call")
					Expect(by(way, thread, unix.CLONE_PARENT|more)).Error().To(MatchError(unix.EINVAL), "a thread of %s with %s", init.Name(), nsutil.FlagString(more))
				}
				member := Get(init.Fork())
				sibling, err := by(way, member, unix.CLONE_PARENT)
				Expect(err).NotTo(HaveOccurred(), "by a child of %s", init.Name())
				Expect(sibling.Getppid()).To(Equal(1))
			}
		})
	}

	It("and CLONE_THREAD are refused by clone3 with an exit signal", Proves("clone3-parent-or-thread-with-exit-signal-einval"), func() {
		s := Spawn()
		stack := Get(s.NewStack())
		with := func(flags int, signal uint64) func() (*harness.Subject, error) {
			args := harness.CloneArgs{Flags: uint64(flags), ExitSignal: signal}
			if flags&unix.CLONE_VM != 0 {
				args.Stack, args.StackSize = uint64(stack.Base), uint64(stack.Size)
			}
			return func() (*harness.Subject, error) { return s.Clone3(args) }
		}
		for _, flags := range []int{unix.CLONE_PARENT, thread, thread | unix.CLONE_PARENT} {
			for _, signal := range []unix.Signal{1, unix.SIGCHLD, unix.SIGKILL, 64} {
				expectRefused(s, unix.EINVAL, with(flags, uint64(signal)), "%s with signal %d", nsutil.FlagString(flags), signal)
			}
		}
		for _, flags := range []int{unix.CLONE_PARENT, thread} {
			Expect(with(flags, 0)()).Error().NotTo(HaveOccurred(), "%s without a signal", nsutil.FlagString(flags))
		}
		Expect(with(0, uint64(unix.SIGHUP))()).Error().NotTo(HaveOccurred(), "a signal without these flags")
	})
})
