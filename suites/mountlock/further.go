package mountlock

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// uidOf returns the effective uid that a program has which a child of s with uid 1
// executes, as the suite sees it.
func uidOf(s *harness.Subject, program string) string {
	child := Get(s.Fork())
	Arrange(child.Setresuid(1, 1, 1))
	Arrange(child.Exec(program))
	dir := fmt.Sprintf("/proc/%d/", child.PID())
	// The last that execve(2) changes is the command line.
	Eventually(func() (string, error) {
		line, err := os.ReadFile(dir + "cmdline")
		return string(line), err
	}).WithPolling(50 * time.Microsecond).Should(Equal(program + "\x00"))
	_, ids, _ := strings.Cut(string(Get(os.ReadFile(dir+"status"))), "\nUid:")
	return strings.Fields(ids)[1]
}

var _ = Specs("An inherited mount", Label("mount"), func() {
	It("loses nosymfollow by a remount, which is not locked", Proves("mount-locked-nodev-but-not-nosymfollow"), func() {
		e := bequeath(noSymFollow.mount)
		for _, h := range e.heirs {
			noSymFollow.expect(h.Subject, h.point, true)
			Expect(remount(h.Subject, h.point, 0)).To(Succeed(), "%s at %s", h.Name(), h.point)
			noSymFollow.expect(h.Subject, h.point, false)
		}
		noSymFollow.expect(e.above, e.point, true)
	})

	It("loses nosymfollow by mount_setattr, which is not locked", Proves("mount-locked-nodev-but-not-nosymfollow"), func() {
		NeedKernel("5.14")
		e := bequeath(noSymFollow.mount)
		for _, h := range e.heirs {
			Expect(setattr(h.Subject, h.point, 0, 0, noSymFollow.attr)).To(Succeed(), "%s at %s", h.Name(), h.point)
			noSymFollow.expect(h.Subject, h.point, false)
		}
		noSymFollow.expect(e.above, e.point, true)
	})

	for _, f := range []flag{readOnly, noSuid, noDev, noExec, noSymFollow} {
		It("can be restricted further by "+f.name+", which its own namespace may take back", Proves("mount-locked-more-restrictions-allowed"), func() {
			e := bequeath(0)
			for _, h := range e.heirs {
				f.expect(h.Subject, h.point, false)
				Expect(remount(h.Subject, h.point, f.mount)).To(Succeed(), "%s at %s", h.Name(), h.point)
				f.expect(h.Subject, h.point, true)
				Expect(remount(h.Subject, h.point, 0)).To(Succeed(), "%s at %s, taking it back", h.Name(), h.point)
				f.expect(h.Subject, h.point, false)
			}
			h := e.heirs[0]
			Arrange(remount(h.Subject, h.point, f.mount))
			f.expect(e.above, e.point, false)
			if f.name != noSymFollow.name {
				Expect(remount(lesser(h.Subject), h.point, 0)).To(MatchError(unix.EPERM), "by those below in turn")
			}
		})

		It("can be restricted further by "+f.name+" with mount_setattr, which its own namespace may take back",
			Proves("mount-locked-more-restrictions-allowed"), func() {
				NeedKernel("5.14")
				e := bequeath(0)
				for _, h := range e.heirs {
					point, flags := h.point, 0
					if h.tree != "" {
						point, flags = h.tree, unix.AT_RECURSIVE
					}
					Expect(setattr(h.Subject, point, flags, f.attr, 0)).To(Succeed(), "%s at %s", h.Name(), point)
					f.expect(h.Subject, h.point, true)
					Expect(setattr(h.Subject, point, flags, 0, f.attr)).To(Succeed(), "%s at %s, taking it back", h.Name(), point)
					f.expect(h.Subject, h.point, false)
				}
				Arrange(setattr(e.heirs[0].Subject, e.point, 0, f.attr, 0))
				f.expect(e.above, e.point, false)
			})
	}

	It("with all flags keeps each of them against the removal of any", Proves("mount-locked-readonly-eperm", "mount-locked-nosuid-eperm",
		"mount-locked-noexec-eperm", "mount-locked-nodev-but-not-nosymfollow"), func() {
		all := 0
		for _, f := range locked {
			all |= f.mount
		}
		e := bequeath(all | unix.MS_NOATIME)
		for _, h := range e.heirs {
			for _, f := range locked {
				Expect(remount(h.Subject, h.point, all&^f.mount)).To(MatchError(unix.EPERM), "%s at %s, without %s", h.Name(), h.point, f.name)
			}
			Expect(remount(h.Subject, h.point, all)).To(Succeed())
			Expect(attributes(h.Subject, h.point)).To(Equal(Get(attributes(e.above, e.point))))
		}
	})

	It("keeps its flags when it is the root of the namespace, too",
		Proves("mount-locked-nosuid-eperm", "mount-locked-nodev-but-not-nosymfollow"), func() {
			for _, f := range []flag{noSuid, noDev} {
				above, _ := mounts.Stage(harness.Named("above"))
				others := int(Get(attributes(above, "/"))) & (unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC) &^ f.mount
				Arrange(remount(above, "/", others|f.mount))
				below := lesser(above)
				Expect(remount(below, "/", others)).To(MatchError(unix.EPERM), f.name)
				Expect(attributes(below, "/")).To(Equal(Get(attributes(above, "/"))))
				Expect(remount(below, "/", others|f.mount)).To(Succeed())
			}
		})

	It("with nosuid gives nobody the ids of a program's owner, remounted or not", Proves("mount-locked-nosuid-eperm"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		for point, flags := range map[string]int{dir + "/with": unix.MS_NOSUID, dir + "/without": 0} {
			mounts.Point(above, point)
			fd := Get(above.Open(point+"/program", unix.O_CREAT|unix.O_WRONLY))
			Get(above.Write(fd, program.Of(program.Waiting)))
			Arrange(above.Close(fd))
			Arrange(above.Chmod(point+"/program", unix.S_ISUID|0o755))
			Arrange(remount(above, point, flags))
		}
		below := Get(above.Clone(newBoth))
		Arrange(below.MapIDs("0 0 1\n1 60001 1", "0 0 1"))
		run := func(program string) string { return uidOf(below, program) }
		owner, caller := fmt.Sprint(os.Getuid()), "60001"
		Expect(run(dir + "/without/program")).To(Equal(owner))
		Expect(run(dir + "/with/program")).To(Equal(caller))
		Expect(remount(below, dir+"/with", 0)).To(MatchError(unix.EPERM))
		Expect(run(dir + "/with/program")).To(Equal(caller))
		Arrange(remount(below, dir+"/without", unix.MS_NOSUID))
		Expect(run(dir + "/without/program")).To(Equal(caller))
	})
})
