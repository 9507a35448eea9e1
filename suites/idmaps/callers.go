package idmaps

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The ids of a user namespace", Label("user", "idmaps"), func() {
	It("are told to each caller as its own user namespace has them", Proves("user-ids-translated-for-caller"), func() {
		w := newWorld()
		for _, row := range []struct{ uids, gids string }{{"20 100 50", "20 300 50"}, {text(spaced(7)), text(spaced(9))}} {
			target := fresh(w.root)
			Expect(write(w.root, target, "uid_map", row.uids)).To(Succeed())
			Expect(write(w.root, target, "gid_map", row.gids)).To(Succeed())
			uids, gids := parse(row.uids)[0], parse(row.gids)[0]
			u, g := [3]int{}, [3]int{}
			for i := range 3 {
				u[i], g[i] = int(uids.Inside)+2*i+1, int(gids.Inside)+3*i
			}
			_, err := target.Syscall("setgroups", unix.SYS_SETGROUPS, 2, harness.Struct(&[2]uint32{gids.Inside, gids.Inside + 9}))
			Expect(err).NotTo(HaveOccurred())
			Expect(target.Setresgid(g[0], g[1], g[2])).To(Succeed())
			Expect(target.Setresuid(u[0], u[1], u[2])).To(Succeed())
			for _, call := range []struct {
				name string
				nr   uintptr
				want int
			}{{"getuid", unix.SYS_GETUID, u[0]}, {"geteuid", unix.SYS_GETEUID, u[1]}, {"getgid", unix.SYS_GETGID, g[0]}, {"getegid", unix.SYS_GETEGID, g[1]}} {
				Expect(target.Syscall(call.name, call.nr)).To(BeEquivalentTo(call.want), call.name)
			}
			var a, b, c uint32
			Get(target.Syscall("getresuid", unix.SYS_GETRESUID, harness.Struct(&a), harness.Struct(&b), harness.Struct(&c)))
			Expect([]int{int(a), int(b), int(c)}).To(Equal(u[:]), "getresuid")
			Get(target.Syscall("getresgid", unix.SYS_GETRESGID, harness.Struct(&a), harness.Struct(&b), harness.Struct(&c)))
			Expect([]int{int(a), int(b), int(c)}).To(Equal(g[:]), "getresgid")
			var groups [2]uint32
			Get(target.Syscall("getgroups", unix.SYS_GETGROUPS, 2, harness.Struct(&groups)))
			Expect(groups).To(Equal([2]uint32{gids.Inside, gids.Inside + 9}), "getgroups")

			out := func(i int, ids [3]int, e nsutil.Extent) uint32 { return outer + e.Outside + uint32(ids[i]) - e.Inside }
			expectIDsOutside(target,
				nsutil.CredIDs{Real: out(0, u, uids), Effective: out(1, u, uids), Saved: out(2, u, uids), FS: out(1, u, uids)},
				nsutil.CredIDs{Real: out(0, g, gids), Effective: out(1, g, gids), Saved: out(2, g, gids), FS: out(1, g, gids)})
			inside, err := nsutil.ParseStatus(strings.NewReader(Get(target.ReadFile(path(target, "status")))))
			Arrange(err)
			Expect([]uint32{inside.UID.Real, inside.UID.Effective, inside.UID.Saved}).To(HaveExactElements(uint32(u[0]), uint32(u[1]), uint32(u[2])), "uids in status")
			Expect([]uint32{inside.GID.Real, inside.GID.Effective, inside.GID.Saved}).To(HaveExactElements(uint32(g[0]), uint32(g[1]), uint32(g[2])), "gids in status")
			Expect(Get(nsutil.StatusOf(target.PID())).Groups).To(Equal([]uint32{outer + gids.Outside, outer + gids.Outside + 9}), "groups outside")

			Arrange(chown(w.outside, w.file, int(out(0, u, uids)), int(out(0, g, gids))))
			for s, want := range map[*harness.Subject][2]uint32{
				target: {uint32(u[0]), uint32(g[0])}, w.root: {out(0, u, uids) - outer, out(0, g, gids) - outer}, w.outside: {out(0, u, uids), out(0, g, gids)},
			} {
				Expect(ownersOf(s, w.file)).To(Equal(want), "by fstat, in the user namespace of %s", s.Name())
				var st unix.Statx_t
				Get(s.Syscall("statx", unix.SYS_STATX, w.file, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, harness.Struct(&st)))
				Expect([2]uint32{st.Uid, st.Gid}).To(Equal(want), "by statx, in the user namespace of %s", s.Name())
			}
		}
	})

	It("do not include 4294967295", Proves("user-highest-id-never-mapped"), func() {
		w := newWorld()
		small, large := made(w.root, "0 0 10\n4294967290 50 5"), made(w.root, "0 0 10\n4294967290 50 5\n"+fillers(7))
		for _, s := range []*harness.Subject{Spawn(), w.root, small, large} {
			before := Get(nsutil.StatusOf(s.PID()))
			Expect(s.Syscall("setuid", unix.SYS_SETUID, -1)).Error().To(MatchError(unix.EINVAL))
			Expect(s.Syscall("setgid", unix.SYS_SETGID, -1)).Error().To(MatchError(unix.EINVAL))
			Expect(s.Syscall("setgroups", unix.SYS_SETGROUPS, 1, harness.Struct(&[1]uint32{unmapped}))).Error().To(MatchError(unix.EINVAL))
			for _, name := range []string{"setresuid", "setresgid"} {
				nr := map[string]uintptr{"setresuid": unix.SYS_SETRESUID, "setresgid": unix.SYS_SETRESGID}[name]
				Expect(s.Syscall(name, nr, -1, -1, -1)).Error().NotTo(HaveOccurred(), "which leaves the ids")
			}
			Get(s.Syscall("setfsuid", unix.SYS_SETFSUID, -1))
			Get(s.Syscall("setfsgid", unix.SYS_SETFSGID, -1))
			after := Get(nsutil.StatusOf(s.PID()))
			Expect([]any{after.UID, after.GID, after.Groups}).To(Equal([]any{before.UID, before.GID, before.Groups}))
			fd := memfd(s)
			owners := ownersOf(s, fd)
			Expect(chown(s, fd, -1, -1)).To(Succeed())
			Expect(ownersOf(s, fd)).To(Equal(owners), "after a chown to what is no id")
		}
	})
})
