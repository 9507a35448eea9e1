package idmapped

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// openTreeAttr has s copy a mount, or refer to one, with attributes.
func openTreeAttr(s *harness.Subject, path string, flags int, attr unix.MountAttr) (int, error) {
	return s.OpenTreeAttr(unix.AT_FDCWD, path, unix.OPEN_TREE_CLOEXEC|flags, attr)
}

// unmap removes a mapping.
var unmap = unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_IDMAP}

// another returns requests to replace a mapping by that of the user namespace.
func another(userns int) []unix.MountAttr {
	both := by(userns)
	both.Attr_clr = unix.MOUNT_ATTR_IDMAP
	return []unix.MountAttr{by(userns), both}
}

var _ = Specs("open_tree_attr", Label("idmap"), func() {
	const other0 = 100500 // what the other mapping makes of uid 0, and of gid 0 100000 more

	// stageTwo is stageMapped with a file of 1 and 2 and one more mapping.
	stageTwo := func() (s *harness.Subject, plain, mapped string, other int) {
		s, plain, mapped = stageMapped()
		file(s, plain+"/file", 1, 2)
		other, _ = mapping(s, "0 100500 10", "0 200500 10")
		return s, plain, mapped, other
	}

	It("with OPEN_TREE_CLONE gives a copy of an idmapped mount a different mapping", Proves("idmap-open-tree-attr-changes-mapping"), func() {
		s, plain, mapped, other := stageTwo()
		for i, request := range another(other) {
			mount, err := openTreeAttr(s, mapped, unix.OPEN_TREE_CLONE, request)
			Expect(err).NotTo(HaveOccurred())
			expectOwner(s, at(mount, "file"), other0+1, other0+100000+2)
			expectOwner(s, mapped+"/file", uid0+1, gid0+2, "the mount that was copied")
			expectOwner(s, plain+"/file", 1, 2, "the mount that is not idmapped")
			target := plain + []string{"-first", "-second"}[i]
			attach(s, mount, target)
			Expect(s.Chown(target+"/file", other0+3, other0+100000+4)).To(Succeed())
			expectOwner(s, plain+"/file", 3, 4)
			expectOwner(s, mapped+"/file", uid0+3, gid0+4)
			Expect(s.Chown(target+"/file", uid0+1, -1)).To(MatchError(unix.EOVERFLOW), "by the former mapping")
			Arrange(s.Chown(plain+"/file", 1, 2))
		}
		mount, err := openTreeAttr(s, plain, unix.OPEN_TREE_CLONE, by(other))
		Expect(err).NotTo(HaveOccurred(), "of a mount that is not idmapped")
		expectOwner(s, at(mount, "file"), other0+1, other0+100000+2)
		Expect(setattr(s, mount, by(other))).To(MatchError(unix.EPERM), "once more, with mount_setattr")
		again, err := s.OpenTreeAttr(mount, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC, unmap)
		Expect(err).NotTo(HaveOccurred(), "of a copy that is not attached")
		expectOwner(s, at(again, "file"), 1, 2)
	})

	It("with MOUNT_ATTR_IDMAP in attr_clr removes the mapping from the copy", Proves("idmap-open-tree-attr-removes-mapping"), func() {
		s, plain, mapped, other := stageTwo()
		unused := unmap
		unused.Userns_fd = uint64(other)
		readonly := unmap
		readonly.Attr_set = unix.MOUNT_ATTR_RDONLY
		for _, request := range []unix.MountAttr{unmap, unused, readonly} {
			mount, err := openTreeAttr(s, mapped, unix.OPEN_TREE_CLONE, request)
			Expect(err).NotTo(HaveOccurred())
			expectOwner(s, at(mount, "file"), 1, 2)
			expectOwner(s, mapped+"/file", uid0+1, gid0+2, "the mount that was copied")
			if request == readonly {
				Expect(s.Chown(at(mount, "file"), 3, 4)).To(MatchError(unix.EROFS))
				continue
			}
			Expect(s.Chown(at(mount, "file"), 3, 4)).To(Succeed())
			expectOwner(s, plain+"/file", 3, 4)
			Expect(open(s, at(mount, "made"), unix.O_CREAT|unix.O_WRONLY)).To(Succeed())
			expectOwner(s, plain+"/made", 0, 0)
			Expect(setattr(s, mount, by(other))).To(Succeed(), "the copy can be idmapped afresh")
			Arrange(s.Chown(plain+"/file", 1, 2))
		}
		mount, err := openTreeAttr(s, plain, unix.OPEN_TREE_CLONE, unmap)
		Expect(err).NotTo(HaveOccurred(), "of a mount that is not idmapped")
		expectOwner(s, at(mount, "file"), 1, 2)
	})

	both := Proves("idmap-open-tree-attr-changes-mapping", "idmap-open-tree-attr-removes-mapping")
	It("with AT_RECURSIVE changes and removes the mappings of a whole tree", both, func() {
		s, plain, mapped, other := stageTwo()
		Arrange(s.Mkdir(plain + "/sub"))
		Arrange(s.Bind(mapped, mapped+"/sub"))
		const flags = unix.OPEN_TREE_CLONE | unix.AT_RECURSIVE
		for _, request := range append(another(other), unmap) {
			mount, err := openTreeAttr(s, mapped, flags, request)
			Expect(err).NotTo(HaveOccurred())
			for _, path := range []string{"file", "sub/file"} {
				if request == unmap {
					expectOwner(s, at(mount, path), 1, 2)
				} else {
					expectOwner(s, at(mount, path), other0+1, other0+100000+2)
				}
				expectOwner(s, mapped+"/"+path, uid0+1, gid0+2)
			}
		}
	})

	It("without OPEN_TREE_CLONE refuses to change or remove a mapping", Proves("idmap-open-tree-attr-needs-clone"), func() {
		s, _, mapped, other := stageTwo()
		for _, row := range []struct {
			request  unix.MountAttr
			errno    error
			uid, gid int // what a kernel that does it would show
		}{
			{another(other)[0], unix.EPERM, other0 + 1, other0 + 100000 + 2},
			{another(other)[1], unix.EINVAL, other0 + 1, other0 + 100000 + 2},
			{unmap, unix.EINVAL, 1, 2},
		} {
			_, err := openTreeAttr(s, mapped, 0, row.request)
			Expect(err).To(MatchError(row.errno), "%+v, attached", row.request)
			expectOwner(s, mapped+"/file", uid0+1, gid0+2)
			floating := detached(s, mapped, 0)
			_, err = s.OpenTreeAttr(floating, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC, row.request)
			if err == nil && Get(ownerOf(s, at(floating, "file"))) == (owner{row.uid, row.gid}) {
				Deviates("idmap-open-tree-attr-changes-in-place", "%+v changes a mount that is not attached", row.request)
			} else {
				Expect(err).To(MatchError(row.errno), "%+v, not attached", row.request)
				expectOwner(s, at(floating, "file"), uid0+1, gid0+2)
			}
			Expect(openTreeAttr(s, mapped, unix.OPEN_TREE_CLONE, row.request)).To(BeNumerically(">=", 0), "with it")
		}
		Expect(openTreeAttr(s, mapped, 0, set(unix.MOUNT_ATTR_NODEV))).To(BeNumerically(">=", 0), "another attribute")
		Expect(optionsAt(s, mapped)).To(ContainSubstring("nodev"))
	})
})
