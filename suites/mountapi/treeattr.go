package mountapi

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

// traits are mount attributes with an effect: what gives an errno with them to who
// is in a directory with "file" and a link to it, "link".
var traits = map[string]struct {
	attribute uint64
	try       func(s *harness.Subject) error
	errno     error
}{
	"MOUNT_ATTR_RDONLY": {unix.MOUNT_ATTR_RDONLY, func(s *harness.Subject) error { return s.Chmod("file", 0o755) }, unix.EROFS},
	"MOUNT_ATTR_NOEXEC": {unix.MOUNT_ATTR_NOEXEC, func(s *harness.Subject) error {
		_, err := s.Syscall("faccessat", unix.SYS_FACCESSAT, unix.AT_FDCWD, "file", unix.X_OK)
		return err
	}, unix.EACCES},
	"MOUNT_ATTR_NOSYMFOLLOW": {unix.MOUNT_ATTR_NOSYMFOLLOW, func(s *harness.Subject) error {
		_, err := s.ReadFile("link")
		return err
	}, unix.ELOOP},
}

// grove is plant with files that can be executed and have links to them.
func grove(s *harness.Subject, dir string) {
	plant(s, dir)
	for _, dir := range []string{dir, dir + "/sub"} {
		Arrange(s.Chmod(dir+"/file", 0o755))
		Arrange(s.Symlink("file", dir+"/link"))
	}
}

// in returns a child of s in a directory, which may be relative to its own.
func in(s *harness.Subject, dir string) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Chdir(dir))
	return child
}

