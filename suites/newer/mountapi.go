package newer

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// visit returns a child of s that has joined the mount namespace.
func visit(s *harness.Subject, fd int) *harness.Subject {
	visitor := Get(s.Fork())
	Expect(visitor.Setns(fd, unix.CLONE_NEWNS)).To(Succeed())
	return visitor
}

// tree has s mount a file system with a file, and in its folder "sub" another
// one with a file, and returns where.
func tree(s *harness.Subject) string {
	dir := T().TempDir()
	for _, dir := range []string{dir, dir + "/sub"} {
		Arrange(s.Mount("none", dir, "tmpfs", 0, ""))
		Arrange(s.WriteFile(dir+"/file", "there", unix.O_CREAT))
		Arrange(s.Mkdir(dir + "/sub"))
	}
	return dir
}

// mounter returns root in a mount namespace of its own.
func mounter() *harness.Subject {
	s := Spawn(harness.Named("mounter"))
	Arrange(s.Unshare(unix.CLONE_NEWNS))
	Arrange(s.MakePrivate())
	return s
}

var _ = Specs("open_tree with OPEN_TREE_NAMESPACE", Label("newer", "mnt"), func() {
	const flags = harness.OPEN_TREE_NAMESPACE | unix.OPEN_TREE_CLOEXEC

	for name, recursive := range map[string]int{"a mount": 0, "a mount with those below it": unix.AT_RECURSIVE} {
		It("returns a descriptor of a new mount namespace with a copy of "+name+" as its root", Proves("open-tree-namespace"), func() {
			s := mounter()
			dir := tree(s)
			home, before := ns(s, nsutil.Mnt), mounts(s)
			fd, err := s.OpenTree(dir, flags|recursive)
			Expect(err).NotTo(HaveOccurred())
			Expect(s.NSType(fd)).To(Equal(unix.CLONE_NEWNS))
			Expect(s.NSOf(fd)).NotTo(Equal(home))
			Expect(s.Fcntl(fd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
			Expect(ns(s, nsutil.Mnt)).To(Equal(home), "the caller stays where it is")
			Expect(mounts(s)).To(Equal(before))

			visitor := visit(s, fd)
			Expect(visitor.ReadFile("/file")).To(Equal("there"))
			below := []string{}
			if recursive != 0 {
				below = []string{"file", "sub"}
			}
			Expect(visitor.ReadDir("/sub")).To(ConsistOf(below))
			_, err = visitor.Stat("/proc/self")
			Expect(err).To(MatchError(unix.ENOENT), "nothing else is there")

			By("mounting here and there")
			Arrange(s.Mount("none", dir+"/sub", "tmpfs", 0, ""))
			Expect(visitor.ReadDir("/sub")).To(ConsistOf(below))
			Arrange(visitor.Mount("none", "/sub", "tmpfs", 0, ""))
			Arrange(visitor.WriteFile("/sub/another", "", unix.O_CREAT))
			Expect(s.ReadDir(dir + "/sub")).To(BeEmpty())
			Arrange(visitor.WriteFile("/shared", "by both", unix.O_CREAT))
			Expect(s.ReadFile(dir+"/shared")).To(Equal("by both"), "the file system is the same")
		})
	}

	It("needs CAP_SYS_ADMIN, and a directory", Proves("open-tree-namespace"), func() {
		s := mounter()
		dir := tree(s)
		before := descriptors(s)
		_, err := powerless(s).OpenTree(dir, flags)
		Expect(err).To(MatchError(unix.EPERM))
		_, err = s.OpenTree(dir, flags|unix.OPEN_TREE_CLONE)
		Expect(err).To(MatchError(unix.EINVAL), "with OPEN_TREE_CLONE")
		_, err = s.OpenTree(dir+"/file", flags)
		Expect(err).To(MatchError(unix.ENOTDIR), "a file")
		Expect(descriptors(s)).To(Equal(before))
		Expect(s.OpenTree(dir, flags)).To(BeNumerically(">=", 0))
	})
})

var _ = Specs("fsmount with FSMOUNT_NAMESPACE", Label("newer", "mnt"), func() {
	const flags = harness.FSMOUNT_NAMESPACE | unix.FSMOUNT_CLOEXEC
	fresh := func(s *harness.Subject) int {
		fs := Get(s.Fsopen("tmpfs"))
		Arrange(s.FsconfigCreate(fs))
		return fs
	}

	It("returns a descriptor of a new mount namespace with the fresh file system as its root", Proves("fsmount-namespace"), func() {
		s := mounter()
		home, before := ns(s, nsutil.Mnt), mounts(s)
		fd, err := s.Fsmount(fresh(s), flags)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.NSType(fd)).To(Equal(unix.CLONE_NEWNS))
		Expect(s.Fcntl(fd, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
		Expect(ns(s, nsutil.Mnt)).To(Equal(home), "the caller stays where it is")
		Expect(mounts(s)).To(Equal(before))

		visitor, another := visit(s, fd), visit(s, fd)
		Expect(ns(visitor, nsutil.Mnt)).NotTo(Equal(home))
		Expect(mounts(visitor)).To(Equal([]string{"/ tmpfs"}))
		Expect(visitor.ReadDir("/")).To(BeEmpty())
		Expect(visitor.WriteFile("/file", "new", unix.O_CREAT)).To(Succeed())
		Expect(another.ReadFile("/file")).To(Equal("new"))
		_, err = s.Stat("/file")
		Expect(err).To(MatchError(unix.ENOENT))

		second, err := s.Fsmount(fresh(s), flags)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.NSOf(second)).NotTo(Equal(Get(s.NSOf(fd))))
		Expect(visit(s, second).ReadDir("/")).To(BeEmpty(), "in another")
	})

	It("needs CAP_SYS_ADMIN", Proves("fsmount-namespace"), func() {
		s := mounter()
		fs := fresh(s)
		_, err := powerless(s).Fsmount(fs, flags)
		Expect(err).To(MatchError(unix.EPERM))
		Expect(s.Fsmount(fs, flags)).To(BeNumerically(">=", 0))
	})
})
