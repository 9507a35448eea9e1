package idmapped

import (
	"encoding/binary"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const (
	fileCapability = "security.capability"
	accessACL      = "system.posix_acl_access"
	defaultACL     = "system.posix_acl_default"
)

// revision3 is the value of a file capability with a root id: CAP_KILL, permitted
// and effective.
func revision3(rootID int) []byte {
	return program.NamespacedFileCapabilities(1<<unix.CAP_KILL, uint32(rootID))
}

// acl is the value of an ACL with an entry of a user and one of a group, both of
// whom may read and write; others may not. See linux/posix_acl_xattr.h.
func acl(user, group int) []byte {
	value := binary.LittleEndian.AppendUint32(nil, 2)
	for _, entry := range []struct {
		tag, permissions uint16
		id               int
	}{
		{0x01, 6, -1}, {0x02, 6, user}, {0x04, 0, -1}, {0x08, 6, group}, {0x10, 6, -1}, {0x20, 0, -1},
	} {
		value = binary.LittleEndian.AppendUint16(value, entry.tag)
		value = binary.LittleEndian.AppendUint16(value, entry.permissions)
		value = binary.LittleEndian.AppendUint32(value, uint32(entry.id))
	}
	return value
}

// aclSize is the size of what [acl] returns.
const aclSize = 4 + 6*8

// needOption skips the spec where the file system of [stage] is known to be built
// without an option.
func needOption(tmpfs, ext4 string) {
	if kernelHas("6.3") {
		NeedKconfig(tmpfs)
	} else {
		NeedKconfig(ext4)
	}
}

// getACL has s call getxattr(2) with room for so many bytes.
func getACL(s *harness.Subject, path, name string, room int) ([]byte, error) {
	value := make([]byte, room)
	n, err := s.Syscall("getxattr", unix.SYS_GETXATTR, path, name, harness.Out(value), room)
	return value[:n], err
}

var _ = Specs("Through an idmapped mount", labels(), func() {
	It("root ids of file capabilities are translated, both ways", Proves("idmap-file-capability-root-id-translated"), func() {
		needOption("CONFIG_TMPFS_XATTR", "CONFIG_EXT4_FS_SECURITY")
		s, plain, mapped := stageMapped()
		for _, id := range []int{1, 5, 999} {
			name := fmt.Sprintf("/%d", id)
			for _, through := range []string{plain, mapped} {
				file(s, plain+name, 0, 0)
				if through == plain {
					Arrange(s.Setxattr(plain+name, fileCapability, revision3(id)))
				} else {
					Expect(s.Setxattr(mapped+name, fileCapability, revision3(uid0+id))).To(Succeed(), "root id %d", id)
				}
				Expect(s.Getxattr(plain+name, fileCapability)).To(Equal(revision3(id)), "root id %d, set through %s", id, through)
				Expect(s.Getxattr(mapped+name, fileCapability)).To(Equal(revision3(uid0+id)), "root id %d, set through %s", id, through)
				Arrange(s.Unlink(plain + name))
			}
		}
	})

	It("file capabilities work where their translated root id is root", Proves("idmap-file-capability-root-id-translated"), func() {
		needOption("CONFIG_TMPFS_XATTR", "CONFIG_EXT4_FS_SECURITY")
		s, plain := stage()
		userns, _ := mapping(s, uids, gids)
		_, translated := mapping(s, "0 100005 1\n1 60001 1", "0 200005 1\n1 60001 1")
		_, stored := mapping(s, "0 5 1\n1 60001 1", "0 5 1\n1 60001 1")
		mapped := plain + "-mapped"
		executable(s, plain+"/program")
		Arrange(s.Setxattr(plain+"/program", fileCapability, revision3(5)))
		idmap(s, plain, mapped, userns)
		for _, row := range []struct {
			of        *harness.Subject
			path      string
			permitted uint64
		}{
			{translated, mapped, 1 << unix.CAP_KILL}, {translated, plain, 0}, {stored, mapped, 0}, {stored, plain, 1 << unix.CAP_KILL},
		} {
			caller := inside(s, row.of)
			Arrange(caller.Setresgid(1, 1, 1))
			Arrange(caller.Setresuid(1, 1, 1))
			_, permitted := run(caller, row.path+"/program")
			Expect(permitted).To(Equal(row.permitted), "through %s", row.path)
		}
	})

	It("root of the user namespace sets file capabilities for itself", Proves("idmap-file-capability-root-id-translated"), func() {
		needOption("CONFIG_TMPFS_XATTR", "CONFIG_EXT4_FS_SECURITY")
		s, plain := stage()
		userns, owner := mapping(s, uids, gids)
		mapped := plain + "-mapped"
		file(s, plain+"/file", 0, 0)
		idmap(s, plain, mapped, userns)
		root := inside(s, owner)
		revision2 := append([]byte{1, 0, 0, 2}, revision3(0)[4:20]...)
		Expect(root.Setxattr(mapped+"/file", fileCapability, revision2)).To(Succeed())
		Expect(root.Getxattr(mapped+"/file", fileCapability)).To(Equal(revision2), "seen by itself")
		Expect(s.Getxattr(mapped+"/file", fileCapability)).To(Equal(revision3(uid0)), "seen from outside")
	})

	It("users and groups of POSIX ACLs are translated, both ways", Proves("idmap-posix-acl-translated"), func() {
		needOption("CONFIG_TMPFS_POSIX_ACL", "CONFIG_EXT4_FS_POSIX_ACL")
		s, plain, mapped := stageMapped()
		for _, name := range []string{accessACL, defaultACL} {
			for _, ids := range []owner{{0, 0}, {1, 2}, {999, 998}} {
				path := fmt.Sprintf("/%s-%d", name, ids.uid)
				Arrange(s.Mkdir(plain + path))
				for _, through := range []string{plain, mapped} {
					if through == plain {
						Arrange(s.Setxattr(plain+path, name, acl(ids.uid, ids.gid)))
					} else {
						Expect(s.Setxattr(mapped+path, name, acl(uid0+ids.uid, gid0+ids.gid))).To(Succeed(), "%s of %v", name, ids)
					}
					Expect(getACL(s, plain+path, name, aclSize)).To(Equal(acl(ids.uid, ids.gid)), "%s of %v, set through %s", name, ids, through)
					Expect(getACL(s, mapped+path, name, aclSize)).To(Equal(acl(uid0+ids.uid, gid0+ids.gid)), "%s of %v, set through %s", name, ids, through)
					Arrange(s.Removexattr(plain+path, name))
				}
			}
		}
	})

	It("POSIX ACLs are read translated, whatever room there is for them", Proves("idmap-posix-acl-translated-in-any-room"), func() {
		needOption("CONFIG_TMPFS_POSIX_ACL", "CONFIG_EXT4_FS_POSIX_ACL")
		s, plain, mapped := stageMapped()
		Arrange(s.Setxattr(plain, defaultACL, acl(1, 2)))
		for _, room := range []int{aclSize, aclSize + 1, aclSize + 8, 132, 4096} {
			Expect(getACL(s, plain, defaultACL, room)).To(Equal(acl(1, 2)), "room for %d bytes", room)
			got, err := getACL(s, mapped, defaultACL, room)
			Expect(err).NotTo(HaveOccurred(), "room for %d bytes", room)
			if noACLs := (room-4)%8 != 0; noACLs && string(got) == string(acl(1, 2)) {
				Deviates("idmap-acl-in-odd-room", "room for %d bytes gets what is stored", room)
				continue
			}
			Expect(got).To(Equal(acl(uid0+1, gid0+2)), "room for %d bytes", room)
		}
		_, err := getACL(s, mapped, defaultACL, aclSize-1)
		Expect(err).To(MatchError(unix.ERANGE), "too little room")
		got, size := make([]byte, aclSize), uintptr(aclSize)
		fd := Get(s.Open(mapped, unix.O_RDONLY|unix.O_CLOEXEC))
		Expect(s.Syscall("fgetxattr", unix.SYS_FGETXATTR, fd, defaultACL, harness.Out(got), aclSize)).To(Equal(size))
		Expect(got).To(Equal(acl(uid0+1, gid0+2)), "by fgetxattr")
		_, err = s.Syscall("fsetxattr", unix.SYS_FSETXATTR, fd, defaultACL, harness.In(acl(uid0+3, gid0+4)), aclSize, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(getACL(s, plain, defaultACL, aclSize)).To(Equal(acl(3, 4)), "set by fsetxattr")
	})

	It("access goes by the translated users and groups of POSIX ACLs, and new files inherit them", Proves("idmap-posix-acl-translated"), func() {
		needOption("CONFIG_TMPFS_POSIX_ACL", "CONFIG_EXT4_FS_POSIX_ACL")
		s, plain, mapped := stageMapped()
		Expect(s.Setxattr(mapped, defaultACL, acl(uid0+5, gid0+6))).To(Succeed())
		Arrange(s.Mknod(plain+"/inherited", unix.S_IFREG|0o666, 0))
		file(s, plain+"/file", 0, 0)
		Arrange(s.Setxattr(plain+"/file", accessACL, acl(5, 6)))
		for _, name := range []string{"/file", "/inherited"} {
			for _, row := range []struct {
				uid, gid                  int
				throughMapped, throughOne error
			}{
				{uid0 + 5, stranger, nil, unix.EACCES}, {5, stranger, unix.EACCES, nil},
				{stranger, gid0 + 6, nil, unix.EACCES}, {stranger, 6, unix.EACCES, nil},
				{stranger, stranger, unix.EACCES, unix.EACCES}, {gid0 + 5, uid0 + 6, unix.EACCES, unix.EACCES},
			} {
				caller := as(s, row.uid, row.gid)
				for path, errno := range map[string]error{mapped: row.throughMapped, plain: row.throughOne} {
					expectResult(open(caller, path+name, unix.O_RDWR), errno, "%d:%d, %s%s", row.uid, row.gid, path, name)
				}
			}
		}
	})
})
