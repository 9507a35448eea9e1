package mountapi

import (
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("open_tree", Label("mount"), func() {
	for name, flags := range map[string]int{"a mount": one, "a mount with those below it": whole} {
		It("with OPEN_TREE_CLONE returns a copy of "+name+" that is in no mount namespace", Proves("mount-open-tree-clone-detached"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			neighbour := mounts.Beside(s)
			before, beside := Get(mounts.Table(s)), Get(mounts.Table(neighbour))
			fd, err := s.OpenTree(dir+"/tree", flags)
			Expect(err).NotTo(HaveOccurred())
			Expect(mounts.Table(s)).To(Equal(before))
			Expect(mounts.Table(neighbour)).To(Equal(beside))
			Expect(s.Fcntl(fd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
			id := mountOf(s, fd)
			for _, m := range append(before, beside...) {
				Expect(id).NotTo(Equal(strconv.Itoa(m.ID)), "the copy is a mount of its own")
			}

			viewer := enter(s, fd)
			below := []string{}
			if flags == whole {
				below = []string{"file"}
			}
			Expect(viewer.ReadFile("file")).To(Equal("there"))
			Expect(viewer.ReadDir("sub")).To(ConsistOf(below))
			Expect(viewer.WriteFile("another", "by it", unix.O_CREAT)).To(Succeed())
			Expect(s.ReadFile(dir+"/tree/another")).To(Equal("by it"), "the file system is the same")

			Arrange(s.Mount("none", dir+"/tree/empty", "tmpfs", 0, ""))
			Arrange(s.WriteFile(dir+"/tree/empty/file", "", unix.O_CREAT))
			Expect(viewer.ReadDir("empty")).To(BeEmpty(), "what is mounted later on the original")
			Arrange(s.Umount(dir+"/tree/empty", 0))
			Arrange(s.Umount(dir+"/tree/sub", 0))
			Expect(viewer.ReadDir("sub")).To(ConsistOf(below), "what is unmounted later from the original")
			Expect(s.Umount(dir+"/tree", 0)).To(Succeed(), "the copy does not keep the original")
			Expect(viewer.ReadFile("another")).To(Equal("by it"), "without the original")
			Expect(mounts.Table(neighbour)).To(Equal(beside))
		})
	}

	It("with OPEN_TREE_CLONE copies the attributes of mounts, and with AT_RECURSIVE those however far below", Proves("mount-open-tree-clone-detached"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		deep := "/tree"
		for range 5 {
			deep += "/deep"
			mounts.Point(s, dir+deep)
			Arrange(s.WriteFile(dir+deep+"/file", "deep", unix.O_CREAT))
		}
		attempts := map[string]func(s *harness.Subject, dir string) error{
			"write": func(s *harness.Subject, dir string) error { return s.Chmod(dir+"/file", 0o755) },
			"execute": func(s *harness.Subject, dir string) error {
				_, err := s.Syscall("faccessat", unix.SYS_FACCESSAT, unix.AT_FDCWD, dir+"/file", unix.X_OK)
				return err
			},
		}
		for _, dir := range []string{dir + "/tree", dir + "/tree/sub", dir + deep} {
			Arrange(s.Chmod(dir+"/file", 0o755))
			Arrange(s.Mount("none", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOEXEC, ""))
		}
		viewer := enter(s, Get(s.OpenTree(dir+"/tree", whole)))
		for _, place := range []string{".", "sub", "." + strings.TrimPrefix(deep, "/tree")} {
			Expect(attempts["write"](viewer, place)).To(MatchError(unix.EROFS), place)
			Expect(attempts["execute"](viewer, place)).To(MatchError(unix.EACCES), place)
		}
		Expect(viewer.ReadFile("deep/deep/deep/deep/deep/file")).To(Equal("deep"))
		for _, place := range []string{"deep", "deep/deep/deep"} {
			Expect(attempts["write"](viewer, place)).To(Succeed(), place)
			Expect(attempts["execute"](viewer, place)).To(Succeed(), place)
		}
	})

	It("with OPEN_TREE_CLONE copies a mount from the directory on that it is told", Proves("mount-open-tree-clone-detached"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		for _, name := range []string{"/tree/part", "/tree/part/within"} {
			Arrange(s.Mkdir(dir + name))
		}
		mounts.Tmpfs(s, dir+"/tree/part/within")
		Arrange(s.WriteFile(dir+"/tree/part/within/file", "deep", unix.O_CREAT))
		Arrange(s.Symlink("part", dir+"/tree/link"))
		tree, part := Get(s.Open(dir+"/tree", unix.O_PATH)), Get(s.OpenTree(dir+"/tree/part", unix.OPEN_TREE_CLOEXEC))
		for what, row := range map[string]struct {
			dirfd int
			path  string
			flags int
		}{
			"a path":                {unix.AT_FDCWD, dir + "/tree/part", 0},
			"a name in a directory": {tree, "part", 0},
			"a descriptor":          {part, "", unix.AT_EMPTY_PATH},
			"a link":                {tree, "link", 0},
		} {
			for _, flags := range []int{one, whole} {
				fd, err := s.Syscall("open_tree", unix.SYS_OPEN_TREE, row.dirfd, row.path, harness.Hex(row.flags|flags))
				Expect(err).NotTo(HaveOccurred(), what)
				viewer := enter(s, int(fd))
				Expect(viewer.ReadDir(".")).To(ConsistOf("within"), what)
				Expect(viewer.ReadDir("..")).To(ConsistOf("within"), "%s: nothing is above it", what)
				below := []string{}
				if flags == whole {
					below = []string{"file"}
				}
				Expect(viewer.ReadDir("within")).To(ConsistOf(below), what)
			}
		}
	})

	It("without OPEN_TREE_CLONE stands for the mount itself, without CAP_SYS_ADMIN", Proves("mount-open-tree-clone-without-cap-eperm"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Chdir(dir + "/tree"))
		original := Get(mounts.At(s, dir+"/tree"))
		for _, caller := range []*harness.Subject{s, without(s), powerless(s), stranger(s), settler(s)} {
			fd, err := caller.OpenTree(".", unix.OPEN_TREE_CLOEXEC)
			Expect(err).NotTo(HaveOccurred(), caller.Name())
			Expect(mountOf(s, Get(s.OpenTree(".", unix.OPEN_TREE_CLOEXEC)))).To(Equal(strconv.Itoa(original.ID)))
			Expect(enter(caller, fd).ReadDir(".")).To(ConsistOf("file", "sub", "empty"))
			Expect(enter(caller, fd).ReadDir("sub")).To(ConsistOf("file"), "with what is mounted below")
		}
	})

	It("with OPEN_TREE_CLONE needs CAP_SYS_ADMIN in the owner of the caller's mount namespace", Proves("mount-open-tree-clone-without-cap-eperm"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Chdir(dir + "/tree"))
		below := settler(s)
		for _, caller := range []*harness.Subject{without(s), powerless(s), stranger(s), below} {
			for _, flags := range []int{one, whole} {
				expectRefused(func() error {
					_, err := caller.OpenTree(".", flags)
					return err
				}, unix.EPERM, []*harness.Subject{s, caller}, "%#x by %s", flags, caller.Name())
			}
		}
		Arrange(below.Unshare(unix.CLONE_NEWNS))
		for _, caller := range []*harness.Subject{only(s), below, colony(s)} {
			_, err := caller.OpenTree(".", whole)
			Expect(err).NotTo(HaveOccurred(), caller.Name())
		}
	})

	It("with AT_RECURSIVE needs OPEN_TREE_CLONE", Proves("mount-open-tree-recursive-needs-clone-einval"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		for _, caller := range []*harness.Subject{s, powerless(s)} {
			for _, more := range []int{0, unix.OPEN_TREE_CLOEXEC, unix.AT_SYMLINK_NOFOLLOW, unix.AT_NO_AUTOMOUNT, unix.AT_EMPTY_PATH} {
				expectRefused(func() error {
					_, err := caller.OpenTree(dir+"/tree", unix.AT_RECURSIVE|more)
					return err
				}, unix.EINVAL, []*harness.Subject{caller}, "with %#x", more)
				_, err := caller.OpenTree(dir+"/tree", more)
				Expect(err).NotTo(HaveOccurred(), "without it, with %#x", more)
				_, err = s.OpenTree(dir+"/tree", unix.AT_RECURSIVE|unix.OPEN_TREE_CLONE|more)
				Expect(err).NotTo(HaveOccurred(), "with OPEN_TREE_CLONE, and with %#x", more)
			}
		}
	})
})
