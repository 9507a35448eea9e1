package idmapped

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Through an idmapped mount", labels(kinds.Overflow), func() {
	It("ids without a mapping show as overflow ids", Proves("idmap-unmapped-ids-overflow"), func() {
		s, plain := stage()
		userns, _ := mapping(s, "10 100000 5\n20 100020 1", "30 200000 5\n20 200020 1")
		mapped := plain + "-mapped"
		uid, gid := kinds.OverflowIDs(s)
		nouid, nogid := int(uid), int(gid)
		ids := []struct{ uid, gid, shownUID, shownGID int }{
			{9, 30, nouid, 200000}, {15, 34, nouid, 200004}, {0, 20, nouid, 200020},
			{10, 29, 100000, nogid}, {14, 35, 100004, nogid}, {20, 0, 100020, nogid},
			{100000, 200000, nouid, nogid}, {19, 21, nouid, nogid}, {21, 19, nouid, nogid},
		}
		for i, id := range ids {
			file(s, fmt.Sprintf("%s/%d", plain, i), id.uid, id.gid)
		}
		idmap(s, plain, mapped, userns)
		for i, id := range ids {
			name := fmt.Sprintf("/%d", i)
			expectOwner(s, mapped+name, id.shownUID, id.shownGID, "%d:%d", id.uid, id.gid)
			expectOwner(s, plain+name, id.uid, id.gid)
		}
	})

	It("files whose ids have no mapping can be read, but neither written nor removed, not even by root", Proves("idmap-unmapped-ids-overflow"), func() {
		s, plain, mapped := stageMapped()
		Arrange(s.Chmod(plain, 0o777))
		root := withIDs(s, uid0, gid0)
		for _, ids := range []owner{{1000, 0}, {0, 1000}, {0, 0}} {
			name := fmt.Sprintf("/%d-%d", ids.uid, ids.gid)
			file(s, plain+name, ids.uid, ids.gid)
			Arrange(s.Chmod(plain+name, 0o666))
			Expect(root.ReadFile(mapped+name)).To(BeEmpty(), name)
			write, remove := root.WriteFile(mapped+name, "text", 0), root.Unlink(mapped+name)
			if ids.uid == 0 && ids.gid == 0 {
				Expect(write).To(Succeed(), "both have one")
				Expect(remove).To(Succeed(), "both have one")
				continue
			}
			Expect(write).To(MatchError(unix.EACCES), name)
			Expect(remove).To(MatchError(unix.EOVERFLOW), name)
			expectOwner(s, plain+name, ids.uid, ids.gid)
		}
	})

	It("creating a file with an unmapped fsuid or fsgid gives EOVERFLOW, in whatever way", Proves("idmap-creation-with-unmapped-ids-eoverflow"), func() {
		s, plain, mapped := stageMapped()
		Arrange(s.Chmod(plain, 0o777))
		most := len(creations)
		for _, row := range []struct {
			uid, gid int
			ways     int // how many of them
			errno    error
		}{
			{0, 0, most, unix.EOVERFLOW}, {1, 1, 2, unix.EOVERFLOW},
			{uid0 - 1, gid0, most, unix.EOVERFLOW}, {uid0 + 1000, gid0, 2, unix.EOVERFLOW}, {gid0, gid0, 2, unix.EOVERFLOW},
			{uid0, gid0 - 1, most, unix.EOVERFLOW}, {uid0, gid0 + 1000, 2, unix.EOVERFLOW}, {uid0, uid0, 2, unix.EOVERFLOW},
			{uid0, gid0, most, nil}, {uid0 + 999, gid0 + 999, most, nil},
		} {
			creator := withIDs(s, row.uid, row.gid)
			for i, c := range creations[:row.ways] {
				name := fmt.Sprintf("/%d-%d-%d", row.uid, row.gid, i)
				expectResult(c.create(creator, mapped+name), row.errno, "%s, %d:%d", c.name, row.uid, row.gid)
				if row.errno == nil {
					continue
				}
				_, err := s.Lstat(plain + name)
				Expect(err).To(MatchError(unix.ENOENT), "%s, %d:%d", c.name, row.uid, row.gid)
				Expect(c.create(creator, plain+name)).To(Succeed(), "%s, %d:%d, through the other mount", c.name, row.uid, row.gid)
			}
		}
	})

	It("creating a file goes by fsuid and fsgid, whatever the other ids are", Proves("idmap-creation-with-unmapped-ids-eoverflow"), func() {
		s, plain, mapped := stageMapped()
		Arrange(s.Chmod(plain, 0o777))
		try := func(fsuid, fsgid int, change func(creator *harness.Subject), errno error) {
			creator := Get(s.Fork())
			change(creator)
			Arrange(creator.Setfsgid(fsgid))
			Arrange(creator.Setfsuid(fsuid))
			name := fmt.Sprintf("/%d", creator.PID())
			expectResult(creator.Mkdir(mapped+name), errno, "%d:%d", fsuid, fsgid)
			_, err := s.Stat(plain + name)
			Expect(err == nil).To(Equal(errno == nil), "it is there: %d:%d", fsuid, fsgid)
		}
		stay := func(*harness.Subject) {}
		become := func(creator *harness.Subject) {
			Arrange(creator.Setresgid(gid0+1, gid0+1, -1))
			Arrange(creator.Setresuid(uid0+1, uid0+1, -1))
			Arrange(creator.Setresuid(-1, 0, -1))
		}
		try(uid0+1, gid0+1, stay, nil)
		try(0, gid0+1, stay, unix.EOVERFLOW)
		try(uid0+1, 0, stay, unix.EOVERFLOW)
		try(0, gid0+1, become, unix.EOVERFLOW)
		try(uid0+1, gid0+1, become, nil)
	})
})
