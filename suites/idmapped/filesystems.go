package idmapped

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/disk"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectSupport claims that an idmapped copy of the mount translates ids, both
// ways, for all that a file system itself does about them. It does not try what
// the file system lacks.
func expectSupport(s *harness.Subject, plain string, lacks ...string) {
	mapped := plain + "-mapped"
	Arrange(s.Chmod(plain, 0o777))
	file(s, plain+"/file", 1, 2)
	userns, _ := mapping(s, uids, gids)
	idmap(s, plain, mapped, userns)
	expectOwner(s, mapped+"/file", uid0+1, gid0+2)
	Expect(s.Chown(mapped+"/file", uid0+3, gid0+4)).To(Succeed())
	expectOwner(s, plain+"/file", 3, 4)
	Arrange(s.Chmod(plain+"/file", 0o600))

	translated, stored := as(s, uid0+3, gid0+4), as(s, 3, 4)
	Expect(open(translated, mapped+"/file", unix.O_RDWR)).To(Succeed())
	Expect(open(stored, mapped+"/file", unix.O_RDWR)).To(MatchError(unix.EACCES))
	Expect(stored.Chmod(mapped+"/file", 0o666)).To(MatchError(unix.EPERM))
	Expect(translated.Chmod(mapped+"/file", 0o644)).To(Succeed())
	for i, c := range creations[:5] {
		if slices.Contains(lacks, c.name) {
			continue
		}
		name := fmt.Sprintf("/%d", i)
		Expect(c.create(stored, mapped+name)).To(MatchError(unix.EOVERFLOW), c.name)
		Expect(c.create(translated, mapped+name)).To(Succeed(), c.name)
		expectOwner(s, plain+name, 3, 4, c.name)
	}
}

// expectReadOnlySupport claims that an idmapped copy of the mount translates the
// ids of the only file of a read-only file system, 3 and 4.
func expectReadOnlySupport(s *harness.Subject, plain string) {
	mapped := plain + "-mapped"
	userns, _ := mapping(s, uids, gids)
	idmap(s, plain, mapped, userns)
	expectOwner(s, mapped+"/file", uid0+3, gid0+4)
	expectOwner(s, plain+"/file", 3, 4)
	for _, ids := range []owner{{3, stranger}, {stranger, 4}} {
		translated := as(s, idOr(ids.uid, uid0), idOr(ids.gid, gid0))
		Expect(translated.ReadFile(mapped+"/file")).To(Equal("read-only"), "%v", ids)
		_, err := as(s, ids.uid, ids.gid).ReadFile(mapped + "/file")
		Expect(err).To(MatchError(unix.EACCES), "%v", ids)
	}
}

// idOr returns what an id is translated to, but for the stranger's.
func idOr(id, first int) int {
	if id == stranger {
		return id
	}
	return first + id
}

var _ = Specs("Idmapped mounts are supported by", labels(disk.All), func() {
	for _, fs := range []struct{ fstype, requirement, data string }{
		{"ext4", "idmap-on-xfs-ext4-fat", ""},
		{"xfs", "idmap-on-xfs-ext4-fat", "nouuid"},
		{"btrfs", "idmap-on-btrfs-and-ntfs3", ""},
		{"ntfs3", "idmap-on-btrfs-and-ntfs3", ""},
	} {
		It(fs.fstype, Proves(fs.requirement), func() {
			s, plain := stageOf()
			disk.Mount(s, plain, fs.fstype, 0, fs.data)
			expectSupport(s, plain)
		})
	}

	It("FAT", Proves("idmap-on-xfs-ext4-fat"), func() {
		s, plain := stageOf()
		disk.Mount(s, plain, "vfat", 0, "uid=3,gid=4")
		userns, _ := mapping(s, uids, gids)
		mapped := plain + "-mapped"
		idmap(s, plain, mapped, userns)
		translated, stored := as(s, uid0+3, gid0+4), as(s, 3, 4)
		Expect(translated.WriteFile(mapped+"/file", "text", unix.O_CREAT)).To(Succeed())
		expectOwner(s, mapped+"/file", uid0+3, gid0+4)
		expectOwner(s, plain+"/file", 3, 4)
		Expect(translated.WriteFile(plain+"/file", "text", 0)).To(MatchError(unix.EACCES))
		Expect(stored.WriteFile(mapped+"/file", "text", 0)).To(MatchError(unix.EACCES))
		Expect(stored.WriteFile(plain+"/file", "text", 0)).To(Succeed())
		Expect(s.Chown(mapped+"/file", uid0+3, gid0+4)).To(Succeed(), "to whom it belongs")
		Expect(s.Chown(mapped+"/file", uid0+5, gid0+4)).To(MatchError(unix.EPERM), "FAT stores no owners")
	})

	It("erofs", Proves("idmap-on-erofs"), func() {
		s, plain := stageOf()
		disk.Mount(s, plain, "erofs", unix.MS_RDONLY, "")
		expectReadOnlySupport(s, plain)
	})

	It("squashfs", Proves("idmap-on-squashfs"), func() {
		s, plain := stageOf()
		disk.Mount(s, plain, "squashfs", unix.MS_RDONLY, "")
		expectReadOnlySupport(s, plain)
	})
})

var _ = Specs("Idmapped mounts are supported by", Label("idmap"), func() {
	It("tmpfs", Proves("idmap-on-tmpfs"), func() {
		s, plain := stageOf()
		mounts.Tmpfs(s, plain)
		expectSupport(s, plain)
	})

	It("hugetlbfs", Proves("idmap-on-hugetlbfs"), func() {
		s, plain := stageOf()
		Arrange(s.Mount("none", plain, "hugetlbfs", 0, ""))
		expectSupport(s, plain, "symlink")
	})
})
