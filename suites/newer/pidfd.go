package newer

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

// pidfdRequests are the ioctls that open namespaces of a pidfd's process, with
// the file under /proc/PID/ns that stands for the same.
var pidfdRequests = []struct {
	request uint
	kind    nsutil.Kind
	file    string
}{
	{harness.PIDFD_GET_CGROUP_NAMESPACE, nsutil.Cgroup, "cgroup"},
	{harness.PIDFD_GET_IPC_NAMESPACE, nsutil.IPC, "ipc"},
	{harness.PIDFD_GET_MNT_NAMESPACE, nsutil.Mnt, "mnt"},
	{harness.PIDFD_GET_NET_NAMESPACE, nsutil.Net, "net"},
	{harness.PIDFD_GET_PID_NAMESPACE, nsutil.PID, "pid"},
	{harness.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, nsutil.PID, "pid_for_children"},
	{harness.PIDFD_GET_TIME_NAMESPACE, nsutil.Time, "time"},
	{harness.PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE, nsutil.Time, "time_for_children"},
	{harness.PIDFD_GET_USER_NAMESPACE, nsutil.User, "user"},
	{harness.PIDFD_GET_UTS_NAMESPACE, nsutil.UTS, "uts"},
}

// expectNoneOpened claims that the pidfd's process shows s none of its namespaces.
func expectNoneOpened(s *harness.Subject, pidfd int, errno unix.Errno, as ...any) {
	before := descriptors(s)
	for _, r := range pidfdRequests {
		_, err := s.PidfdNS(pidfd, r.request)
		Expect(err).To(MatchError(errno), append([]any{r.file + ": " + fmt.Sprint(as[0])}, as[1:]...)...)
	}
	Expect(descriptors(s)).To(Equal(before))
}

var _ = Specs("PIDFD_GET_*_NAMESPACE", Label("newer"), func() {
	for _, r := range pidfdRequests {
		It("opens the namespace of the process that /proc/PID/ns/"+r.file+" stands for", Label(string(r.kind)), Proves("pidfd-get-namespace"), func() {
			kinds.Need(r.kind, nsutil.User)
			outside := Spawn(harness.Named("outside"))
			target := Get(settle("settler").Fork())
			Arrange(target.Unshare(unix.CLONE_NEWPID | unix.CLONE_NEWTIME)) // for the children
			Get(target.Fork())
			pidfd := Get(outside.PidfdOpen(target.PID()))
			expected := Get(outside.NSFile(fmt.Sprintf("/proc/%d/ns/%s", target.PID(), r.file)))
			Expect(expected).NotTo(Equal(ns(outside, r.kind)))

			fd, err := outside.PidfdNS(pidfd, r.request)
			Expect(err).NotTo(HaveOccurred())
			Expect(outside.NSOf(fd)).To(Equal(expected))
			Expect(outside.NSType(fd)).To(Equal(r.kind.Flag()))
			expectReadOnly(outside, fd)
			visitor := Get(outside.Fork())
			Expect(visitor.Setns(fd, r.kind.Flag())).To(Succeed())
			if kinds.ForChildren(r.kind) {
				visitor = Get(visitor.Fork())
			}
			Expect(ns(visitor, r.kind)).To(Equal(expected), "of who has joined it")

			self := Get(outside.PidfdOpen(outside.PID()))
			fd, err = outside.PidfdNS(self, r.request)
			Expect(err).NotTo(HaveOccurred())
			Expect(outside.NSOf(fd)).To(Equal(ns(outside, r.kind)), "its own")
			for _, argument := range []int{1, 0x7fff_0000} {
				_, err = outside.Ioctl(pidfd, r.request, argument)
				Expect(err).To(MatchError(unix.EINVAL), "the argument %#x", argument)
			}
		})
	}

	It("opens those that the process has at the time, until it ends", Proves("pidfd-get-namespace"), func() {
		outside := Spawn(harness.Named("outside"))
		target, pidfd, err := outside.ClonePidfd(harness.ByClone3, 0)
		Arrange(err)
		uts := func() nsutil.ID {
			fd, err := outside.PidfdNS(pidfd, harness.PIDFD_GET_UTS_NAMESPACE)
			Expect(err).NotTo(HaveOccurred())
			defer outside.Close(fd)
			return Get(outside.NSOf(fd))
		}
		Expect(uts()).To(Equal(ns(outside, nsutil.UTS)))
		Arrange(target.Unshare(unix.CLONE_NEWUTS))
		Expect(uts()).To(Equal(ns(target, nsutil.UTS)))
		Expect(uts()).NotTo(Equal(ns(outside, nsutil.UTS)))

		Arrange(target.Signal(unix.SIGKILL))
		var info unix.Siginfo
		Get(outside.Syscall("waitid", unix.SYS_WAITID, unix.P_PIDFD, pidfd, harness.Struct(&info), harness.Hex(unix.WEXITED|unix.WNOWAIT), nil))
		expectNoneOpened(outside, pidfd, unix.ESRCH, "a process that has ended")
		Get(target.Wait())
		expectNoneOpened(outside, pidfd, unix.ESRCH, "a process that has been waited for")
	})
})

