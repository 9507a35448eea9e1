package pivotroot

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("pivot_root from rootfs", Label("mount"), func() {
	It("is refused, unless that is mounted on nullfs", Proves("mount-pivot-root-from-rootfs"), func() {
		s := Spawn(harness.Cloned(nsutil.Mnt), harness.Named("caller"))
		Arrange(s.MakePrivate())
		root := Get(mounts.At(s, "/"))
		if root.FSType != "rootfs" {
			SkipFor(reports.SkipResource, "the suite's root is on a file system of type %s, which this machine has put on rootfs", root.FSType)
		}
		onSomething := root.Parent != root.ID
		if onSomething && !Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 7}) {
			SkipFor(reports.SkipResource, "the suite's root is another mount of rootfs, which this machine has put on it")
		}
		dir := T().TempDir()
		mounts.Tmpfs(s, dir)
		place(s, dir+"/new", "new")
		if !onSomething {
			Note("rootfs is at the bottom")
			expectRefused(s, dir+"/new", dir+"/new/old", unix.EINVAL)
			expectRefused(s, dir+"/new", dir+"/new", unix.EINVAL)
		} else {
			Note("rootfs is mounted on nullfs")
			Expect(s.PivotRoot(dir+"/new", dir+"/new/old")).To(Succeed())
			Expect(s.ReadFile("/is")).To(Equal("new"))
			Expect(mounts.At(s, "/old")).To(HaveField("FSType", "rootfs"))
			visitor := Spawn(harness.Named("visitor"))
			Arrange(visitor.Join(s, nsutil.Mnt))
			Expect(visitor.ReadFile("/is")).To(Equal("new"))
			Expect(s.Umount("/old", unix.MNT_DETACH)).To(Succeed(), "rootfs")
			Expect(points(s)).To(ConsistOf("/"))
		}

		By("having a root that is mounted on rootfs")
		expectPivot(house(), "/new", "/new/old", "/old")
	})
})
