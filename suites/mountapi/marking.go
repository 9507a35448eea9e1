package mountapi

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("fanotify", Label("mount"), func() {
	It("marks for FAN_REPORT_MNT what happens to mounts in a mount namespace alone, and that for nothing else", Proves("mount-fanotify-mntns-needs-ns-file-einval"), func() {
		NeedInitial(nsutil.User) // where groups for files of all sorts can be had
		s, _ := mounts.Stage()
		mounted, plain, named := Get(group(s, unix.FAN_REPORT_MNT)), Get(group(s, 0)), Get(group(s, unix.FAN_REPORT_FID))
		ns := nsFile(s, nsutil.Mnt)
		for what, row := range map[string]struct {
			group, flags int
			mask         uint64
			path         string
		}{
			"an event of files":               {mounted, markNS, unix.FAN_OPEN, ns},
			"an event of files besides":       {mounted, markNS, attached | detached | unix.FAN_OPEN, ns},
			"its file as a file":              {mounted, unix.FAN_MARK_ADD, attached | detached, ns},
			"its file as a mount":             {mounted, unix.FAN_MARK_ADD | unix.FAN_MARK_MOUNT, attached, ns},
			"its file as a file system":       {mounted, unix.FAN_MARK_ADD | unix.FAN_MARK_FILESYSTEM, detached, ns},
			"without FAN_REPORT_MNT":          {plain, markNS, attached | detached, ns},
			"with FAN_REPORT_FID":             {named, markNS, attached | detached, ns},
			"without, for events of files":    {plain, markNS, unix.FAN_OPEN, ns},
			"without, on a directory":         {plain, unix.FAN_MARK_ADD, attached | detached, "/"},
			"with FAN_REPORT_FID, on a mount": {named, unix.FAN_MARK_ADD | unix.FAN_MARK_FILESYSTEM, attached, "/"},
		} {
			Expect(mark(s, row.group, row.flags, row.mask, row.path)).To(MatchError(unix.EINVAL), what)
		}
		_, err := group(s, unix.FAN_REPORT_MNT|unix.FAN_REPORT_FID)
		Expect(err).To(MatchError(unix.EINVAL), "FAN_REPORT_MNT together with FAN_REPORT_FID")
		expectMarkable(s, mounted, plain, named)
		Expect(mark(s, plain, unix.FAN_MARK_ADD, unix.FAN_OPEN, "/")).To(Succeed(), "what it is for")
	})

	It("lets who has CAP_SYS_ADMIN over a mount namespace mark it, and nobody else", Proves("mount-fanotify-mntns-needs-cap-eperm"), func() {
		s, _ := mounts.Stage()
		below := colony(s)
		fd := Get(group(s, unix.FAN_REPORT_MNT))
		ns, theirs := Get(s.OpenNS(s, nsutil.Mnt)), Get(s.OpenNS(below, nsutil.Mnt))
		try := func(caller *harness.Subject, fd, ns int) error {
			_, err := caller.Syscall("fanotify_mark", unix.SYS_FANOTIFY_MARK, fd, harness.Hex(markNS), harness.Hex(attached|detached), ns, nil)
			return err
		}
		for _, caller := range []*harness.Subject{without(s), powerless(s), stranger(s), settler(s)} {
			Expect(try(caller, fd, ns)).To(MatchError(unix.EPERM), "%s with the group of another", caller.Name())
			own, err := group(caller, unix.FAN_REPORT_MNT)
			Expect(err).NotTo(HaveOccurred(), "a group is for anybody")
			Expect(try(caller, own, ns)).To(MatchError(unix.EPERM), "%s with a group of its own", caller.Name())
		}
		Expect(reported(s, fd)).To(BeEmpty())
		for _, caller := range []*harness.Subject{s, only(s)} {
			Expect(try(caller, fd, ns)).To(Succeed())
			Expect(try(caller, fd, theirs)).To(Succeed(), "that of a user namespace below")
		}
	})

	It("marks no other file", Proves("mount-fanotify-mntns-needs-ns-file-einval"), func() {
		NeedKernel("6.18") // before, a kernel may crash
		s, dir := mounts.Stage()
		Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
		fd := Get(group(s, unix.FAN_REPORT_MNT))
		for what, path := range map[string]string{
			"a directory": dir + "/..", "a mount": dir, "a file": dir + "/file", "the root": "/", "a process": fmt.Sprintf("/proc/%d", s.PID()),
			"a UTS namespace": nsFile(s, nsutil.UTS), "a network namespace": nsFile(s, nsutil.Net), "a PID namespace": nsFile(s, nsutil.PID),
		} {
			for _, mask := range []uint64{attached, detached, attached | detached} {
				Expect(mark(s, fd, markNS, mask, path)).To(MatchError(unix.EINVAL), "%s with %#x", what, mask)
			}
		}
		expectMarkable(s, fd)
	})
})

// markNS are the flags that add a mark on a mount namespace.
const markNS = unix.FAN_MARK_ADD | unix.FAN_MARK_MNTNS

// expectMarkable claims that no group reports what happens to mounts, and that the
// first can be had to do so.
func expectMarkable(s *harness.Subject, groups ...int) {
	dir := T().TempDir()
	do := func() {
		Arrange(s.Mount("none", dir, "tmpfs", 0, ""))
		Arrange(s.Umount(dir, 0))
	}
	do()
	for _, fd := range groups {
		Expect(reported(s, fd)).To(BeEmpty(), "after the refused calls")
	}
	Expect(mark(s, groups[0], markNS, attached|detached, nsFile(s, nsutil.Mnt))).To(Succeed())
	do()
	Expect(reported(s, groups[0])).To(HaveLen(2))
}