var _ = Specs("PIDFD_GET_*_NAMESPACE without the right to trace the process", Label("newer"), func() {
	It("is refused for a process of somebody else", Proves("pidfd-get-namespace-needs-ptrace-read"), func() {
		outside := Spawn(harness.Named("outside"))
		target := as(outside, alice)
		pidfd := Get(outside.PidfdOpen(target.PID()))
		expectNoneOpened(as(outside, bob), pidfd, unix.EACCES, "as somebody else")
		tracer := Get(outside.Fork())
		Arrange(tracer.Setresgid(bob, bob, bob))
		Get(tracer.Prctl(unix.PR_SET_KEEPCAPS, 1))
		Arrange(tracer.Setresuid(bob, bob, bob))
		only := harness.Capabilities{Effective: 1 << unix.CAP_SYS_PTRACE, Permitted: 1 << unix.CAP_SYS_PTRACE}
		Arrange(tracer.Capset(only))
		for _, s := range []*harness.Subject{outside, as(outside, alice), tracer} {
			for _, r := range pidfdRequests {
				fd, err := s.PidfdNS(pidfd, r.request)
				Expect(err).NotTo(HaveOccurred(), "%s as %s", r.file, s.Name())
				Expect(s.NSOf(fd)).To(Equal(ns(target, r.kind)))
			}
		}
		Arrange(tracer.Capset(harness.Capabilities{}))
		expectNoneOpened(tracer, pidfd, unix.EACCES, "without CAP_SYS_PTRACE")
	})

	It("is refused for a process of one's own that is not dumpable, or has more capabilities", Proves("pidfd-get-namespace-needs-ptrace-read"), func() {
		outside := Spawn(harness.Named("outside"))
		target, s := as(outside, alice), as(outside, alice)
		pidfd := Get(s.PidfdOpen(target.PID()))
		Expect(s.PidfdNS(pidfd, harness.PIDFD_GET_UTS_NAMESPACE)).To(BeNumerically(">=", 0))
		Get(target.Prctl(unix.PR_SET_DUMPABLE, 0))
		expectNoneOpened(s, pidfd, unix.EACCES, "not dumpable")
		Expect(outside.PidfdNS(Get(outside.PidfdOpen(target.PID())), harness.PIDFD_GET_UTS_NAMESPACE)).To(BeNumerically(">=", 0), "with CAP_SYS_PTRACE")

		weak := powerless(outside)
		expectNoneOpened(weak, Get(weak.PidfdOpen(outside.PID())), unix.EACCES, "more capabilities")
	})

	It("is refused to root of a user namespace for a process outside of it", Proves("pidfd-get-namespace-needs-ptrace-read"), func() {
		outside, settler := Spawn(harness.Named("outside")), settle("settler")
		root := landlord("root")
		own := Get(root.Fork())
		expectNoneOpened(root, Get(root.PidfdOpen(outside.PID())), unix.EACCES, "outside")
		expectNoneOpened(root, Get(root.PidfdOpen(settler.PID())), unix.EACCES, "beside")
		Expect(root.PidfdNS(Get(root.PidfdOpen(own.PID())), harness.PIDFD_GET_UTS_NAMESPACE)).To(BeNumerically(">=", 0), "inside")
	})
})
