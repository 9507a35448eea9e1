package unshare

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// sharing are the ways in which a child can share what threads share, and of the
// three flags those that unshare refuses then.
var sharing = []struct {
	what    string
	clone   func(s *harness.Subject) (*harness.Subject, error)
	refused []int
}{
	{"nothing", (*harness.Subject).Fork, nil},
	{"memory", func(s *harness.Subject) (*harness.Subject, error) { return s.CloneVM(0) }, []int{unix.CLONE_VM}},
	{"memory and signal handlers", func(s *harness.Subject) (*harness.Subject, error) { return s.CloneVM(unix.CLONE_SIGHAND) },
		[]int{unix.CLONE_VM, unix.CLONE_SIGHAND}},
	{"all that a thread shares", (*harness.Subject).Thread, []int{unix.CLONE_VM, unix.CLONE_SIGHAND, unix.CLONE_THREAD}},
}

// threadFlags are the three flags and what they can be combined to.
var threadFlags = []int{
	unix.CLONE_VM, unix.CLONE_SIGHAND, unix.CLONE_THREAD,
	unix.CLONE_VM | unix.CLONE_SIGHAND, unix.CLONE_VM | unix.CLONE_THREAD, unix.CLONE_SIGHAND | unix.CLONE_THREAD,
	unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD,
}

// ignored says whether s ignores the signal.
func ignored(s *harness.Subject, sig unix.Signal) bool {
	var action struct{ handler, flags, restorer, mask uint64 }
	Get(s.Syscall("rt_sigaction", unix.SYS_RT_SIGACTION, int(sig), nil, harness.Struct(&action), 8))
	return action.handler == uint64(harness.SIG_IGN)
}

// expectShared holds that a and b share memory and signal handlers, or not. They
// have these in common at first: the word at an address, which it changes.
func expectShared(a, b *harness.Subject, word uintptr, memory, handlers bool) {
	value := Get(b.Peek(word, 1))[0]
	Arrange(a.Poke(word, []byte{value + 1}))
	Expect(Get(b.Peek(word, 1))[0] == value+1).To(Equal(memory), "memory of %s and %s", a.Name(), b.Name())
	Arrange(a.Sigaction(unix.SIGUSR2, harness.SIG_DFL))
	Arrange(b.Sigaction(unix.SIGUSR2, harness.SIG_DFL))
	Arrange(a.Sigaction(unix.SIGUSR2, harness.SIG_IGN))
	Expect(ignored(b, unix.SIGUSR2)).To(Equal(handlers), "signal handlers of %s and %s", a.Name(), b.Name())
}

