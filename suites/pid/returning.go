package pid

import (
	"encoding/binary"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// waitid executes waitid(2) without waiting, and returns the number that it
// tells of an ended child; 0 when it knows of none.
func waitid(s *harness.Subject, idtype, id int) (int, error) {
	const pidPlace = 16
	info := make([]byte, 128) // siginfo_t
	_, err := s.Syscall("waitid", unix.SYS_WAITID, idtype, id, harness.Out(info), harness.Hex(unix.WEXITED|unix.WNOHANG|unix.WNOWAIT), nil)
	return int(int32(binary.NativeEndian.Uint32(info[pidPlace:]))), err
}

// lockOwner returns the process that F_GETLK tells to have locked a file.
func lockOwner(s *harness.Subject, fd int) (int, error) {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	_, err := s.Syscall("fcntl", unix.SYS_FCNTL, fd, unix.F_GETLK, harness.Struct(&lock))
	return int(lock.Pid), err
}

var _ = Specs("Calls that return process ids", Label("pid"), func() {
	It("tell groups and sessions by the number of the leader in the caller's namespace, 0 where it has none", Proves("pid-calls-use-callers-namespace"), func() {
		outer := newInit(Spawn())
		init := newInit(outer)
		leader := fork(init)
		Get(leader.Syscall("setsid", unix.SYS_SETSID))
		follower := fork(leader)
		nested := newInit(follower)
		for call, nr := range map[string]uintptr{"getpgid": unix.SYS_GETPGID, "getsid": unix.SYS_GETSID} {
			for _, viewer := range []*harness.Subject{outer, init} {
				for _, s := range []*harness.Subject{leader, follower, nested} {
					Expect(viewer.Syscall(call, nr, seenFrom(viewer, s))).To(BeEquivalentTo(seenFrom(viewer, leader)), "%s of %s for %s", call, s.Name(), viewer.Name())
				}
			}
			Expect(follower.Syscall(call, nr, 0)).To(BeEquivalentTo(number(leader)), "%s of itself", call)
			Expect(nested.Syscall(call, nr, 0)).To(BeZero(), "%s of one who does not see the leader", call)
		}
	})

	It("tell children by their numbers in the parent's namespace, and so does SIGCHLD", Proves("pid-calls-use-callers-namespace"), func() {
		outer := newInit(Spawn())
		init := newInit(outer)
		child, parent := joined(outer, init)
		Expect(child.NSPID()).NotTo(Equal(number(child)))
		lead(child)
		Arrange(parent.Handle(unix.SIGCHLD))
		Expect(waitid(parent, unix.P_ALL, 0)).To(BeZero(), "it lives")
		_, err := parent.Wait4(-number(child), new(unix.WaitStatus), unix.WNOHANG)
		Expect(err).To(MatchError(unix.ECHILD), "a group by its number in the child's namespace")
		Expect(parent.Wait4(-child.NSPID(), new(unix.WaitStatus), unix.WNOHANG)).To(BeZero(), "a group by its number in the parent's")
		Arrange(child.Exit(4))
		expectEnds(child, "it has called exit")
		for _, of := range [][2]int{{unix.P_ALL, 0}, {unix.P_PID, child.NSPID()}, {unix.P_PGID, child.NSPID()}} {
			Expect(waitid(parent, of[0], of[1])).To(Equal(child.NSPID()), "waitid of kind %d", of[0])
		}
		told := expectHandles(parent, 0)
		Expect(told.Signal).To(Equal(unix.SIGCHLD))
		Expect(told.PID).To(Equal(child.NSPID()))
		Expect(parent.Wait4(-child.NSPID(), new(unix.WaitStatus), unix.WNOHANG)).To(Equal(child.NSPID()))
	})

	It("tell who owns a lock or a descriptor by the number in the caller's namespace, 0 where it has none", Proves("pid-calls-use-callers-namespace"), func() {
		outer := newInit(Spawn())
		file := Get(outer.Open(T().TempDir()+"/file", unix.O_CREAT|unix.O_RDWR))
		init := newInit(outer)
		fork(init)
		member := fork(init)
		nested, beside := newInit(init), newInit(outer)
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		Get(member.Syscall("fcntl", unix.SYS_FCNTL, file, unix.F_SETLK, harness.Struct(&lock)))
		Expect(init.Fcntl(file, unix.F_SETOWN, number(member))).To(BeZero())
		for viewer, seen := range map[*harness.Subject]int{outer: seenFrom(outer, member), init: number(member), nested: 0, beside: 0} {
			Expect(lockOwner(viewer, file)).To(Equal(seen), "F_GETLK for %s", viewer.Name())
			Expect(viewer.Fcntl(file, unix.F_GETOWN, 0)).To(Equal(seen), "F_GETOWN for %s", viewer.Name())
		}
		_, err := nested.Fcntl(file, unix.F_SETOWN, number(member))
		Expect(err).To(MatchError(unix.ESRCH), "nor does it take a number of another namespace")
	})

	It("tell who used System V objects by the number in the caller's namespace, 0 where it has none", Proves("pid-calls-use-callers-namespace"), func() {
		NeedKconfig("CONFIG_SYSVIPC")
		outer := Get(newInit(Spawn()).Clone(unix.CLONE_NEWIPC)) // in which the objects end
		init := newInit(outer)
		fork(init)
		member := fork(init)
		queue, set := Get(member.Msgget(unix.IPC_PRIVATE, 0o600)), Get(member.Semget(unix.IPC_PRIVATE, 1, 0o600))
		segment := Get(member.Shmget(unix.IPC_PRIVATE, unix.Getpagesize(), 0o600))
		Arrange(member.Msgsnd(queue, 1, "text", 0))
		Arrange(member.Semop(set, 0, 1, 0))
		for viewer, seen := range map[*harness.Subject]int{outer: seenFrom(outer, member), init: number(member), newInit(init): 0, newInit(outer): 0} {
			var queueIs harness.MsqidDS
			Expect(viewer.Msgctl(queue, unix.IPC_STAT, &queueIs)).To(Succeed())
			Expect(queueIs.LastSender).To(BeEquivalentTo(seen), "msgctl of %s", viewer.Name())
			Expect(viewer.Semctl(set, 0, harness.GETPID, 0)).To(Equal(seen), "semctl of %s", viewer.Name())
			var segmentIs unix.SysvShmDesc
			Expect(viewer.Shmctl(segment, unix.IPC_STAT, &segmentIs)).To(Succeed())
			Expect(segmentIs.Cpid).To(BeEquivalentTo(seen), "shmctl of %s", viewer.Name())
		}
	})
})
