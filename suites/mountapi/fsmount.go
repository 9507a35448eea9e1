package mountapi

import (
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// administrators returns the file system that only who has CAP_SYS_ADMIN in the
// initial user namespace can make.
func administrators() string {
	known := string(Get(os.ReadFile("/proc/filesystems")))
	for _, name := range []string{"devtmpfs", "debugfs", "tracefs"} {
		if strings.Contains(known, "\t"+name+"\n") {
			return name
		}
	}
	SkipFor(reports.SkipKconfig, "the kernel has none of the file systems that only root of the machine can make")
	return ""
}

var _ = Specs("fsopen, fsconfig and fsmount", Label("mount"), func() {
	It("need CAP_SYS_ADMIN in the owner of the caller's mount namespace", Proves("mount-fsopen-fsmount-without-cap-eperm"), func() {
		s, _ := mounts.Stage()
		fs, finished := Get(s.Fsopen("tmpfs")), created(s)
		below := settler(s)
		refused := []*harness.Subject{without(s), powerless(s), stranger(s), below}
		for _, caller := range refused {
			for name, call := range map[string]func() error{
				"fsopen": func() error {
					_, err := caller.Fsopen("tmpfs")
					return err
				},
				"fsmount": func() error {
					_, err := caller.Fsmount(finished, unix.FSMOUNT_CLOEXEC)
					return err
				},
			} {
				expectRefused(call, unix.EPERM, []*harness.Subject{s, caller}, "%s by %s", name, caller.Name())
			}
		}
		for _, caller := range refused[:3] {
			Expect(caller.FsconfigCreate(fs)).To(MatchError(unix.EPERM), "FSCONFIG_CMD_CREATE by %s", caller.Name())
		}

		Expect(only(s).Fsmount(finished, unix.FSMOUNT_CLOEXEC)).To(BeNumerically(">=", 0), "when the refused calls have used nothing up")
		Expect(s.FsconfigCreate(fs)).To(Succeed(), "after the refused calls")
		Arrange(below.Unshare(unix.CLONE_NEWNS))
		for _, caller := range []*harness.Subject{only(s), below, colony(s)} {
			fs, err := caller.Fsopen("tmpfs")
			Expect(err).NotTo(HaveOccurred(), caller.Name())
			Expect(caller.FsconfigCreate(fs)).To(Succeed(), caller.Name())
			_, err = caller.Fsmount(fs, unix.FSMOUNT_CLOEXEC)
			Expect(err).NotTo(HaveOccurred(), caller.Name())
		}
	})

	It("need CAP_SYS_ADMIN in the initial user namespace to create a file system that is not for others", Proves("mount-fsopen-fsmount-without-cap-eperm"), func() {
		name := administrators()
		s, _ := mounts.Stage()
		for _, caller := range []*harness.Subject{colony(s), colony(colony(s))} {
			fs, err := caller.Fsopen(name)
			Expect(err).NotTo(HaveOccurred(), "to prepare it")
			Expect(caller.FsconfigCreate(fs)).To(MatchError(unix.EPERM))
			_, err = caller.Fsmount(fs, unix.FSMOUNT_CLOEXEC)
			Expect(err).To(MatchError(unix.EINVAL), "nothing has been made")
		}
		if Nested() {
			return
		}
		for _, caller := range []*harness.Subject{s, only(s)} {
			Expect(caller.FsconfigCreate(Get(caller.Fsopen(name)))).To(Succeed())
		}
	})

	It("make one mount of a context", Proves("mount-fsmount-twice-ebusy"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/target"))
		fs := created(s)
		again := Get(s.Fcntl(fs, unix.F_DUPFD_CLOEXEC, 0))
		fd, err := s.Fsmount(fs, unix.FSMOUNT_CLOEXEC)
		Expect(err).NotTo(HaveOccurred())
		second := func(s *harness.Subject, context, flags int) func() error {
			return func() error {
				_, err := s.Fsmount(context, flags)
				return err
			}
		}
		heir := Get(s.Fork())
		for _, flags := range []int{0, unix.FSMOUNT_CLOEXEC} {
			for _, caller := range []*harness.Subject{s, heir} {
				for _, context := range []int{fs, again} {
					expectRefused(second(caller, context, flags), unix.EBUSY, []*harness.Subject{caller}, "while the mount is nowhere")
				}
			}
		}
		Arrange(attach(s, fd, dir+"/target", 0))
		expectRefused(second(s, fs, 0), unix.EBUSY, []*harness.Subject{s}, "when it is mounted")
		Arrange(s.Close(fd))
		Arrange(heir.Close(fd))
		expectRefused(second(s, fs, 0), unix.EBUSY, []*harness.Subject{s}, "when its descriptor is closed")
		Arrange(s.Umount(dir+"/target", 0))
		expectRefused(second(s, fs, 0), unix.EBUSY, []*harness.Subject{s}, "when it is unmounted")
		Expect(s.Fsmount(created(s), 0)).To(BeNumerically(">=", 0), "of another context")
	})
})
