package setns

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

// nstypes are values for setns(2): none, all kinds that the kernel should have, and each.
func nstypes() []int {
	all := []int{0, flags(kinds.Built())}
	for _, kind := range kinds.Built() {
		all = append(all, kind.Flag())
	}
	return all
}

var _ = Specs("setns with a descriptor", Label("setns"), func() {
	It("that is not open gives EBADF", Proves("setns-bad-descriptor-ebadf", "setns-failure-changes-nothing"), func() {
		kinds.Need(nsutil.UTS)
		s := Spawn()
		closed := Get(s.OpenNS(s, nsutil.UTS))
		Expect(s.Setns(closed, unix.CLONE_NEWUTS)).To(Succeed(), "while it is open")
		Arrange(s.Close(closed))
		before := stateOf(s)
		for _, fd := range []int{closed, closed + 1, -1, 1 << 20, unix.AT_FDCWD} {
			for _, nstype := range append(nstypes(), 1, unix.CLONE_FS, -1) {
				Expect(s.Setns(fd, nstype)).To(MatchError(unix.EBADF), "descriptor %d, nstype %#x", fd, nstype)
			}
		}
		Expect(stateOf(s)).To(Equal(before), "what refused calls left of the caller")
	})

	It("of something else than a namespace or a process gives EINVAL", Proves("setns-other-descriptor-einval", "setns-failure-changes-nothing"), func() {
		other := member(Spawn(), nsutil.UTS)
		s := Spawn(harness.Named("caller"))
		open := func(path string) int { return Get(s.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)) }
		r, w, err := s.Pipe()
		Arrange(err)
		memfd := int(Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "file", 0)))
		epoll := int(Get(s.Syscall("epoll_create1", unix.SYS_EPOLL_CREATE1, 0)))
		eventfd := int(Get(s.Syscall("eventfd2", unix.SYS_EVENTFD2, 0, 0)))
		proc := fmt.Sprintf("/proc/%d", other.PID())
		descriptors := map[string]int{
			"a directory": open("/"), "a device": open("/dev/null"), "a file": memfd, "a socket": Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)),
			"a pipe to read": r, "a pipe to write": w, "an epoll": epoll, "an eventfd": eventfd,
			"a process's directory": open(proc), "a process's ns directory": open(proc + "/ns"), "a process's status": open(proc + "/status"),
			"a process's root": open(proc + "/root"), "its own directory": open("/proc/self"),
		}
		before := stateOf(s)
		for what, fd := range descriptors {
			for _, nstype := range nstypes() {
				Expect(s.Setns(fd, nstype)).To(MatchError(unix.EINVAL), "%s, nstype %#x", what, nstype)
			}
		}
		Expect(stateOf(s)).To(Equal(before), "what refused calls left of the caller")
		expectJoined(s, open(proc+"/ns/uts"), unix.CLONE_NEWUTS, other, nsutil.UTS)
	})
})
