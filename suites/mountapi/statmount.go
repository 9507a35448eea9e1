package mountapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// everything is all that statmount can be asked for but the id maps, at which
// kernels before Linux 6.18 may crash.
const everything = harness.STATMOUNT_SUPPORTED_MASK<<1 - 1

// statmountSize is how many bytes struct statmount has without strings.
const statmountSize = 512

// ask returns what statmount tells s of the mount with the unique id.
func ask(s *harness.Subject, mount uint64) (harness.MountStatus, error) {
	return s.Statmount(harness.MountRequest{Mount: mount, Param: everything}, 0)
}

// each calls claim with what mountinfo shows and statmount tells of all mounts of the variety.
func each(claim func(s *harness.Subject, shown *mountinfo.Info, told harness.MountStatus)) {
	s, dir := mounts.Stage()
	for _, point := range display(s, dir) {
		By(point)
		told, err := ask(s, Get(s.UniqueMountID(point)))
		Expect(err).NotTo(HaveOccurred(), point)
		claim(s, Get(mounts.At(s, point)), told)
	}
}

var _ = Specs("statmount", Label("mount"), func() {
	It("tells the ids, the attributes, the root and the point of a mount", Proves("mount-statmount-describes-mount"), func() {
		seen := map[uint64]bool{}
		each(func(s *harness.Subject, shown *mountinfo.Info, told harness.MountStatus) {
			Expect(told.ID).To(Equal(Get(s.UniqueMountID(shown.Mountpoint))), shown.Mountpoint)
			Expect(seen[told.ID]).To(BeFalse(), "the id is unique")
			seen[told.ID] = true
			Expect([]int{int(told.OldID), int(told.OldParent)}).To(Equal([]int{shown.ID, shown.Parent}), shown.Mountpoint)
			parent, err := ask(s, told.Parent)
			Expect(err).NotTo(HaveOccurred(), "the parent of %s", shown.Mountpoint)
			Expect(int(parent.OldID)).To(Equal(shown.Parent), "the parent of %s", shown.Mountpoint)
			Expect(parent.ID).To(Equal(told.Parent))
			Expect(told.Attributes).To(Equal(attributesOf(shown)), "%s with %s", shown.Mountpoint, shown.Options)
			Expect([]string{told.Root, told.Point}).To(Equal([]string{shown.Root, shown.Mountpoint}))
		})
	})

	It("tells what is so now, of the same mount by the same id", Proves("mount-statmount-describes-mount"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		for _, name := range []string{"/place", "/place/target"} {
			Arrange(s.Mkdir(dir + name))
		}
		tree, sub, base := Get(s.UniqueMountID(dir+"/tree")), Get(s.UniqueMountID(dir+"/tree/sub")), Get(s.UniqueMountID(dir))
		expect := func(mount, parent uint64, point string, attributes uint64) {
			told, err := ask(s, mount)
			Expect(err).NotTo(HaveOccurred())
			Expect([]any{told.ID, told.Parent, told.Point, told.Attributes}).To(Equal([]any{mount, parent, point, attributes}))
		}
		expect(tree, base, dir+"/tree", 0)
		expect(sub, tree, dir+"/tree/sub", 0)
		Arrange(shift(s, dir+"/tree", dir+"/place/target", 0))
		expect(tree, base, dir+"/place/target", 0)
		expect(sub, tree, dir+"/place/target/sub", 0)
		Arrange(s.Mount("none", dir+"/place/target", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID, ""))
		expect(tree, base, dir+"/place/target", unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID)
		expect(sub, tree, dir+"/place/target/sub", 0)
		Arrange(s.Rename(dir+"/place", dir+"/renamed"))
		expect(sub, tree, dir+"/renamed/target/sub", 0)
		Arrange(s.Umount(dir+"/renamed/target/sub", 0))
		Arrange(s.Mount("none", dir+"/renamed/target/sub", "tmpfs", 0, ""))
		again := Get(s.UniqueMountID(dir + "/renamed/target/sub"))
		Expect(again).To(BeNumerically(">", sub), "an id is not used again")
		expect(again, tree, dir+"/renamed/target/sub", 0)
		Expect(int(Get(ask(s, again)).OldID)).To(Equal(Get(mounts.At(s, dir+"/renamed/target/sub")).ID))
	})

	It("tells where the root of a mount was when it is removed, and that a mount has id maps", Proves("mount-statmount-describes-mount"), func() {
		s, dir := mounts.Stage()
		for _, name := range []string{"/part", "/target"} {
			Arrange(s.Mkdir(dir + name))
		}
		Arrange(s.WriteFile(dir+"/file", "", unix.O_CREAT))
		Arrange(s.WriteFile(dir+"/on", "", unix.O_CREAT))
		Arrange(s.Bind(dir+"/part", dir+"/target"))
		Arrange(s.Bind(dir+"/file", dir+"/on"))
		Arrange(s.Rmdir(dir + "/part"))
		mapped(s, dir+"/mapped", "0 60001 1", "0 60001 1")
		for _, point := range []string{"/target", "/on", "/mapped"} {
			shown, told := Get(mounts.At(s, dir+point)), Get(ask(s, Get(s.UniqueMountID(dir+point))))
			Expect([]any{told.Root, told.Point, told.Attributes}).To(Equal([]any{shown.Root, shown.Mountpoint, attributesOf(shown)}), point)
		}
	})

	It("tells the device, the magic number, the flags and the type of the file system", Proves("mount-statmount-describes-file-system"), func() {
		each(func(s *harness.Subject, shown *mountinfo.Info, told harness.MountStatus) {
			Expect([]int{int(told.DevMajor), int(told.DevMinor)}).To(Equal([]int{shown.Major, shown.Minor}), shown.Mountpoint)
			flags, _ := superOptions(shown)
			Expect(told.SBFlags).To(Equal(flags), "%s with %s", shown.Mountpoint, shown.VFSOptions)
			Expect(told.Type).To(Equal(shown.FSType), shown.Mountpoint)
			var fs unix.Statfs_t
			Get(s.Syscall("statfs", unix.SYS_STATFS, shown.Mountpoint, harness.Struct(&fs)))
			Expect(told.Magic).To(BeEquivalentTo(fs.Type), shown.Mountpoint)
		})
	})

	It("tells the flags and the options that the file system has now, of each of its mounts", Proves("mount-statmount-describes-file-system", "mount-statmount-options"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Mkdir(dir + "/bound"))
		Arrange(s.Bind(dir+"/tree", dir+"/bound"))
		for _, row := range []struct {
			flags    int
			options  string
			expected uint32
		}{{unix.MS_RDONLY, "size=128k", unix.MS_RDONLY}, {unix.MS_SYNCHRONOUS, "size=64k", unix.MS_SYNCHRONOUS}, {0, "nr_inodes=99", 0}} {
			Arrange(s.Mount("none", dir+"/tree", "", unix.MS_REMOUNT|row.flags, row.options))
			for _, point := range []string{dir + "/tree", dir + "/bound"} {
				told, err := ask(s, Get(s.UniqueMountID(point)))
				Expect(err).NotTo(HaveOccurred())
				Expect(told.SBFlags).To(Equal(row.expected), point)
				Expect(strings.Split(told.Options, ",")).To(ContainElement(row.options), point)
			}
		}
	})

	It("tells the options of the file system", Proves("mount-statmount-options"), func() {
		each(func(s *harness.Subject, shown *mountinfo.Info, told harness.MountStatus) {
			_, options := superOptions(shown)
			Expect(told.Options).To(Equal(strings.Join(options, ",")), "%s with %s", shown.Mountpoint, shown.VFSOptions)
		})
	})

	It("tells the source of the mount, and the options of the file system one by one", Proves("mount-statmount-source-and-option-list"), func() {
		each(func(s *harness.Subject, shown *mountinfo.Info, told harness.MountStatus) {
			Expect(told.Source).To(Equal(shown.Source), shown.Mountpoint)
			_, options := superOptions(shown)
			Expect(append(slices.Clone(told.SecurityList), told.OptionList...)).To(ConsistOf(options), shown.Mountpoint)
			Expect(told.Subtype).To(BeEmpty(), "%s has none", shown.Mountpoint)
		})
	})

	It("tells what it is asked for and nothing else", Proves("mount-statmount-tells-what-is-asked"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		mount := Get(s.UniqueMountID(dir + "/tree"))
		all := Get(ask(s, mount))
		Expect(s.Statmount(harness.MountRequest{Mount: mount}, 0)).To(Equal(harness.MountStatus{Size: statmountSize}), "nothing")
		for what, bit := range map[string]uint64{
			"sb_basic": harness.STATMOUNT_SB_BASIC, "mnt_basic": harness.STATMOUNT_MNT_BASIC, "propagate_from": harness.STATMOUNT_PROPAGATE_FROM,
			"mnt_root": harness.STATMOUNT_MNT_ROOT, "mnt_point": harness.STATMOUNT_MNT_POINT, "fs_type": harness.STATMOUNT_FS_TYPE,
		} {
			Expect(all.Mask&bit).To(Equal(bit), "%s among everything", what)
			told, err := s.Statmount(harness.MountRequest{Mount: mount, Param: bit}, 0)
			Expect(err).NotTo(HaveOccurred(), what)
			Expect(told.Mask).To(Equal(bit), what)
			Expect(some(told)).To(Equal(some(part(all, bit))), what)
		}
	})

	It("says EOVERFLOW when the buffer has no room for a string", Proves("mount-statmount-tells-what-is-asked"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		request := harness.MountRequest{Mount: Get(s.UniqueMountID(dir + "/tree")), Param: harness.STATMOUNT_MNT_POINT | harness.STATMOUNT_MNT_BASIC}
		whole := Get(s.Statmount(request, 0))
		for _, missing := range []int{1, 2, len(whole.Point), len(whole.Point) + 1} {
			_, err := s.StatmountWithin(request, 0, whole.Size-missing)
			Expect(err).To(MatchError(unix.EOVERFLOW), "with %d bytes too few", missing)
		}
		for _, more := range []int{0, 1, 100} {
			Expect(s.StatmountWithin(request, 0, whole.Size+more)).To(Equal(whole), "with %d bytes more", more)
		}
		request.Param = harness.STATMOUNT_MNT_BASIC
		Expect(s.StatmountWithin(request, 0, 112)).To(HaveField("ID", request.Mount), "what comes without strings, of which there may be less")
	})

	It("says ENOENT for a mount that is not in the mount namespace", Proves("mount-statmount-unknown-id-enoent"), func() {
		s, dir := mounts.Stage()
		other := mounts.Beside(s)
		plant(s, dir+"/tree")
		mounts.Point(other, dir+"/theirs")
		mount, gone, theirs := Get(s.UniqueMountID(dir+"/tree")), Get(s.UniqueMountID(dir+"/tree/sub")), Get(other.UniqueMountID(dir+"/theirs"))
		Expect(ask(s, gone)).To(HaveField("ID", gone))
		Arrange(s.Umount(dir+"/tree/sub", 0))
		for what, id := range map[string]uint64{"that is unmounted": gone, "of another namespace": theirs, "that has never been": mount + 1<<40, "that will never be": 1<<64 - 2} {
			for _, caller := range []*harness.Subject{s, powerless(s)} {
				_, err := ask(caller, id)
				Expect(err).To(MatchError(unix.ENOENT), "a mount %s", what)
			}
		}
		Expect(ask(other, theirs)).To(HaveField("ID", theirs))
		Expect(ask(s, mount)).To(HaveField("ID", mount))
		detached := Get(s.OpenTree(dir+"/tree", one))
		_, err := ask(s, Get(enter(s, detached).UniqueMountID(".")))
		Expect(err).To(MatchError(unix.ENOENT), "a mount in no namespace")
	})
})

// part returns what has been told of one thing alone.
func part(m harness.MountStatus, bit uint64) (p harness.MountStatus) {
	p.Mask = bit
	switch bit {
	case harness.STATMOUNT_SB_BASIC:
		p.DevMajor, p.DevMinor, p.Magic, p.SBFlags = m.DevMajor, m.DevMinor, m.Magic, m.SBFlags
	case harness.STATMOUNT_MNT_BASIC:
		p.ID, p.Parent, p.OldID, p.OldParent, p.Attributes = m.ID, m.Parent, m.OldID, m.OldParent, m.Attributes
		p.Propagation, p.PeerGroup, p.Master = m.Propagation, m.PeerGroup, m.Master
	case harness.STATMOUNT_PROPAGATE_FROM:
		p.From = m.From
	case harness.STATMOUNT_MNT_ROOT:
		p.Root = m.Root
	case harness.STATMOUNT_MNT_POINT:
		p.Point = m.Point
	case harness.STATMOUNT_FS_TYPE:
		p.Type = m.Type
	}
	return p
}

// some returns all but the size, as text.
func some(m harness.MountStatus) string {
	m.Size = 0
	return fmt.Sprintf("%+v", m)
}
