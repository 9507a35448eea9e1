package mount

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// changed are the events that tell of a change.
const changed = unix.POLLERR | unix.POLLPRI

// pending returns those events of a descriptor that have occurred.
func pending(s *harness.Subject, fd int) int16 {
	events, err := s.Poll(fd, unix.POLLIN|unix.POLLPRI, 0)
	Expect(err).NotTo(HaveOccurred())
	return events & changed
}

// inCall returns the number of the system call in which s sleeps, as text.
func inCall(s *harness.Subject) string {
	number, _, _ := strings.Cut(string(Get(os.ReadFile(procFile(s, "syscall")))), " ")
	return number
}

var _ = Specs("Polling a process's mounts and mountinfo", Label("mount"), func() {
	for _, file := range []string{"mounts", "mountinfo"} {
		It("tells once of each change to the list, by "+file, Proves("mount-poll-reports-change"), func() {
			s, dir := mounts.Stage()
			place(s, dir+"/a", "in-a")
			place(s, dir+"/c", "in-c")
			place(s, dir+"/c/d", "in-d")
			Arrange(s.Mkdir(dir + "/b"))
			Arrange(s.Mkdir(dir + "/e"))
			outside, mate := Spawn(harness.Named("outside")), Get(s.Fork())
			own, others := Get(s.Open("/proc/self/"+file, unix.O_RDONLY|unix.O_CLOEXEC)), Get(outside.Open(procFile(s, file), unix.O_RDONLY|unix.O_CLOEXEC))
			Expect(pending(s, own)).To(BeZero(), "at first")
			Expect(pending(outside, others)).To(BeZero(), "at first")
			for _, change := range changes {
				if change.what == "share" {
					continue // no mount has come, gone or got other options
				}
				Arrange(change.call(mate, dir))
				Expect(pending(s, own)).To(BeEquivalentTo(changed), "%s, in the same namespace", change.what)
				Expect(pending(outside, others)).To(BeEquivalentTo(changed), "%s, as who is elsewhere is told", change.what)
				Expect(pending(s, own)).To(BeZero(), "%s, the second time", change.what)
				Expect(pending(outside, others)).To(BeZero(), "%s, the second time", change.what)
			}
		})

		It("tells of what is in that namespace only, by "+file, Proves("mount-poll-reports-change"), func() {
			s, dir := mounts.Stage()
			Arrange(s.Mkdir(dir + "/b"))
			beside := mounts.Beside(s)
			fds := []int{Get(s.Open(procFile(s, file), unix.O_RDONLY)), Get(s.Open(procFile(beside, file), unix.O_RDONLY))}
			Arrange(beside.Mount("none", dir+"/b", "tmpfs", 0, ""))
			Expect(pending(s, fds[0])).To(BeZero(), "after a mount in another namespace")
			Expect(pending(s, fds[1])).To(BeEquivalentTo(changed))
			Arrange(s.Mount("none", dir, "", unix.MS_SHARED, ""))
			receiver := mounts.Beside(s)
			fds = append(fds, Get(s.Open(procFile(receiver, file), unix.O_RDONLY)))
			Arrange(s.Mount("none", dir+"/b", "tmpfs", 0, ""))
			Expect(pending(s, fds[2])).To(BeEquivalentTo(changed), "after a mount that has propagated")
			Expect(pending(s, fds[1])).To(BeZero())
			Expect(pending(s, fds[0])).To(BeEquivalentTo(changed))
			expectRefused(s, unix.EINVAL, func() error { return s.Umount("/proc/self", 0) })
			Expect(pending(s, fds[0])).To(BeZero(), "after a refused call")
		})

		It("wakes who waits, by "+file, Proves("mount-poll-reports-change"), func() {
			s, dir := mounts.Stage()
			mate := Get(s.Fork())
			fd := Get(s.Open("/proc/self/"+file, unix.O_RDONLY))
			woken := make(chan int16, 1)
			failed := make(chan error, 1)
			go func() {
				events, err := s.Poll(fd, unix.POLLPRI, patience())
				failed <- err
				woken <- events
			}()
			eventually(func() string { return inCall(s) }).Should(Equal(fmt.Sprint(unix.SYS_PPOLL)), "it waits")
			Arrange(mate.Mount("none", dir, "tmpfs", 0, ""))
			Expect(<-failed).NotTo(HaveOccurred())
			Expect(<-woken).To(BeEquivalentTo(changed))
		})
	}
})

var _ = Specs("The file mounts", Label("mount"), func() {
	It("of /proc is a link to self/mounts", Proves("mount-proc-mounts-link"), func() {
		s, dir := mounts.Stage()
		beside := mounts.Beside(s)
		Arrange(s.Mount("mark-s", dir, "tmpfs", 0, ""))
		Arrange(beside.Mount("mark-beside", dir, "tmpfs", 0, ""))
		for seer, marks := range map[*harness.Subject][]string{s: {"mark-s ", "mark-beside "}, beside: {"mark-beside ", "mark-s "}} {
			Expect(seer.Readlink("/proc/mounts")).To(Equal("self/mounts"))
			text, err := seer.ReadFile("/proc/mounts")
			Expect(err).NotTo(HaveOccurred())
			Expect(text).To(And(ContainSubstring(marks[0]), Not(ContainSubstring(marks[1]))))
			Expect(seer.ReadFile(procFile(seer, "mounts"))).To(Equal(text))
		}
	})
})

var _ = Specs("The file mountstats of a process", Label("mount"), func() {
	It("can be read by its owner only, unlike mounts and mountinfo", Proves("mount-mountstats-owner-only"), func() {
		process := Spawn(harness.As(alice, alice), harness.Named("process of alice"))
		readers := map[string]error{"alice": nil, "bob": unix.EACCES, "alice's group": unix.EACCES, "root without capabilities": unix.EACCES, "root": nil}
		for who, errno := range readers {
			var reader *harness.Subject
			switch who {
			case "alice":
				reader = Spawn(harness.As(alice, alice), harness.Named(who))
			case "bob":
				reader = Spawn(harness.As(bob, bob), harness.Named(who))
			case "alice's group":
				reader = Spawn(harness.As(bob, alice), harness.Named(who))
			case "root":
				reader = Spawn(harness.Named(who))
			default:
				reader = holding(Spawn())
			}
			for _, file := range []string{"mountstats", "mounts", "mountinfo"} {
				path := procFile(process, file)
				if file != "mountstats" {
					errno = nil
				}
				text, err := reader.ReadFile(path)
				if errno == nil {
					Expect(err).NotTo(HaveOccurred(), "%s as %s reads it", file, who)
					Expect(text).NotTo(BeEmpty())
				} else {
					Expect(err).To(MatchError(errno), "%s as %s reads it", file, who)
				}
			}
		}
		st := Get(os.Stat(procFile(process, "mountstats")))
		Expect(fmt.Sprintf("%o", st.Mode().Perm())).To(Equal("400"))
	})
})