var _ = Specs("open_tree_attr", Label("mount"), func() {
	for name, row := range traits {
		expect := func(s *harness.Subject, is bool, what ...any) {
			if is {
				Expect(row.try(s)).To(MatchError(row.errno), what...)
			} else {
				Expect(row.try(s)).To(Succeed(), what...)
			}
		}

		It("returns a copy that has "+name+" from the beginning, and leaves the original as it is", Proves("mount-open-tree-attr-before-return"), func() {
			s, dir := mounts.Stage()
			grove(s, dir+"/tree")
			before := Get(mounts.Table(s))
			for _, flags := range []int{one, whole} {
				fd, err := s.OpenTreeAttr(unix.AT_FDCWD, dir+"/tree", flags, unix.MountAttr{Attr_set: row.attribute})
				Expect(err).NotTo(HaveOccurred())
				expect(enter(s, fd), true, "the copy")
				expect(enter(s, Get(s.OpenTree(dir+"/tree", flags))), false, "a copy without")
				if flags == whole {
					expect(in(enter(s, fd), "sub"), true, "below")
				}
			}
			Expect(mounts.Table(s)).To(Equal(before))
			expect(in(s, dir+"/tree"), false, "the original")
			expect(in(s, dir+"/tree/sub"), false, "below the original")
		})

		It("returns a copy without the "+name+" of the original", Proves("mount-open-tree-attr-before-return"), func() {
			s, dir := mounts.Stage()
			grove(s, dir+"/tree")
			Arrange(s.MountSetattr(unix.AT_FDCWD, dir+"/tree", unix.AT_RECURSIVE, unix.MountAttr{Attr_set: row.attribute}))
			fd, err := s.OpenTreeAttr(unix.AT_FDCWD, dir+"/tree", whole, unix.MountAttr{Attr_clr: row.attribute})
			Expect(err).NotTo(HaveOccurred())
			expect(enter(s, fd), false, "the copy")
			expect(in(enter(s, fd), "sub"), false, "below")
			expect(in(s, dir+"/tree"), true, "the original")
			expect(in(s, dir+"/tree/sub"), true, "below the original")
		})

		It("sets "+name+" of the mount itself without OPEN_TREE_CLONE", Proves("mount-open-tree-attr-before-return"), func() {
			s, dir := mounts.Stage()
			grove(s, dir+"/tree")
			fd, err := s.OpenTreeAttr(unix.AT_FDCWD, dir+"/tree", unix.OPEN_TREE_CLOEXEC, unix.MountAttr{Attr_set: row.attribute})
			Expect(err).NotTo(HaveOccurred())
			expect(enter(s, fd), true, "by the descriptor")
			expect(in(s, dir+"/tree"), true, "by the path")
			expect(in(s, dir+"/tree/sub"), false, "below")
		})
	}

	for name, row := range map[string]struct{ before, set uint64 }{
		"shared": {unix.MS_PRIVATE, unix.MS_SHARED}, "private": {unix.MS_SHARED, unix.MS_PRIVATE}, "slave": {unix.MS_SHARED, unix.MS_SLAVE},
	} {
		It("returns a copy with the propagation type "+name, Proves("mount-open-tree-attr-before-return"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			Arrange(s.Mkdir(dir + "/target"))
			Arrange(s.MountSetattr(unix.AT_FDCWD, dir+"/tree", unix.AT_RECURSIVE, unix.MountAttr{Propagation: row.before}))
			before := Get(mounts.Table(s))
			fd, err := s.OpenTreeAttr(unix.AT_FDCWD, dir+"/tree", whole, unix.MountAttr{Propagation: row.set})
			Expect(err).NotTo(HaveOccurred())
			Expect(mounts.Table(s)).To(Equal(before))
			Arrange(attach(s, fd, dir+"/target", 0))
			for _, point := range []string{"/target", "/target/sub"} {
				Expect(Get(mounts.PropagationAt(s, dir+point)).Type()).To(Equal(name), point)
			}
		})
	}

	It("returns a copy with the ids of a user namespace", Proves("mount-open-tree-attr-before-return"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		mapped := settler(s)
		Arrange(mapped.MapIDs("0 60001 1", "0 60001 1"))
		ns := Get(s.OpenNS(mapped, nsutil.User))
		fd, err := s.OpenTreeAttr(unix.AT_FDCWD, dir+"/tree", whole, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns)})
		Expect(err).NotTo(HaveOccurred())
		for _, file := range []string{"file", "sub/file"} {
			st, err := enter(s, fd).Stat(file)
			Expect(err).NotTo(HaveOccurred())
			Expect([]uint32{st.Uid, st.Gid}).To(Equal([]uint32{alice, alice}), "%s of the copy", file)
			st, err = s.Stat(dir + "/tree/" + file)
			Expect(err).NotTo(HaveOccurred())
			Expect([]uint32{st.Uid, st.Gid}).To(Equal([]uint32{0, 0}), "%s of the original", file)
		}
	})

	It("returns nothing and changes nothing when it cannot set the attributes", Proves("mount-open-tree-attr-before-return"), func() {
		kinds.Need(nsutil.User)
		s, dir := mounts.Stage()
		grove(s, dir+"/tree")
		Arrange(s.Chdir(dir + "/tree"))
		callers := []*harness.Subject{without(s), powerless(s), settler(s)}
		rdonly := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		for _, flags := range []int{unix.OPEN_TREE_CLOEXEC, one, whole} {
			for _, caller := range callers {
				expectRefused(func() error {
					_, err := caller.OpenTreeAttr(unix.AT_FDCWD, ".", flags, rdonly)
					return err
				}, unix.EPERM, []*harness.Subject{s, caller}, "%#x by %s", flags, caller.Name())
			}
			for what, attr := range map[string]unix.MountAttr{
				"an unknown attribute":     {Attr_set: 1 << 40},
				"two propagation types":    {Propagation: unix.MS_SHARED | unix.MS_PRIVATE},
				"a descriptor of no kind":  {Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(Get(s.Open("file", unix.O_RDONLY)))},
				"half of the access times": {Attr_clr: unix.MOUNT_ATTR_NOATIME},
			} {
				expectRefused(func() error {
					_, err := s.OpenTreeAttr(unix.AT_FDCWD, ".", flags, attr)
					return err
				}, unix.EINVAL, []*harness.Subject{s}, fmt.Sprintf("%s, with %#x", what, flags))
			}
			Expect(s.Chmod("file", 0o755)).To(Succeed(), "it is writable still")
		}
	})
})
