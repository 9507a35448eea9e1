package idmapped

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// creations are the ways to create something at a path.
var creations = []struct {
	name   string
	create func(s *harness.Subject, path string) error
}{
	{"open", func(s *harness.Subject, path string) error {
		return open(s, path, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY)
	}},
	{"mkdir", func(s *harness.Subject, path string) error { return s.Mkdir(path) }},
	{"mknod, a file", func(s *harness.Subject, path string) error { return s.Mknod(path, unix.S_IFREG|0o600, 0) }},
	{"mknod, a FIFO", func(s *harness.Subject, path string) error { return s.Mknod(path, unix.S_IFIFO|0o600, 0) }},
	{"symlink", func(s *harness.Subject, path string) error { return s.Symlink("nowhere", path) }},
	{"bind", func(s *harness.Subject, path string) error {
		socket := Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
		defer s.Close(socket)
		return s.BindUnix(socket, path)
	}},
	{"open with O_TMPFILE, and linkat", tmpfile},
}

// tmpfile has s create a file without a name, and then give it one.
func tmpfile(s *harness.Subject, path string) error {
	fd, err := s.Open(filepath.Dir(path), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	defer s.Close(fd)
	file := fmt.Sprintf("/proc/self/fd/%d", fd)
	_, err = s.Syscall("linkat", unix.SYS_LINKAT, unix.AT_FDCWD, file, unix.AT_FDCWD, path, harness.Hex(unix.AT_SYMLINK_FOLLOW))
	return err
}

var _ = Specs("Through an idmapped mount", labels(), func() {
	It("stat shows ids translated by the mapping, each by its own extent", Proves("idmap-stat-shows-mapped-ids", "idmap-takes-mapping-of-userns-fd"), func() {
		s, plain := stage()
		userns, _ := mapping(s, "0 100000 10\n10 100500 5\n40 100020 1", "20 200000 10\n0 200500 1")
		ids := []struct{ uid, gid, mappedUID, mappedGID int }{
			{0, 0, 100000, 200500}, {1, 20, 100001, 200000}, {9, 21, 100009, 200001},
			{10, 29, 100500, 200009}, {14, 25, 100504, 200005}, {40, 20, 100020, 200000},
		}
		for i, id := range ids {
			file(s, fmt.Sprintf("%s/%d", plain, i), id.uid, id.gid)
		}
		mapped := plain + "-mapped"
		idmap(s, plain, mapped, userns)
		for i, id := range ids {
			expectOwner(s, fmt.Sprintf("%s/%d", mapped, i), id.mappedUID, id.mappedGID)
			expectOwner(s, fmt.Sprintf("%s/%d", plain, i), id.uid, id.gid)
		}
	})

	It("stat shows ids translated of whatever kind of file", Proves("idmap-stat-shows-mapped-ids"), func() {
		s, plain, mapped := stageMapped()
		for i, c := range creations {
			name := fmt.Sprintf("/%d", i)
			Arrange(c.create(s, plain+name))
			Arrange(s.Chown(plain+name, i+1, i+11))
			expectOwner(s, mapped+name, uid0+i+1, gid0+i+11, c.name)
		}
		expectOwner(s, mapped, uid0, gid0, "the root of the mount")
	})

	It("fstat, statx and O_PATH descriptors show ids translated, too", Proves("idmap-stat-shows-mapped-ids"), func() {
		s, plain, mapped := stageMapped()
		file(s, plain+"/file", 1, 2)
		for path, shown := range map[string]owner{plain: {1, 2}, mapped: {uid0 + 1, gid0 + 2}} {
			for _, flags := range []int{unix.O_RDONLY, unix.O_RDWR, unix.O_PATH} {
				st, err := s.Fstat(Get(s.Open(path+"/file", flags|unix.O_CLOEXEC)))
				Expect(err).NotTo(HaveOccurred())
				Expect(owner{int(st.Uid), int(st.Gid)}).To(Equal(shown), "fstat, %s, flags %#x", path, flags)
			}
			var stx unix.Statx_t
			_, err := s.Syscall("statx", unix.SYS_STATX, unix.AT_FDCWD, path+"/file", 0, harness.Hex(unix.STATX_UID|unix.STATX_GID), harness.Struct(&stx))
			Expect(err).NotTo(HaveOccurred())
			Expect(owner{int(stx.Uid), int(stx.Gid)}).To(Equal(shown), "statx, %s", path)
		}
	})

	It("files are created with the ids mapped back, in whatever way", Proves("idmap-creation-stores-inverse"), func() {
		s, plain, mapped := stageMapped()
		Arrange(s.Chmod(plain, 0o777))
		for i, ids := range []owner{{0, 0}, {1, 2}, {999, 0}, {0, 999}} {
			creator := as(s, uid0+ids.uid, gid0+ids.gid)
			for j, c := range creations {
				name := fmt.Sprintf("/%d-%d", i, j)
				Expect(c.create(creator, mapped+name)).To(Succeed(), c.name)
				expectOwner(s, plain+name, ids.uid, ids.gid, c.name)
				expectOwner(s, mapped+name, uid0+ids.uid, gid0+ids.gid, c.name)
			}
		}
	})

	It("files are created with fsuid and fsgid mapped back, and with the gid of a set-group-ID directory", Proves("idmap-creation-stores-inverse"), func() {
		s, plain, mapped := stageMapped()
		for i, dir := range []string{"/usual", "/set-group-id"} {
			Arrange(s.Mkdir(plain + dir))
			Arrange(s.Chown(plain+dir, 1, 7))
			Arrange(s.Chmod(plain+dir, 0o777|uint32(i)*unix.S_ISGID))
			creator := Get(s.Fork())
			Arrange(creator.Setfsgid(gid0 + 6))
			Arrange(creator.Setfsuid(uid0 + 5))
			for _, c := range creations {
				path := dir + "/" + c.name
				Expect(c.create(creator, mapped+path)).To(Succeed(), c.name)
				expectOwner(s, plain+path, 5, 6+i, path)
			}
		}
	})

	It("chown stores the ids mapped back", Proves("idmap-chown-stores-inverse"), func() {
		s, plain, mapped := stageMapped()
		file(s, plain+"/file", 1, 2)
		Arrange(s.Symlink("nowhere", plain+"/link"))
		for _, row := range []struct{ uid, gid, storedUID, storedGID int }{
			{uid0 + 3, gid0 + 4, 3, 4}, {-1, gid0 + 999, 3, 999}, {uid0 + 999, -1, 999, 999}, {uid0, gid0, 0, 0},
		} {
			Expect(s.Chown(mapped+"/file", row.uid, row.gid)).To(Succeed())
			expectOwner(s, plain+"/file", row.storedUID, row.storedGID)
			expectOwner(s, mapped+"/file", uid0+row.storedUID, gid0+row.storedGID)
		}
		Expect(s.Chown(mapped+"/link", uid0+5, gid0+6)).To(Succeed())
		expectOwner(s, plain+"/link", 5, 6)
		fd := Get(s.Open(mapped+"/file", unix.O_RDONLY|unix.O_CLOEXEC))
		_, err := s.Syscall("fchown", unix.SYS_FCHOWN, fd, uid0+7, gid0+8)
		Expect(err).NotTo(HaveOccurred())
		expectOwner(s, plain+"/file", 7, 8)
	})

	It("chown to an id without a mapping gives EOVERFLOW", Proves("idmap-chown-stores-inverse"), func() {
		s, plain, mapped := stageMapped()
		file(s, plain+"/file", 1, 2)
		for _, id := range []int{0, 1, uid0 - 1, uid0 + 1000, gid0 - 1} {
			Expect(s.Chown(mapped+"/file", id, -1)).To(MatchError(unix.EOVERFLOW), "uid %d", id)
		}
		for _, id := range []int{0, 2, uid0, gid0 - 1, gid0 + 1000} {
			Expect(s.Chown(mapped+"/file", -1, id)).To(MatchError(unix.EOVERFLOW), "gid %d", id)
		}
		expectOwner(s, plain+"/file", 1, 2)
	})

	It("340 mappings each for uids and gids are used", Proves("idmap-340-mappings"), func() {
		const most = 340
		for _, count := range []int{1, 5, 6, most} {
			const gid0 = 20000                                     // a map has to fit in a page
			outer := func(i int) int { return 10000 + 2*(most-i) } // the other way round
			var uids, gids string
			for i := range count {
				uids += fmt.Sprintf("\n%d %d 1", i, outer(i))
				gids += fmt.Sprintf("\n%d %d 1", 2*i, gid0+2*i)
			}
			s, plain := stage()
			userns, _ := mapping(s, uids[1:], gids[1:])
			mapped := plain + "-mapped"
			idmap(s, plain, mapped, userns)
			Arrange(s.WriteFile(plain+"/file", "", unix.O_CREAT))
			step := int(math.Ceil(float64(count) / 12))
			for i := 0; i < count; i += step {
				if i+step >= count {
					i = count - 1
				}
				Arrange(s.Chown(plain+"/file", i, 2*i))
				expectOwner(s, mapped+"/file", outer(i), gid0+2*i, "mapping %d of %d", i, count)
				Expect(s.Chown(mapped+"/file", outer(count-1-i), gid0+2*(count-1-i))).To(Succeed(), "back")
				expectOwner(s, plain+"/file", count-1-i, 2*(count-1-i), "back, mapping %d of %d", count-1-i, count)
			}
		}
	})
})
