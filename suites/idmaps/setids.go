package idmaps

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

// setCall is a way to set ids: it has the id in one of its arguments, or in all,
// and -1 in the others.
type setCall struct {
	name string
	nr   uintptr
	args func(id int) []any
	sets [3]bool // the real, the effective and the saved id
}

func (c setCall) do(s *harness.Subject, id int) error {
	_, err := s.Syscall(c.name, c.nr, c.args(id)...)
	return err
}

// expectSet claims that the ids that the call sets are this one outside.
func (c setCall) expectSet(ids nsutil.CredIDs, id uint32) {
	for i, is := range []uint32{ids.Real, ids.Effective, ids.Saved} {
		if c.sets[i] {
			Expect(is).To(Equal(id), "real, effective and saved id outside are %v after %s%v", ids, c.name, c.args(0))
		}
	}
}

// setCalls returns every way to set uids, or gids.
func setCalls(one, two, three string, nr1, nr2, nr3 uintptr) []setCall {
	all := []setCall{
		{one, nr1, func(id int) []any { return []any{id} }, [3]bool{true, true, true}},
		{two, nr2, func(id int) []any { return []any{id, -1} }, [3]bool{true, false, false}},
		{two, nr2, func(id int) []any { return []any{-1, id} }, [3]bool{false, true, false}},
		{two, nr2, func(id int) []any { return []any{id, id} }, [3]bool{true, true, false}},
		{three, nr3, func(id int) []any { return []any{id, id, id} }, [3]bool{true, true, true}},
	}
	for i := range 3 {
		all = append(all, setCall{three, nr3, func(id int) []any {
			args := []any{-1, -1, -1}
			args[i] = id
			return args
		}, [3]bool{i == 0, i == 1, i == 2}})
	}
	return all
}

var (
	setUIDs = setCalls("setuid", "setreuid", "setresuid", unix.SYS_SETUID, unix.SYS_SETREUID, unix.SYS_SETRESUID)
	setGIDs = setCalls("setgid", "setregid", "setresgid", unix.SYS_SETGID, unix.SYS_SETREGID, unix.SYS_SETRESGID)
)

// ids returns the uids, gids and groups of s as the suite sees them.
func ids(s *harness.Subject) string {
	status := Get(nsutil.StatusOf(s.PID()))
	return fmt.Sprint(status.UID, status.GID, status.Groups)
}

// setfs calls setfsuid or setfsgid, which returns what the id was before.
func setfs(s *harness.Subject, name string, id int) int {
	nr := map[string]uintptr{"setfsuid": unix.SYS_SETFSUID, "setfsgid": unix.SYS_SETFSGID}[name]
	return int(Get(s.Syscall(name, nr, id)))
}

// expectNoneSet claims that each call with each id gives EINVAL, and sets nothing.
func expectNoneSet(s *harness.Subject, calls []setCall, which ...int) {
	before := ids(s)
	for _, call := range calls {
		for _, id := range which {
			Expect(call.do(s, id)).To(MatchError(unix.EINVAL), "%s%v of %s", call.name, call.args(id), s.Name())
		}
	}
	Expect(ids(s)).To(Equal(before))
}

