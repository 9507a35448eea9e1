package procns

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

// numbered is a process by its numbers in a procfs.
type numbered struct {
	*harness.Subject
	proc      string // where it finds the procfs
	tgid, tid int    // its numbers there
}

// expectSelf claims that self is the directory of the process, and thread-self
// that of the thread, to whoever looks.
func expectSelf(n numbered) {
	self, thread := fmt.Sprint(n.tgid), fmt.Sprintf("%d/task/%d", n.tgid, n.tid)
	Expect(n.Readlink(n.proc+"/self")).To(Equal(self), "self of %s in %s", n.Name(), n.proc)
	Expect(n.Readlink(n.proc+"/thread-self")).To(Equal(thread), "thread-self of %s in %s", n.Name(), n.proc)
	for link, dir := range map[string]string{"self": self, "thread-self": thread} {
		by, err := n.Stat(n.proc + "/" + link)
		Expect(err).NotTo(HaveOccurred(), "following %s of %s in %s", link, n.Name(), n.proc)
		direct, err := n.Stat(n.proc + "/" + dir)
		Expect(err).NotTo(HaveOccurred(), "%s of %s in %s", dir, n.Name(), n.proc)
		Expect([]uint64{by.Dev, by.Ino}).To(Equal([]uint64{direct.Dev, direct.Ino}), "%s of %s in %s", link, n.Name(), n.proc)
	}
}

// mountProc mounts a new procfs of the member's PID namespace over dir.
func mountProc(member *harness.Subject, dir string) {
	Arrange(member.MakePrivate())
	Arrange(member.Mount("proc", dir, "proc", 0, ""))
}

var _ = Specs("/proc/self", Label("procpid", "pid"), func() {
	It("is the directory of whoever looks, by his number in the PID namespace of that procfs", Proves("procself-numbered-by-procfs-mount", "procself-thread-self"), func() {
		kinds.Need(nsutil.PID)
		dir := T().TempDir()
		outside := Spawn(harness.Named("outside"))
		expectSelf(numbered{outside, "/proc", outside.PID(), outside.PID()})
		init := Get(outside.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWNS))
		mountProc(init, dir)
		second := Get(init.Fork())
		below := Get(second.Clone(unix.CLONE_NEWPID)) // 3, and 1 in its own
		below2 := Get(below.Fork())                   // 4, and 2
		for _, n := range []numbered{
			{init, dir, 1, 1}, {init, "/proc", init.PID(), init.PID()},
			{second, dir, 2, 2}, {second, "/proc", second.PID(), second.PID()},
			{below, dir, 3, 3}, {below, "/proc", below.PID(), below.PID()},
			{below2, dir, 4, 4}, {below2, "/proc", below2.PID(), below2.PID()},
		} {
			expectSelf(n)
		}
		deep := T().TempDir()
		Arrange(below2.Unshare(unix.CLONE_NEWNS))
		mountProc(below2, deep)
		expectSelf(numbered{below2, deep, 2, 2})
		expectSelf(numbered{below2, dir, 4, 4})
	})

	It("stays the directory of the process that has opened it, whoever gets the descriptor", Proves("procself-numbered-by-procfs-mount"), func() {
		first := Spawn(harness.Named("first"))
		Arrange(first.WriteFile("/proc/self/comm", "first", 0))
		fd := Get(first.Open("/proc/self", unix.O_RDONLY|unix.O_DIRECTORY))
		heir := Get(first.Fork())
		Arrange(heir.WriteFile("/proc/self/comm", "heir", 0))
		Expect(heir.ReadFile(fmt.Sprintf("/proc/self/fd/%d/comm", fd))).To(Equal("first\n"))
		Expect(heir.ReadFile("/proc/self/comm")).To(Equal("heir\n"))
		expectSelf(numbered{heir, "/proc", heir.PID(), heir.PID()})
	})

	It("is that of the process to all its threads, and thread-self that of the thread", Proves("procself-thread-self", "procself-numbered-by-procfs-mount"), func() {
		kinds.Need(nsutil.PID)
		dir := T().TempDir()
		outside := Spawn(harness.Named("outside"))
		init := Get(outside.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWNS))
		mountProc(init, dir)
		leader := Get(init.Fork())
		thread := Get(leader.Thread())
		other := Get(leader.Thread())
		for _, n := range []numbered{
			{leader, "/proc", leader.PID(), leader.PID()}, {leader, dir, 2, 2},
			{thread, "/proc", leader.PID(), thread.PID()}, {thread, dir, 2, 3},
			{other, "/proc", leader.PID(), other.PID()}, {other, dir, 2, 4},
		} {
			expectSelf(n)
		}
		Arrange(thread.WriteFile(dir+"/thread-self/comm", "thread", 0))
		Arrange(other.WriteFile("/proc/thread-self/comm", "other", 0))
		Arrange(other.WriteFile(dir+"/self/comm", "leader", 0))
		for s, name := range map[*harness.Subject]string{leader: "leader\n", thread: "thread\n", other: "other\n"} {
			Expect(outside.ReadFile(fmt.Sprintf("/proc/%d/task/%d/comm", leader.PID(), s.PID()))).To(Equal(name))
		}
	})
})
