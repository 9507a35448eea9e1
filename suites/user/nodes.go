package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("All capabilities of a user namespace are not enough", Label("user"), func() {
	It("to make a device, of whatever number and wherever", Proves("user-device-mknod-eperm", "user-caps-limited-to-owned-namespaces"), func() {
		kinds.Need(nsutil.User)
		stage, suites := mounts.Stage(harness.Named("root outside"))
		Arrange(stage.Chmod(suites, 0o777))
		for i, d := range doors {
			s := settle(d.entered(stage), stage, fmt.Sprintf("0 %d 10", first))
			own := T().TempDir()
			inner := Get(s.Clone(unix.CLONE_NEWNS))
			Arrange(inner.Mount("none", own, "tmpfs", 0, "mode=777"))
			for _, dir := range []string{suites, own} {
				name := fmt.Sprintf("%s/node-%d", dir, i)
				for _, device := range []uint64{unix.Mkdev(1, 3), unix.Mkdev(7, 0), unix.Mkdev(10, 229), unix.Mkdev(0, 1), unix.Mkdev(511, 0xfffff)} {
					for _, kind := range []uint32{unix.S_IFCHR, unix.S_IFBLK} {
						Expect(inner.Mknod(name, kind|0o666, device)).To(MatchError(unix.EPERM), "%#o %d", kind, device)
						Expect(inner.Lstat(name)).Error().To(MatchError(unix.ENOENT))
					}
				}
				Expect(inner.Mknod(name, unix.S_IFBLK|0o666, 0)).To(MatchError(unix.EPERM), "a block device without a number")
				for _, kind := range []uint32{unix.S_IFREG, unix.S_IFIFO, unix.S_IFSOCK} {
					Expect(inner.Mknod(name, kind|0o600, 0)).To(Succeed(), "%#o, which is no device", kind)
					Arrange(inner.Unlink(name))
				}
				if !Nested() && dir == suites {
					for _, kind := range []uint32{unix.S_IFCHR, unix.S_IFBLK} {
						Expect(stage.Mknod(name, kind|0o666, unix.Mkdev(1, 3))).To(Succeed(), "by root of the initial user namespace")
						Arrange(stage.Unlink(name))
					}
				}
			}
		}
	})

	It("to make a device, but enough for a whiteout, which is none", Proves("user-device-mknod-eperm"), func() {
		NeedKernel("5.8")
		stage, dir := mounts.Stage(harness.Named("root outside"))
		Arrange(stage.Chmod(dir, 0o777))
		for i, d := range doors {
			name := fmt.Sprintf("%s/whiteout-%d", dir, i)
			s := settle(d.entered(stage), stage, fmt.Sprintf("0 %d 10", first))
			Expect(s.Mknod(name, unix.S_IFBLK|0o600, 0)).To(MatchError(unix.EPERM), "a block device")
			Expect(s.Mknod(name, unix.S_IFCHR|0o600, 0)).To(Succeed(), "a whiteout")
			Expect(Get(s.Lstat(name)).Mode & unix.S_IFMT).To(BeEquivalentTo(unix.S_IFCHR))
		}
	})
})