var _ = Specs("unshare of what threads share", Label("unshare"), func() {
	It("is taken from a process with a single thread, and does nothing", Proves("unshare-thread-flags-no-op-when-single"), func() {
		for _, s := range []*harness.Subject{Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody"))} {
			word := Get(s.Map(unix.Getpagesize()))
			Arrange(s.Poke(word, []byte("here")))
			Arrange(s.Sigaction(unix.SIGUSR1, harness.SIG_IGN))
			other := Get(s.Clone(unix.CLONE_FS | unix.CLONE_FILES))
			before, pid := stateOf(s), Get(s.Getpid())
			for _, flags := range threadFlags {
				Expect(s.Unshare(flags)).To(Succeed(), nsutil.FlagString(flags))
				Expect(stateOf(s)).To(Equal(before), nsutil.FlagString(flags))
			}
			Expect(s.Getpid()).To(Equal(pid))
			Expect(s.Peek(word, 4)).To(BeEquivalentTo("here"))
			Expect(ignored(s, unix.SIGUSR1)).To(BeTrue(), "the disposition from before")
			Expect(Get(nsutil.StatusOf(s.PID())).Threads).To(Equal(1))
			expectSharedFS(s, other, true)
			expectSharedFiles(s, other, true)
		}
	})

	It("is refused to each of several threads, until there is one again", Proves("unshare-thread-flags-multithreaded-einval"), func() {
		first := Spawn(harness.Named("first thread"))
		second := Get(first.Thread())
		for _, s := range []*harness.Subject{first, second} {
			for _, flags := range threadFlags {
				for _, more := range []int{0, unix.CLONE_NEWUTS, unix.CLONE_FS} {
					expectRefused(s, flags|more, unix.EINVAL, nsutil.FlagString(flags|more))
				}
			}
			Expect(s.Unshare(unix.CLONE_SYSVSEM)).To(Succeed(), "of something else")
			Expect(Get(s.Fork()).Unshare(threadFlags[len(threadFlags)-1])).To(Succeed(), "by a child")
		}
		expectSharedFS(first, second, true, "after the refused calls")
		second.Syscall("exit", unix.SYS_EXIT, 0)
		Eventually(func() error { return first.Unshare(unix.CLONE_THREAD) }).WithPolling(polling).Should(Succeed())
		for _, flags := range threadFlags {
			Expect(first.Unshare(flags)).To(Succeed(), "%s when the other thread has ended", nsutil.FlagString(flags))
		}
	})

	for _, row := range sharing {
		It("is refused as far as another has a share: "+row.what, Proves("unshare-vm-implies-sighand-implies-thread", "unshare-cannot-undo-thread-sharing"), func() {
			s := Spawn(harness.Named("caller"))
			word := Get(s.Map(unix.Getpagesize()))
			other := Get(row.clone(s))
			memory, handlers := len(row.refused) > 0, len(row.refused) > 1
			expectShared(s, other, word, memory, handlers)
			for _, caller := range []*harness.Subject{s, other} {
				for _, flags := range threadFlags {
					refused := false
					for _, flag := range row.refused {
						refused = refused || flags&flag != 0
					}
					if refused {
						expectRefused(caller, flags, unix.EINVAL, nsutil.FlagString(flags))
					} else {
						Expect(caller.Unshare(flags)).To(Succeed(), "%s by %s", nsutil.FlagString(flags), caller.Name())
					}
				}
			}
			expectShared(s, other, word, memory, handlers)
			expectShared(other, s, word, memory, handlers)
			thread := len(row.refused) > 2
			Expect(Get(s.Getpid()) == Get(other.Getpid())).To(Equal(thread), "one process")
		})
	}
})

var _ = Specs("unshare in a process of several threads", Label("unshare"), func() {
	for _, kind := range moving {
		It("moves only the calling one, to a namespace of kind "+string(kind), Label(string(kind)), Proves("unshare-one-thread-moves-alone"), func() {
			kinds.Need(kind)
			for mover := range 2 {
				first, mark := Spawn(harness.Named("first thread")), kinds.NewMark(kind)
				Arrange(mark.Prepare(first))
				threads := []*harness.Subject{first, Get(first.Thread())}
				caller, other := threads[mover], threads[1-mover]
				before := stateOf(other)
				expectMoved(caller, kind.Flag(), kind)
				Expect(mark.Put(caller)).To(Succeed())
				for _, s := range []*harness.Subject{caller, Get(caller.Fork())} {
					Expect(mark.See(s)).To(Equal(mark.Sign), "as %s sees it", s.Name())
				}
				Expect(stateOf(other)).To(Equal(before), "the other thread")
				Expect(stateOf(Get(other.Fork())).In).To(Equal(before.In), "a child of the other thread")
				Expect(mark.See(other)).NotTo(Equal(mark.Sign), "as the other thread sees it")
			}
		})
	}

	It("takes CLONE_NEWPID, and only then refuses the calling one to make threads", Label("pid"), Proves("unshare-newpid-multithreaded-accepted"), func() {
		for mover := range 2 {
			first := Spawn(harness.Named("first thread"))
			threads := []*harness.Subject{first, Get(first.Thread())}
			caller, other := threads[mover], threads[1-mover]
			before := stateOf(other)
			expectMoved(caller, unix.CLONE_NEWPID, nsutil.PID)
			Expect(stateOf(other)).To(Equal(before), "the other thread")
			Expect(caller.Thread()).Error().To(MatchError(unix.EINVAL))
			Expect(Get(caller.Fork()).Getpid()).To(Equal(1))
			Expect(Get(other.Fork()).Getpid()).NotTo(Equal(1))
			Expect(other.Thread()).Error().NotTo(HaveOccurred(), "by the other thread")
		}
	})
})
