package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// power is what a capability lets a process do with a file of others.
type power struct {
	what       string
	capability int
	folder     bool // rather than a regular file
	mode       uint32
	use        func(s *harness.Subject, path string) error
	errno      error // without it
}

func opening(flags int) func(s *harness.Subject, path string) error {
	return func(s *harness.Subject, path string) error {
		fd, err := s.Open(path, flags)
		if err == nil {
			err = s.Close(fd)
		}
		return err
	}
}

// powers need both ids of the file mapped.
var powers = []power{
	{"chown", unix.CAP_CHOWN, false, 0o600, func(s *harness.Subject, path string) error { return s.Chown(path, 4, -1) }, unix.EPERM},
	{"chown of the group", unix.CAP_CHOWN, false, 0o600, func(s *harness.Subject, path string) error { return s.Chown(path, -1, 4) }, unix.EPERM},
	{"chown of a directory", unix.CAP_CHOWN, true, 0o700, func(s *harness.Subject, path string) error { return s.Chown(path, 4, 4) }, unix.EPERM},
	{"opening to read", unix.CAP_DAC_OVERRIDE, false, 0, opening(unix.O_RDONLY), unix.EACCES},
	{"opening to write", unix.CAP_DAC_OVERRIDE, false, 0o444, opening(unix.O_WRONLY), unix.EACCES},
	{"creation in a directory", unix.CAP_DAC_OVERRIDE, true, 0o555, func(s *harness.Subject, path string) error {
		return s.WriteFile(fmt.Sprintf("%s/by-%d", path, s.PID()), "", unix.O_CREAT)
	}, unix.EACCES},
	{"opening to read", unix.CAP_DAC_READ_SEARCH, false, 0, opening(unix.O_RDONLY), unix.EACCES},
	{"listing a directory", unix.CAP_DAC_READ_SEARCH, true, 0o311, opening(unix.O_RDONLY | unix.O_DIRECTORY), unix.EACCES},
	{"searching a directory", unix.CAP_DAC_READ_SEARCH, true, 0o644, func(s *harness.Subject, path string) error {
		_, err := s.Stat(path + "/.")
		return err
	}, unix.EACCES},
	{"removal of another's file from a sticky directory", unix.CAP_FOWNER, true, 0o1777, func(s *harness.Subject, path string) error {
		return s.Rmdir(path + "/others")
	}, unix.EPERM},
}

// mappings are what a file's owner can be to a user namespace with the extents subordinate.
var mappings = []struct {
	what     string
	uid, gid int
	both     bool
	theUID   bool
}{
	{"both ids mapped", base + 2, base + 3, true, true},
	{"the first and the last mapped", base, base + 9, true, true},
	{"only the uid mapped", base + 2, outer, false, true},
	{"the gid before those mapped", base + 2, base - 1, false, true},
	{"only the gid mapped", outer, base + 3, false, false},
	{"no id mapped", outer, outer, false, false},
	{"the ids of root of the machine", 0, 0, false, false},
}

