package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// opens are the ways to open a file that a permission bit each is asked for.
var opens = []struct {
	what  string
	flags int
}{{"to read", unix.O_RDONLY}, {"to write", unix.O_WRONLY}, {"to read and write", unix.O_RDWR}}

var _ = Specs("Permissions", Label("user"), func() {
	It("of a file are those of who has its ids outside, whatever they are inside", Proves("user-file-permission-by-initial-ids"), func() {
		t := newStage()
		one, other := t.root(subordinate), t.root("5 100001 1\n0 100005 5")
		nested := below(one, "0 0 1\n7 1 3")
		for _, row := range []struct {
			who    *harness.Subject
			id     int
			passes bool
		}{
			{one, 1, true}, {one, 0, false}, {one, 2, false}, {other, 5, true}, {other, 0, false}, {nested, 7, true}, {nested, 0, false}, {nested, 8, false},
			{t.keeper, 100001, true}, {t.keeper, 1, false}, {t.keeper, 5, false},
		} {
			for _, by := range []struct {
				what           string
				owner          [2]int
				mode           uint32
				uid, gid, more int
			}{
				{"uid", [2]int{100001, 300000}, 0o600, row.id, 0, -1},
				{"gid", [2]int{300000, 100001}, 0o060, 0, row.id, -1},
				{"a supplementary group", [2]int{300000, 100001}, 0o060, 0, 0, row.id},
			} {
				path := t.path(by.what)
				if _, err := t.keeper.Stat(path); err != nil {
					t.file(by.what, "", by.owner[0], by.owner[1], by.mode)
				}
				s := dressedAs(row.who, by.uid, by.gid, by.more)
				for _, way := range opens {
					_, err := s.Open(path, way.flags)
					if row.passes {
						Expect(err).NotTo(HaveOccurred(), "%s, by %s %d of %s", way.what, by.what, row.id, row.who.Name())
					} else {
						Expect(err).To(MatchError(unix.EACCES), "%s, by %s %d of %s", way.what, by.what, row.id, row.who.Name())
					}
				}
				Arrange(s.End())
			}
		}
	})

	It("of a System V object are those of who has its ids outside, whatever they are inside", Proves("user-ipc-permission-by-initial-ids"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		kinds.Need(nsutil.User)
		outside := Spawn(harness.Cloned(nsutil.IPC), harness.Named("outside"))
		enter := func(extents string) *harness.Subject {
			s := Get(outside.Fork())
			Arrange(s.Unshare(unix.CLONE_NEWUSER))
			Arrange(s.MapIDs(extents, extents))
			return becomeRoot(s)
		}
		one, other := enter(subordinate), enter("5 100001 1\n0 100005 5")
		gets := map[string]func(s *harness.Subject, key, flags int) error{
			"shmget": func(s *harness.Subject, key, flags int) error { _, err := s.Shmget(key, 1, flags); return err },
			"msgget": func(s *harness.Subject, key, flags int) error { _, err := s.Msgget(key, flags); return err },
			"semget": func(s *harness.Subject, key, flags int) error { _, err := s.Semget(key, 1, flags); return err },
		}
		byUID, byGID := dressedAs(outside, 100001, 300000, -1), dressedAs(outside, 300000, 100001, -1)
		for call, get := range gets {
			Arrange(get(byUID, 1, unix.IPC_CREAT|0o600))
			Arrange(get(byGID, 2, unix.IPC_CREAT|0o060))
			for _, row := range []struct {
				who    *harness.Subject
				id     int
				passes bool
			}{{one, 1, true}, {one, 0, false}, {one, 2, false}, {other, 5, true}, {other, 1, false}, {outside, 100001, true}, {outside, 1, false}} {
				for key, s := range map[int]*harness.Subject{1: dressedAs(row.who, row.id, 0, -1), 2: dressedAs(row.who, 0, row.id, -1)} {
					by := fmt.Sprintf("%s by %s %d of %s", call, map[int]string{1: "uid", 2: "gid"}[key], row.id, row.who.Name())
					err := get(s, key, map[int]int{1: 0o600, 2: 0o660}[key])
					if row.passes {
						Expect(err).NotTo(HaveOccurred(), by)
					} else {
						Expect(err).To(MatchError(unix.EACCES), by)
					}
				}
			}
		}
	})
})

// dressedAs returns a child of root with the given ids, -1 being no supplementary
// group, and without capabilities.
func dressedAs(root *harness.Subject, uid, gid, more int) *harness.Subject {
	s := Get(root.Fork())
	Arrange(s.Setgroups())
	if more >= 0 {
		Arrange(s.Setgroups(more))
	}
	Arrange(s.Setresgid(gid, gid, gid))
	Arrange(s.Setresuid(uid, uid, uid))
	Arrange(s.Capset(harness.Capabilities{}))
	return s
}

var _ = Specs("Creating a file", Label("user"), func() {
	It("is refused to who has no ids in the file system's user namespace", Proves("user-file-creation-with-unmapped-ids-eoverflow"), func() {
		t := newStage()
		root := t.root(subordinate)
		Arrange(root.Unshare(unix.CLONE_NEWNS))
		Arrange(root.Mount("none", t.dir, "tmpfs", 0, "mode=777"))
		outside := Get(t.keeper.Fork())
		Arrange(outside.Join(root, nsutil.Mnt))
		creations := map[string]func(s *harness.Subject, path string) error{
			"open": func(s *harness.Subject, path string) error {
				_, err := s.Open(path, unix.O_CREAT|unix.O_WRONLY)
				return err
			},
			"mkdir":   func(s *harness.Subject, path string) error { return s.Mkdir(path) },
			"mknod":   func(s *harness.Subject, path string) error { return s.Mknod(path, unix.S_IFIFO|0o600, 0) },
			"symlink": func(s *harness.Subject, path string) error { return s.Symlink("x", path) },
		}
		for _, row := range []struct {
			uid, gid int
			mapped   bool
		}{{base, base, true}, {base + 9, base + 9, true}, {outer, base, false}, {base, outer, false}, {0, 0, false}, {base - 1, base, false}} {
			for call, create := range creations {
				s := dressedAs(outside, row.uid, row.gid, -1)
				path := t.path(fmt.Sprintf("%s-%d-%d", call, row.uid, row.gid))
				if row.mapped {
					Expect(create(s, path)).To(Succeed(), "%s by %d:%d", call, row.uid, row.gid)
				} else {
					Expect(create(s, path)).To(MatchError(unix.EOVERFLOW), "%s by %d:%d", call, row.uid, row.gid)
					_, err := s.Lstat(path)
					Expect(err).To(MatchError(unix.ENOENT), "%s by %d:%d", call, row.uid, row.gid)
				}
				Arrange(s.End())
			}
		}
	})
})
