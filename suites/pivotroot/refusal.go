package pivotroot

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("pivot_root is refused", Label("mount"), func() {
	It("without CAP_SYS_ADMIN in the owner of the mount namespace", Proves("mount-pivot-root-without-cap-eperm"), func() {
		kinds.Need(nsutil.User)
		s := house(harness.Named("root"))
		rest := Get(s.Fork())
		Arrange(rest.DropCapabilities(unix.CAP_SYS_ADMIN))
		suspended := Get(s.Fork())
		caps := Get(suspended.Capget())
		caps.Effective &^= 1 << unix.CAP_SYS_ADMIN
		Arrange(suspended.Capset(caps))
		below := Get(s.Clone(unix.CLONE_NEWUSER))
		Arrange(below.MapIDs("0 0 1", "0 0 1"))
		further := Get(below.Clone(unix.CLONE_NEWUSER))
		for _, refused := range []*harness.Subject{rest, suspended, below, further} {
			expectRefused(refused, "/new", "/new/old", unix.EPERM)
		}
		only := Get(s.Fork())
		Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}))
		expectPivot(only, "/new", "/new/old", "/old")
	})

	It("without CAP_SYS_ADMIN in the user namespace that owns the mount namespace, whatever the caller's other one",
		Proves("mount-pivot-root-without-cap-eperm"), func() {
			kinds.Need(nsutil.User)
			owner := Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped("0 0 1"), harness.Named("owner"))
			Arrange(owner.MakePrivate())
			enter(owner)
			below := Get(owner.Clone(unix.CLONE_NEWUSER))
			expectRefused(below, "/new", "/new/old", unix.EPERM, "from below")
			outside := Spawn(harness.Named("from above"))
			Arrange(outside.Join(owner, nsutil.Mnt))
			expectPivot(outside, "/new", "/new/old", "/old", "from above")
			Expect(owner.PivotRoot("/old", "/old/new")).To(Succeed(), "by the owner")
			Expect(owner.ReadFile("/is")).To(Equal("old"))
		})

	It("unless both are directories", Proves("mount-pivot-root-not-directory-enotdir"), func() {
		s := house()
		Arrange(s.WriteFile("/file", "", unix.O_CREAT))
		Arrange(s.WriteFile("/new/file", "", unix.O_CREAT))
		Arrange(s.Symlink("file", "/new/link"))
		Arrange(s.Mknod("/new/fifo", unix.S_IFIFO|0o600, 0))
		Arrange(s.Bind("/new/is", "/file"))
		for _, newRoot := range []string{"/file", "/new/file", "/new/link", "/new/fifo", "/dir/../file"} {
			expectRefused(s, newRoot, "/new/old", unix.ENOTDIR, newRoot)
			expectRefused(s, newRoot, newRoot, unix.ENOTDIR, newRoot)
		}
		for _, putOld := range []string{"/new/file", "/new/link", "/new/fifo", "/file"} {
			expectRefused(s, "/new", putOld, unix.ENOTDIR, putOld)
		}
		expectRefused(s, "/none", "/new/old", unix.ENOENT)
		expectRefused(s, "/new", "/new/none", unix.ENOENT)
		expectPivot(s, "/new", "/new/old", "/old")
	})

	It("when one of them is on the mount of the current root", Proves("mount-pivot-root-same-mount-ebusy"), func() {
		s := house()
		for _, row := range []struct{ newRoot, putOld string }{
			{"/", "/"}, {"/", "/dir"}, {"/", "/new/old"}, {"/", "/new"}, {"/new/..", "/new"},
			{"/dir", "/new/old"}, {"/dir", "/dir"}, {"/new", "/dir"}, {"/new", "/"},
		} {
			expectRefused(s, row.newRoot, row.putOld, unix.EBUSY, "%s, %s", row.newRoot, row.putOld)
		}
		Arrange(s.Chdir("/dir"))
		expectRefused(s, ".", ".", unix.EBUSY)
		Arrange(s.Bind("/dir", "/dir")) // another mount, of the same file system
		Arrange(s.Chdir("/dir"))
		Expect(s.PivotRoot(".", ".")).To(Succeed())
	})

	It("unless put_old is new_root or below it", Proves("mount-pivot-root-put-old-outside-einval"), func() {
		s := house()
		place(s, "/new-er", "newer")
		place(s, "/other", "other")
		place(s, "/other/inner", "inner")
		Arrange(s.Mkdir("/alias"))
		Arrange(s.Bind("/new", "/alias"))
		for _, putOld := range []string{"/new-er", "/new-er/old", "/other", "/other/inner/old", "/alias", "/alias/old", "/new/../other/old"} {
			expectRefused(s, "/new", putOld, unix.EINVAL, putOld)
		}
		expectRefused(s, "/other/inner", "/other/old", unix.EINVAL, "above it")
		expectRefused(s, "/other/inner", "/other", unix.EINVAL, "above it")

		By("asking for a part of a file system")
		Arrange(s.Mkdir("/new/part"))
		Arrange(s.Mkdir("/new/part/old"))
		Arrange(s.Bind("/new/part", "/dir"))
		expectRefused(s, "/dir", "/new/old", unix.EINVAL, "beside it in its file system")
		expectRefused(s, "/dir", "/new/part/old", unix.EINVAL, "below it by another path")
		Expect(s.PivotRoot("/dir", "/dir/old")).To(Succeed())
		Expect(s.ReadFile("/old/is")).To(Equal("old"))
	})

	It("unless new_root is a mount point", Proves("mount-pivot-root-not-mount-point-einval"), func() {
		s := house()
		for _, dir := range []string{"/new/dir", "/new/dir/old", "/new/dir/deep", "/new/dir/deep/old"} {
			Arrange(s.Mkdir(dir))
		}
		for _, dir := range []string{"/new/dir", "/new/dir/deep"} {
			expectRefused(s, dir, dir+"/old", unix.EINVAL, dir)
			expectRefused(s, dir, dir, unix.EINVAL, dir)
		}
		Arrange(s.WriteFile("/new/dir/is", "new", unix.O_CREAT))
		Arrange(s.Bind("/new/dir", "/new/dir"))
		expectRefused(s, "/new/dir/deep", "/new/dir/deep/old", unix.EINVAL, "below one")
		expectPivot(s, "/new/dir", "/new/dir/old", "/old")
	})

	It("in a chroot, unless that is a mount point", Proves("mount-pivot-root-in-chroot-einval"), func() {
		s := house()
		inside := Get(s.Fork())
		place(s, "/dir/new", "new")
		Arrange(s.WriteFile("/dir/is", "old", unix.O_CREAT))
		Arrange(inside.Chroot("/dir"))
		Arrange(inside.Chdir("/"))
		expectRefused(inside, "/new", "/new/old", unix.EINVAL)
		expectRefused(inside, "/new", "/new", unix.EINVAL)
		deeper := Get(inside.Fork())
		Arrange(deeper.Chdir("/new"))
		expectRefused(deeper, ".", ".", unix.EINVAL, "from the new root")

		By("mounting the chroot")
		Arrange(s.Mount("/dir", "/dir", "", unix.MS_BIND|unix.MS_REC, ""))
		again := Get(s.Fork())
		Arrange(again.Chroot("/dir"))
		Arrange(again.Chdir("/"))
		expectPivot(again, "/new", "/new/old", "/old")
		Expect(s.ReadFile("/is")).To(Equal("old"), "the root of others stays")
		Expect(s.ReadFile("/dir/is")).To(Equal("new"), "where the chroot was")
	})
})
