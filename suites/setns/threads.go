package setns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// twoThreads returns the threads of a process of two, which share neither root nor
// working directory: that would be a reason of its own to refuse some calls.
func twoThreads() []*harness.Subject {
	first := Spawn(harness.Named("first thread"))
	second := Get(first.Thread())
	Arrange(second.Unshare(unix.CLONE_FS))
	return []*harness.Subject{first, second}
}

// expectRefusedToThreads claims that no thread of several may join the namespace
// of home's, while a process with one thread may.
func expectRefusedToThreads(home *harness.Subject, kind nsutil.Kind, errno error) {
	threads := twoThreads()
	fd, pidfd := Get(threads[0].OpenNS(home, kind)), Get(threads[0].PidfdOpen(home.PID()))
	for _, thread := range threads {
		expectRefused(thread, fd, kind.Flag(), errno)
		expectRefused(thread, fd, 0, errno)
		expectRefused(thread, pidfd, kind.Flag(), errno)
		expectRefused(thread, pidfd, kind.Flag()|unix.CLONE_NEWNS, errno)
	}
	child := Get(threads[1].Fork())
	expectJoined(child, fd, kind.Flag(), home, kind)
}

var _ = Specs("setns in a process of several threads", Label("setns"), func() {
	It("to a user namespace gives EINVAL", Label("user"), Proves("setns-user-multithreaded-einval", "setns-failure-changes-nothing"), func() {
		expectRefusedToThreads(member(Spawn(), nsutil.User), nsutil.User, unix.EINVAL)
		expectRefusedToThreads(ownedBy(alice), nsutil.User, unix.EINVAL)
	})

	It("to a time namespace gives EUSERS, to their own as well", Label("time"), Proves("setns-time-multithreaded-eusers", "setns-failure-changes-nothing"), func() {
		expectRefusedToThreads(member(Spawn(), nsutil.Time), nsutil.Time, unix.EUSERS)
		expectRefusedToThreads(Spawn(), nsutil.Time, unix.EUSERS)
	})

	for _, kind := range []nsutil.Kind{nsutil.IPC, nsutil.Net, nsutil.UTS} {
		It("moves only the calling thread, to a namespace of kind "+string(kind), Label(string(kind)), Proves("setns-net-ipc-uts-moves-one-thread"), func() {
			home, mark := marked(kind)
			for round := range 4 {
				threads := twoThreads()
				mover, other := threads[round%2], threads[1-round%2]
				fd := Get(mover.OpenNS(home, kind))
				if round >= 2 {
					fd = Get(mover.PidfdOpen(home.PID()))
				}
				before := of(other)
				expectJoined(mover, fd, kind.Flag(), home, kind)
				Expect(mark.See(mover)).To(Equal(mark.Sign), "as the thread that moved sees it")
				Expect(mark.See(other)).NotTo(Equal(mark.Sign), "as the other thread sees it")
				Expect(of(other)).To(Equal(before), "the other thread's namespaces")
				Expect(of(Get(other.Fork()))).To(Equal(before), "those of the other thread's child")
				Expect(mark.See(Get(mover.Fork()))).To(Equal(mark.Sign), "as a child of the thread that moved sees it")
			}
		})
	}
})

var _ = Specs("setns by a caller that shares its root and working directory", Label("setns"), func() {
	for _, kind := range []nsutil.Kind{nsutil.User, nsutil.Mnt} {
		promise := map[nsutil.Kind]string{nsutil.User: "setns-user-shared-fs-einval", nsutil.Mnt: "setns-mnt-shared-fs-einval"}[kind]

		It("with another process gives EINVAL for a "+string(kind)+" namespace", Label(string(kind)), Proves(promise, "setns-failure-changes-nothing"), func() {
			home := member(Spawn(), kind)
			s := Spawn(harness.Named("caller"))
			fd, pidfd := Get(s.OpenNS(home, kind)), Get(s.PidfdOpen(home.PID()))
			sharer := Get(s.Clone(unix.CLONE_FS))
			for _, caller := range []*harness.Subject{s, sharer} {
				expectRefused(caller, fd, kind.Flag(), unix.EINVAL)
				expectRefused(caller, fd, 0, unix.EINVAL)
				expectRefused(caller, pidfd, kind.Flag(), unix.EINVAL)
			}
			Arrange(sharer.Unshare(unix.CLONE_FS))
			expectJoined(s, fd, kind.Flag(), home, kind)
			expectJoined(sharer, fd, kind.Flag(), home, kind)
		})
	}

	It("gives EINVAL for a mount namespace together with another by a pidfd, too", Label("mnt"), Proves("setns-mnt-shared-fs-with-others-einval"), func() {
		kinds.Need(nsutil.UTS)
		home := member(Spawn(), nsutil.Mnt)
		s := Spawn(harness.Named("caller"))
		pidfd := Get(s.PidfdOpen(home.PID()))
		sharer := Get(s.Clone(unix.CLONE_FS))
		changeDirectories(s, T().TempDir(), true)
		theirs := stateOf(sharer)
		before := stateOf(s)
		err := s.Setns(pidfd, unix.CLONE_NEWNS|unix.CLONE_NEWUTS)
		if moved := stateOf(sharer); err == nil && moved.Root == place(home, "root") && moved.Cwd == moved.Root && moved.Root != theirs.Root {
			expectOnly(s, before.In, home, nsutil.Mnt, nsutil.UTS)
			Expect(moved.In).To(Equal(theirs.In), "the sharer's memberships")
			Deviates("setns-mnt-moves-sharers", "it succeeds, and moves root and working directory of %s, too", sharer.Name())
			return
		}
		Expect(err).To(MatchError(unix.EINVAL))
		Expect(stateOf(s)).To(Equal(before), "what the refused call left of the caller")
		Expect(stateOf(sharer)).To(Equal(theirs), "what the refused call left of the other")
		Arrange(sharer.Unshare(unix.CLONE_FS))
		expectJoined(s, pidfd, unix.CLONE_NEWNS|unix.CLONE_NEWUTS, home, nsutil.Mnt, nsutil.UTS)
		Expect(stateOf(sharer)).To(Equal(theirs), "the other's, which are its own now")
	})

	It("with another thread gives EINVAL for a mount namespace, until it does no more", Label("mnt"), Proves("setns-mnt-shared-fs-einval", "setns-failure-changes-nothing"), func() {
		home, mark := marked(nsutil.Mnt)
		first := Spawn(harness.Named("first thread"))
		second := Get(first.Thread())
		fd := Get(first.OpenNS(home, nsutil.Mnt))
		for _, thread := range []*harness.Subject{first, second} {
			expectRefused(thread, fd, unix.CLONE_NEWNS, unix.EINVAL)
		}
		Arrange(second.Unshare(unix.CLONE_FS))
		expectJoined(second, fd, unix.CLONE_NEWNS, home, nsutil.Mnt)
		Expect(mark.See(second)).To(Equal(mark.Sign))
		Expect(mark.See(first)).NotTo(Equal(mark.Sign), "as the other thread sees it")
	})
})