var _ = Specs("A call that sets ids", Label("user", "idmaps"), func() {
	for _, row := range []struct {
		what, file, other, promise string
		calls, others              []setCall
	}{
		{"uids", "uid_map", "gid_map", "user-setuid-without-map-einval", setUIDs, setGIDs},
		{"gids", "gid_map", "uid_map", "user-setgid-without-map-einval", setGIDs, setUIDs},
	} {
		It("gives EINVAL while there is no map of "+row.what, Proves(row.promise), func() {
			w := newWorld()
			for _, s := range []*harness.Subject{fresh(w.root), fresh(as(w.root, alice, alice)), Get(w.root.Isolate(harness.ByUnshare, nsutil.User))} {
				which := []int{0, outer, 65534}
				expectNoneSet(s, row.calls, append(which, 1, alice, outer+alice, 4294967294)...)
				Expect(write(w.root, s, row.other, "0 0 100")).To(Succeed())
				expectNoneSet(s, row.calls, which...)
				expectNoneSet(capable(s), row.calls, which...)
				for _, call := range []setCall{row.others[0], row.others[3]} {
					Expect(call.do(Get(s.Fork()), 5)).To(Succeed(), "%s, of which there is a map", call.name)
				}
				Expect(write(w.root, s, row.file, "0 0 100")).To(Succeed())
				for _, call := range []setCall{row.calls[0], row.calls[3], row.calls[4]} {
					Expect(call.do(Get(s.Fork()), 5)).To(Succeed(), "%s, with a map", call.name)
				}
			}
		})
	}

	It("takes mapped ids only, and gives EINVAL with others", Proves("user-setid-unmapped-einval"), func() {
		w := newWorld()
		for _, row := range []struct{ uids, gids string }{
			{"10 100 20\n50 200 1", "30 300 5\n70 400 2"},
			{"10 100 20\n50 200 1\n" + fillers(7), "30 300 5\n70 400 2\n" + fillers(7)},
		} {
			s := fresh(w.root)
			Expect(write(w.root, s, "uid_map", row.uids)).To(Succeed())
			Expect(write(w.root, s, "gid_map", row.gids)).To(Succeed())
			expectNoneSet(s, setUIDs, 0, 9, 30, 49, 51, 99, 1000, outer+100, 65534, 4294967294)
			expectNoneSet(s, setGIDs, 0, 29, 35, 69, 72, 99, 1000, outer+300, 65534, 4294967294)
			Get(s.Prctl(unix.PR_SET_SECUREBITS, 1<<2)) // SECBIT_NO_SETUID_FIXUP keeps the capabilities
			expectNoneSet(capable(s), setUIDs, 0, 9, 30, 4294967294)
			expectNoneSet(capable(s), setGIDs, 0, 29, 35, 4294967294)
			for _, pair := range [][2]uint32{{10, 100}, {29, 119}, {50, 200}} {
				for _, call := range setUIDs {
					Expect(call.do(s, int(pair[0]))).To(Succeed(), "%s%v", call.name, call.args(int(pair[0])))
					call.expectSet(Get(nsutil.StatusOf(s.PID())).UID, outer+pair[1])
				}
			}
			for _, pair := range [][2]uint32{{30, 300}, {34, 304}, {71, 401}} {
				for _, call := range setGIDs {
					Expect(call.do(s, int(pair[0]))).To(Succeed(), "%s%v", call.name, call.args(int(pair[0])))
					call.expectSet(Get(nsutil.StatusOf(s.PID())).GID, outer+pair[1])
				}
			}
			// One that is mapped does not help one that is not.
			before := ids(s)
			for i := range 3 {
				u, g := [3]int{10, 10, 10}, [3]int{30, 30, 30}
				u[i], g[i] = 9, 29
				Expect(s.Setresuid(u[0], u[1], u[2])).To(MatchError(unix.EINVAL))
				Expect(s.Setresgid(g[0], g[1], g[2])).To(MatchError(unix.EINVAL))
			}
			Expect(ids(s)).To(Equal(before))
		}
	})

	It("for files does nothing with ids that are not mapped", Label(kinds.Overflow), Proves("user-setfsuid-unmapped-no-effect"), func() {
		w := newWorld()
		s := fresh(w.root)
		for _, maps := range []string{"", "10 0 20\n50 200 1"} {
			if maps != "" {
				Expect(write(w.root, s, "uid_map", maps)).To(Succeed())
				Expect(write(w.root, s, "gid_map", maps)).To(Succeed())
			}
			before := ids(s)
			for _, name := range []string{"setfsuid", "setfsgid"} {
				was := setfs(s, name, -1)
				for _, id := range []int{0, 9, 30, 49, 51, outer, 4294967294} {
					Expect(setfs(s, name, id)).To(Equal(was), "%s(%d)", name, id)
					Expect(setfs(s, name, -1)).To(Equal(was), "after %s(%d)", name, id)
				}
			}
			Expect(ids(s)).To(Equal(before))
			st := Get(s.Fstat(memfd(s)))
			Expect([]int{int(st.Uid), int(st.Gid)}).To(Equal([]int{setfs(s, "setfsuid", -1), setfs(s, "setfsgid", -1)}), "owners of a new file")
		}
		Expect(setfs(s, "setfsgid", 50)).To(Equal(10))
		Expect(setfs(s, "setfsuid", 29)).To(Equal(10))
		expectIDsOutside(s,
			nsutil.CredIDs{Real: outer, Effective: outer, Saved: outer, FS: outer + 19}, nsutil.CredIDs{Real: outer, Effective: outer, Saved: outer, FS: outer + 200})
		var st unix.Stat_t
		Arrange(unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", s.PID(), memfd(s)), &st))
		Expect([]uint32{st.Uid, st.Gid}).To(Equal([]uint32{outer + 19, outer + 200}), "owners of a new file outside")
	})
})
