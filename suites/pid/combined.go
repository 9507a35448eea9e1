package pid

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// catches returns the signals that the process handles, as the suite's procfs shows them.
func catches(s *harness.Subject, child int) string {
	Expect(s.Kill(child, 0)).To(Succeed())
	return statusLine(Get(s.ReadFile(fmt.Sprintf("/proc/%d/status", child))), "SigCgt")
}

var _ = Specs("clone with CLONE_NEWPID", Label("pid"), func() {
	It("may share the parent's memory", Proves("pid-clone-newpid-with-vm"), func() {
		parent := Spawn()
		child, err := parent.CloneVM(unix.CLONE_NEWPID)
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(1))
		Expect(child.NSPID()).NotTo(Equal(1))
		where := Get(parent.Map(unix.Getpagesize()))
		Expect(child.Poke(where, []byte("child's"))).To(Succeed())
		Expect(parent.Peek(where, 7)).To(Equal([]byte("child's")), "memory is shared")
		Arrange(parent.Handle(unix.SIGUSR1))
		Expect(catches(parent, child.NSPID())).To(Equal("0000000000000000"), "handlers are not shared")
		Expect(parent.Kill(child.NSPID(), unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(parent, child.NSPID()).Signal()).To(Equal(unix.SIGKILL))
		Expect(parent.Getpid()).To(Equal(parent.PID()))
	})

	It("may share the parent's signal handlers", Proves("pid-clone-newpid-with-sighand"), func() {
		parent := Spawn()
		child, err := parent.CloneVM(unix.CLONE_NEWPID | unix.CLONE_SIGHAND)
		Expect(err).NotTo(HaveOccurred())
		Expect(child.Getpid()).To(Equal(1))
		Expect(catches(parent, child.NSPID())).To(Equal("0000000000000000"))
		Arrange(parent.Handle(unix.SIGUSR1))
		Expect(catches(parent, child.NSPID())).To(Equal("0000000000000200"), "what the parent handles, the child does")
		Expect(parent.Kill(child.NSPID(), unix.SIGTERM)).To(Succeed())
		Expect(parent.Kill(child.NSPID(), 0)).To(Succeed(), "it is an init")
		Expect(parent.Kill(child.NSPID(), unix.SIGKILL)).To(Succeed())
		eventually(func() error {
			_, err := parent.Wait4(child.NSPID(), new(unix.WaitStatus), unix.WNOHANG)
			return err
		}).Should(MatchError(unix.ECHILD), "an init that ends ignores SIGCHLD, which here its parent does with it")
		Arrange(parent.Sigaction(unix.SIGCHLD, harness.SIG_DFL))

		_, err = parent.CloneVM(unix.CLONE_NEWPID | unix.CLONE_SIGHAND | unix.CLONE_THREAD)
		Expect(err).To(MatchError(unix.EINVAL), "a thread cannot be an init")
		Expect(len(Get(os.ReadDir(procPath(parent, "task"))))).To(Equal(1))
	})
})