var _ = Specs("A file-related capability", Label("user"), func() {
	for _, p := range powers {
		promises := []string{"user-file-caps-need-uid-and-gid-mapped", "user-file-caps-useless-on-unmapped-file"}
		if p.capability == unix.CAP_FOWNER {
			promises = []string{"user-sticky-fowner-needs-uid-and-gid-mapped"}
		}
		It(fmt.Sprintf("%s allows %s only if both ids of the file are mapped", capabilityName(p.capability), p.what), Proves(promises...), func() {
			t := newStage()
			root := t.root(subordinate)
			able, unable := as(root, 7, 7, p.capability), as(root, 7, 7, allBut(p.capability)...)
			for _, m := range mappings {
				path := t.subject(p.folder, fmt.Sprint(m.uid, ":", m.gid), m.uid, m.gid, p.mode)
				Expect(p.use(unable, path)).To(MatchError(p.errno), "without the capability, %s", m.what)
				if m.both {
					Expect(p.use(able, path)).To(Succeed(), m.what)
				} else {
					Expect(p.use(able, path)).To(MatchError(p.errno), m.what)
				}
			}
		})
	}

	It("CAP_FSETID keeps the set-group-ID bit only if both ids of the file are mapped", Proves("user-file-caps-need-uid-and-gid-mapped"), func() {
		t := newStage()
		root := t.root(subordinate)
		for _, m := range mappings {
			if !m.theUID {
				continue // for its owner is to change the mode
			}
			for _, row := range []struct {
				caps []int
				kept bool
			}{{[]int{unix.CAP_FSETID}, m.both}, {nil, false}} {
				path := t.file(fmt.Sprint(m.uid, ":", m.gid, row.caps), "", m.uid, m.gid, 0o755)
				s := as(root, m.uid-base, 7, row.caps...)
				Expect(s.Chmod(path, 0o2755)).To(Succeed(), m.what)
				Expect(t.keeper.Stat(path)).To(HaveField("Mode", BeEquivalentTo(unix.S_IFREG|0o755|uint32(count(row.kept)*0o2000))), "%s with %v", m.what, row.caps)
			}
		}
		// A process whose uid is not mapped is the owner of its files all the same.
		s := Get(t.keeper.Fork())
		Arrange(s.Setresuid(-1, outer, -1))
		Arrange(s.Unshare(unix.CLONE_NEWUSER))
		Arrange(s.MapIDs(subordinate, subordinate))
		path := t.file("own", "", outer, base+3, 0o755)
		Expect(s.Chmod(path, 0o2755)).To(Succeed())
		Expect(t.keeper.Stat(path)).To(HaveField("Mode", BeEquivalentTo(unix.S_IFREG|0o755)), "only the gid mapped")
	})

	It("does not let a file be given to an id that is not mapped", Proves("user-chown-to-unmapped-einval"), func() {
		t := newStage()
		root := t.root("0 100000 5\n8 100020 2")
		path := t.file("file", "", base, base, 0o644)
		for _, row := range []struct {
			id     int
			mapped bool
		}{{4, true}, {5, false}, {7, false}, {8, true}, {9, true}, {10, false}, {65534, false}, {100000, false}, {1 << 31, false}} {
			for what, ids := range map[string][2]int{"uid": {row.id, -1}, "gid": {-1, row.id}, "both": {row.id, row.id}, "the uid too": {0, row.id}, "the gid too": {row.id, 0}} {
				before := Get(t.keeper.Stat(path))
				if row.mapped {
					Expect(root.Chown(path, ids[0], ids[1])).To(Succeed(), "%s %d", what, row.id)
					continue
				}
				Expect(root.Chown(path, ids[0], ids[1])).To(MatchError(unix.EINVAL), "%s %d", what, row.id)
				Expect(owner(t.keeper.Stat(path))).To(Equal([2]uint32{before.Uid, before.Gid}), "after the refusal of %s %d", what, row.id)
			}
		}
	})
})

// subject makes what a power is used on: a file, or a directory in which there is another's.
func (t *stage) subject(folder bool, name string, uid, gid int, mode uint32) string {
	if !folder {
		return t.file(name, "", uid, gid, mode)
	}
	path := t.folder(name, uid, gid, mode)
	t.folder(name+"/others", uid, gid, 0o755)
	return path
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func capabilityName(c int) string {
	return map[int]string{
		unix.CAP_CHOWN: "CAP_CHOWN", unix.CAP_DAC_OVERRIDE: "CAP_DAC_OVERRIDE", unix.CAP_DAC_READ_SEARCH: "CAP_DAC_READ_SEARCH",
		unix.CAP_FOWNER: "CAP_FOWNER", unix.CAP_FSETID: "CAP_FSETID",
	}[c]
}

// allBut are the capabilities about files except one, and except CAP_DAC_OVERRIDE,
// which allows all that CAP_DAC_READ_SEARCH does.
func allBut(capability int) (all []int) {
	for _, c := range []int{unix.CAP_CHOWN, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_SYS_ADMIN, unix.CAP_SETFCAP} {
		if c != capability {
			all = append(all, c)
		}
	}
	return all
}
