package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// program has the keeper make an executable that only waits.
func (t *stage) program(name string, uid, gid int, mode uint32) string {
	return t.file(name, string(program.Of(program.Waiting)), uid, gid, mode)
}

// run has s execute the program at path, and returns its status as the suite reads it.
func run(s *harness.Subject, path string) nsutil.Status {
	Expect(program.Run(s, path)).To(Succeed())
	return Get(nsutil.StatusOf(s.PID()))
}

// all are a process's ids that are the same: real, then those that a set-ID
// program changes.
func changed(real, others int) nsutil.CredIDs {
	id := uint32(others)
	return nsutil.CredIDs{Real: uint32(real), Effective: id, Saved: id, FS: id}
}

// setIDs are the set-ID bits a program can have.
var setIDs = []struct {
	what     string
	mode     uint32
	uid, gid bool
}{
	{"set-user-ID", 0o4755, true, false}, {"set-group-ID", 0o2755, false, true}, {"set-user-ID and set-group-ID", 0o6755, true, true}, {"plain", 0o755, false, false},
}

var _ = Specs("A set-ID program", Label("user"), func() {
	for _, bits := range setIDs {
		It("that is "+bits.what+" changes to the ids of its file where both are mapped, else to none", Proves(
			"user-set-uid-program-sets-mapped-id", "user-set-uid-program-unmapped-ignored", "user-set-uid-program-unmapped-gid-suffices"), func() {
			t := newStage()
			root := t.root(subordinate)
			for _, m := range mappings {
				path := t.program(fmt.Sprint(m.uid, ":", m.gid), m.uid, m.gid, bits.mode)
				s := as(root, 7, 8)
				uid, gid := base+7, base+8
				if bits.uid && m.both {
					uid = m.uid
				}
				if bits.gid && m.both {
					gid = m.gid
				}
				status := run(s, path)
				Expect(status.UID).To(Equal(changed(base+7, uid)), m.what)
				Expect(status.GID).To(Equal(changed(base+8, gid)), m.what)
			}
			for _, m := range mappings[3:5] {
				s := Get(t.keeper.Fork())
				Arrange(s.Setresgid(base+8, base+8, base+8))
				Arrange(s.Setresuid(base+7, base+7, base+7))
				uid, gid := base+7, base+8
				if bits.uid {
					uid = m.uid
				}
				if bits.gid {
					gid = m.gid
				}
				status := run(s, t.path(fmt.Sprint(m.uid, ":", m.gid)))
				Expect(status.UID).To(Equal(changed(base+7, uid)), "outside, where %s", m.what)
				Expect(status.GID).To(Equal(changed(base+8, gid)), "outside, where %s", m.what)
			}
		})
	}

	It("goes by the map of the innermost user namespace", Proves("user-set-uid-program-sets-mapped-id", "user-set-uid-program-unmapped-ignored"), func() {
		t := newStage()
		root := t.root(subordinate)
		nested := below(root, "0 2 3")
		for _, row := range []struct {
			uid, gid int
			mapped   bool
		}{{base + 3, base + 4, true}, {base + 3, base + 5, false}, {base + 1, base + 3, false}} {
			path := t.program(fmt.Sprint(row.uid, ":", row.gid), row.uid, row.gid, 0o6755)
			status := run(as(root, 7, 7), path)
			Expect([]nsutil.CredIDs{status.UID, status.GID}).To(Equal([]nsutil.CredIDs{changed(base+7, row.uid), changed(base+7, row.gid)}), "above")
			status = run(as(nested, 0, 0), path)
			want := []nsutil.CredIDs{changed(base+2, base+2), changed(base+2, base+2)}
			if row.mapped {
				want = []nsutil.CredIDs{changed(base+2, row.uid), changed(base+2, row.gid)}
			}
			Expect([]nsutil.CredIDs{status.UID, status.GID}).To(Equal(want), "%+v", row)
		}
	})

	It("gives all capabilities where its owner is mapped to 0, and to no other", Proves("user-set-uid-root-is-mapped-zero"), func() {
		t := newStage()
		creator := Get(t.keeper.Fork())
		all := Get(creator.Capget())
		Get(creator.Prctl(unix.PR_SET_KEEPCAPS, 1))
		Arrange(creator.Setresuid(base+5, base+5, base+5))
		Arrange(creator.Capset(all))
		Get(creator.Prctl(unix.PR_SET_DUMPABLE, 1))
		Arrange(creator.Unshare(unix.CLONE_NEWUSER))
		Arrange(creator.MapIDs("0 100001 1\n2 100002 8", "0 100001 1\n2 100002 8"))
		root := becomeRoot(creator)
		last := Get(nsutil.StatusOf(root.PID())).CapBnd
		for _, row := range []struct {
			owner int
			what  string
			caps  nsutil.CapSet
		}{
			{base + 1, "of who is root inside", last}, {base + 5, "of who has made the user namespace", 0}, {base + 2, "of somebody inside", 0},
			{0, "of root of the machine", 0}, {base, "of somebody outside", 0},
		} {
			path := t.program(fmt.Sprint(row.owner), row.owner, base+2, 0o4755)
			status := run(as(root, 7, 7), path)
			Expect([]nsutil.CapSet{status.CapPrm, status.CapEff}).To(Equal([]nsutil.CapSet{row.caps, row.caps}), row.what)
		}
		s := as(t.keeper, base+7, base+7)
		status := run(s, t.path(fmt.Sprint(base+1)))
		Expect([]any{status.UID.Effective, status.CapPrm, status.CapEff}).To(Equal([]any{uint32(base + 1), nsutil.CapSet(0), nsutil.CapSet(0)}), "the same program outside")
	})
})
