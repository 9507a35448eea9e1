package userfiles

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Files of procfs", Label("user"), func() {
	It("show in status the ids of a process as the reader's user namespace maps them", Label(kinds.Overflow), Proves("user-overflow-ids-in-proc-status-and-sysvipc"), func() {
		t := newStage()
		root := t.root("0 100000 5\n5 100020 1")
		uid, gid := kinds.OverflowIDs(root)
		shown := func(reader, process *harness.Subject) (nsutil.CredIDs, nsutil.CredIDs) {
			text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/status", process.PID()))
			Expect(err).NotTo(HaveOccurred())
			status := Get(nsutil.ParseStatus(strings.NewReader(text)))
			return status.UID, status.GID
		}
		process := Get(t.keeper.Fork())
		Arrange(process.Setresgid(100004, 100020, 100005))
		Arrange(process.Setresuid(100000, 100021, 100020))
		uids, gids := shown(root, process)
		Expect(uids).To(Equal(nsutil.CredIDs{Real: 0, Effective: uid, Saved: 5, FS: uid}))
		Expect(gids).To(Equal(nsutil.CredIDs{Real: 4, Effective: 5, Saved: gid, FS: 5}))
		uids, gids = shown(t.unmapped(), process)
		Expect(uids).To(Equal(nsutil.CredIDs{Real: uid, Effective: uid, Saved: uid, FS: uid}), "without a map")
		Expect(gids).To(Equal(nsutil.CredIDs{Real: gid, Effective: gid, Saved: gid, FS: gid}), "without a map")
		uids, gids = shown(t.keeper, process)
		Expect(uids).To(Equal(nsutil.CredIDs{Real: 100000, Effective: 100021, Saved: 100020, FS: 100021}), "outside")
		Expect(gids).To(Equal(nsutil.CredIDs{Real: 100004, Effective: 100020, Saved: 100005, FS: 100020}), "outside")
	})

	It("show in sysvipc the ids of objects as the reader's user namespace maps them", Label(kinds.Overflow), Proves("user-overflow-ids-in-proc-status-and-sysvipc"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		kinds.Need(nsutil.User)
		outside := Spawn(harness.Cloned(nsutil.IPC), harness.Named("outside"))
		creator := Get(outside.Fork())
		Arrange(creator.Setresgid(100003, 100003, 100003))
		Arrange(creator.Setresuid(100004, 100004, 100004))
		const key = 7
		Get(creator.Shmget(key, 1, unix.IPC_CREAT|0o666))
		Get(creator.Msgget(key, unix.IPC_CREAT|0o666))
		Get(creator.Semget(key, 1, unix.IPC_CREAT|0o666))
		uid, gid := kinds.OverflowIDs(outside)
		for _, row := range []struct {
			extents  string
			uid, gid uint32
		}{
			{"0 100000 10", 4, 3}, {"0 100004 1\n1 100000 4", 0, 4}, {"3 100003 1", uid, 3}, {"8 100004 5", 8, gid}, {"0 0 100", uid, gid},
		} {
			reader := Get(outside.Fork())
			Arrange(reader.Unshare(unix.CLONE_NEWUSER))
			Arrange(reader.MapIDs(row.extents, row.extents))
			for _, file := range []string{"shm", "msg", "sem"} {
				text, err := reader.ReadFile("/proc/sysvipc/" + file)
				Expect(err).NotTo(HaveOccurred())
				object := columns(text)
				for column, want := range map[string]uint32{"uid": row.uid, "cuid": row.uid, "gid": row.gid, "cgid": row.gid} {
					Expect(object[column]).To(Equal(fmt.Sprint(want)), "%s of sysvipc/%s with %q", column, file, row.extents)
				}
			}
		}
	})
})

// columns returns the fields of the first line under the headings of a table.
func columns(text string) map[string]string {
	head, rest, _ := strings.Cut(text, "\n")
	names, fields := strings.Fields(head), strings.Fields(rest)
	Expect(len(fields)).To(BeNumerically(">=", len(names)), "a line of an object in %q", text)
	all := map[string]string{}
	for i, name := range names {
		all[name] = fields[i]
	}
	return all
}
