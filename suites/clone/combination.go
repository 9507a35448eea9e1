package clone

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// invalid are flags that do not go together, and flags that differ little from
// them and are accepted.
var invalid = []struct {
	promise  string
	refused  []int
	accepted []int
}{
	{"clone-newipc-with-sysvsem-einval",
		[]int{unix.CLONE_NEWIPC | unix.CLONE_SYSVSEM, unix.CLONE_NEWIPC | unix.CLONE_SYSVSEM | unix.CLONE_NEWUTS, unix.CLONE_NEWIPC | unix.CLONE_SYSVSEM | unix.CLONE_NEWUSER},
		[]int{unix.CLONE_NEWIPC, unix.CLONE_SYSVSEM, unix.CLONE_SYSVSEM | unix.CLONE_NEWUTS}},
	{"clone-newns-with-fs-einval",
		[]int{unix.CLONE_NEWNS | unix.CLONE_FS, unix.CLONE_NEWNS | unix.CLONE_FS | unix.CLONE_NEWUTS},
		[]int{unix.CLONE_NEWNS, unix.CLONE_FS, unix.CLONE_FS | unix.CLONE_NEWUTS}},
	{"clone-newuser-with-fs-einval",
		[]int{unix.CLONE_NEWUSER | unix.CLONE_FS, unix.CLONE_NEWUSER | unix.CLONE_FS | unix.CLONE_NEWUTS},
		[]int{unix.CLONE_NEWUSER, unix.CLONE_FS, unix.CLONE_NEWUSER | unix.CLONE_FILES}},
	{"clone-newpid-with-thread-einval",
		[]int{unix.CLONE_NEWPID | thread, unix.CLONE_NEWPID | thread | unix.CLONE_FS | unix.CLONE_FILES},
		[]int{unix.CLONE_NEWPID, unix.CLONE_NEWPID | unix.CLONE_VM, unix.CLONE_NEWPID | unix.CLONE_VM | unix.CLONE_SIGHAND}},
	{"clone-newuser-with-thread-einval",
		[]int{unix.CLONE_NEWUSER | thread, unix.CLONE_NEWUSER | thread | unix.CLONE_FILES},
		[]int{unix.CLONE_NEWUSER, unix.CLONE_NEWUSER | unix.CLONE_VM, unix.CLONE_NEWUSER | unix.CLONE_VM | unix.CLONE_SIGHAND}},
	{"clone-thread-without-sighand-einval",
		[]int{unix.CLONE_THREAD, unix.CLONE_THREAD | unix.CLONE_VM, unix.CLONE_THREAD | unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES},
		[]int{thread, thread | unix.CLONE_FS | unix.CLONE_FILES}},
	{"clone-sighand-without-vm-einval",
		[]int{unix.CLONE_SIGHAND, unix.CLONE_SIGHAND | unix.CLONE_THREAD, unix.CLONE_SIGHAND | unix.CLONE_FS | unix.CLONE_FILES},
		[]int{unix.CLONE_SIGHAND | unix.CLONE_VM, unix.CLONE_VM, thread}},
}

var _ = Specs("Flags that do not go together", Label("clone"), func() {
	for _, row := range invalid {
		It(fmt.Sprintf("are refused, and others taken: %s", nsutil.FlagString(row.refused[0])), Proves(row.promise), func() {
			kinds.Need(nsutil.UTS)
			s := Spawn()
			for _, way := range ways {
				const others = unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWPID
				for _, flags := range append(row.refused, row.refused[0]|others) {
					expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return by(way, s, flags) }, "%s of %s", way, nsutil.FlagString(flags))
				}
			}
			for _, way := range ways {
				for _, flags := range row.accepted {
					child, err := by(way, s, flags)
					Expect(err).NotTo(HaveOccurred(), "%s of %s", way, nsutil.FlagString(flags))
					Expect(child.Getpid()).Error().NotTo(HaveOccurred())
				}
			}
		})
	}

	It("are refused after unshare or setns has set another PID namespace for children: those of a thread", Label("pid"), Proves("clone-thread-after-new-pid-for-children-einval"), func() {
		elsewhere := Spawn(harness.Cloned(nsutil.PID), harness.Named("elsewhere"))
		unshared, joined := Spawn(harness.Named("unshared")), Spawn(harness.Named("joined"))
		Arrange(unshared.Unshare(unix.CLONE_NEWPID))
		Arrange(joined.Join(elsewhere, nsutil.PID))
		for _, s := range []*harness.Subject{unshared, joined} {
			for _, way := range ways {
				expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return by(way, s, thread) }, "%s by %s", way, s.Name())
			}
		}
		Expect(Get(unshared.Fork()).Getpid()).To(Equal(1), "pid of a child that is no thread")
		Expect(joined.Fork()).Error().NotTo(HaveOccurred())
		for _, s := range []*harness.Subject{unshared, joined} {
			Expect(s.CloneVM(thread)).Error().To(MatchError(unix.EINVAL), "after the first child, by %s", s.Name())
			Expect(s.Join(s, nsutil.PID)).To(Succeed())
			for _, way := range ways {
				child, err := by(way, s, thread)
				Expect(err).NotTo(HaveOccurred(), "%s by %s, back in its own", way, s.Name())
				Expect(child.Getpid()).To(Equal(Get(s.Getpid())))
			}
		}
	})
})
