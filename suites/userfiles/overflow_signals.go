package userfiles

import (
	"encoding/binary"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// native is the byte order of what the kernel writes.
var native = binary.NativeEndian

// senders are ways to send a process a signal that says from whom it is.
var senders = []struct {
	what string
	send func(s, to *harness.Subject) error
}{
	{"kill", func(s, to *harness.Subject) error { return s.Kill(to.PID(), unix.SIGUSR1) }},
	{"tgkill", func(s, to *harness.Subject) error { return s.Tgkill(to.PID(), to.PID(), unix.SIGUSR1) }},
	{"tkill", func(s, to *harness.Subject) error {
		_, err := s.Syscall("tkill", unix.SYS_TKILL, to.PID(), int(unix.SIGUSR1))
		return err
	}},
	{"pidfd_send_signal", func(s, to *harness.Subject) error {
		return s.PidfdSendSignal(Get(s.PidfdOpen(to.PID())), unix.SIGUSR1)
	}},
}

var _ = Specs("The sender of a signal", Label("user"), func() {
	It("has in si_uid the id that its real uid is mapped to where the signal arrives, else the overflow uid", Label(kinds.Overflow),
		Proves("user-overflow-uid-in-signals"), func() {
			t := newStage()
			uid, _ := kinds.OverflowIDs(t.keeper)
			root := t.root("0 100000 5\n20 100050 1")
			outside := Spawn(harness.Named("outside"))
			sender := func(creator *harness.Subject, id int) *harness.Subject {
				s := Get(creator.Fork())
				held := Get(s.Capget())
				Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
				Arrange(s.Setresuid(id, -1, -1))
				Arrange(s.Capset(held))
				return s
			}
			nested := below(root, "0 2 2")
			for _, row := range []struct {
				from, to *harness.Subject
				want     int
				what     string
			}{
				{sender(root, 3), root, 3, "in the same user namespace"},
				{sender(root, 20), sender(outside, 100050), 100050, "from below"},
				{sender(outside, 100050), root, 20, "from above, mapped"},
				{sender(outside, 100004), root, 4, "from above, mapped"},
				{sender(outside, 100005), root, int(uid), "from above, not mapped"},
				{outside, root, int(uid), "from root above, not mapped"},
				{sender(root, 3), nested, 1, "from the one above, mapped"},
				{sender(root, 20), nested, int(uid), "from the one above, not mapped"},
				{sender(outside, 100002), nested, 0, "from two above, mapped"},
				{sender(nested, 1), sender(root, 3), 3, "from the one below"},
			} {
				for _, way := range senders {
					receiver := Get(row.to.Fork())
					Arrange(receiver.Handle(unix.SIGUSR1))
					Get(receiver.Prctl(unix.PR_SET_DUMPABLE, 1))
					Expect(way.send(row.from, receiver)).To(Succeed(), "%s %s", way.what, row.what)
					infos := Get(receiver.Handled())
					Expect(infos).To(HaveLen(1), "%s %s", way.what, row.what)
					Expect(infos[0].UID).To(Equal(row.want), "%s %s", way.what, row.what)
					Arrange(receiver.End())
				}
			}
		})

	It("has so in what notifies of a message", Label(kinds.Overflow), Proves("user-overflow-uid-in-mq-notification"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		kinds.Need(nsutil.User)
		outside := Spawn(harness.Cloned(nsutil.IPC), harness.Named("outside"))
		uid, _ := kinds.OverflowIDs(outside)
		fd := Get(outside.MqOpen("queue", unix.O_CREAT|unix.O_RDWR, nil))
		for _, row := range []struct {
			extents string
			sender  int
			want    int // as once mapped
			twice   int // as mapped twice
		}{
			{"0 100000 5", 100003, 3, int(uid)}, {"0 100000 5\n7 3 1", 100003, 3, 7}, {"9 100005 1", 100005, 9, int(uid)},
			{"0 100000 5", 100005, int(uid), int(uid)}, {"9 100005 1", 0, int(uid), int(uid)}, {"", 100005, int(uid), int(uid)},
		} {
			receiver := Get(outside.Fork())
			Arrange(receiver.Handle(unix.SIGUSR1))
			Arrange(receiver.Unshare(unix.CLONE_NEWUSER))
			if row.extents != "" {
				Arrange(receiver.MapIDs(row.extents, row.extents))
			}
			Expect(receiver.MqNotify(fd, &harness.Sigevent{Signo: int32(unix.SIGUSR1)})).To(Succeed())
			from := Get(outside.Fork())
			Arrange(from.Setresuid(row.sender, row.sender, row.sender))
			Expect(from.MqSend(fd, "news", 0)).To(Succeed())
			infos := Get(receiver.Handled())
			Expect(infos).To(HaveLen(1), "%+v", row)
			Expect(infos[0]).To(And(HaveField("Signal", unix.SIGUSR1), HaveField("UID", Or(Equal(row.want), Equal(row.twice)))), "%+v", row)
			Get(outside.MqReceive(fd))
			Arrange(receiver.End())
		}
		receiver := Get(outside.Fork())
		Arrange(receiver.Handle(unix.SIGUSR1))
		Expect(receiver.MqNotify(fd, &harness.Sigevent{Signo: int32(unix.SIGUSR1)})).To(Succeed())
		from := Get(outside.Fork())
		Arrange(from.Setresuid(100003, 100003, 100003))
		Expect(from.MqSend(fd, "news", 0)).To(Succeed())
		Expect(receiver.Handled()).To(ConsistOf(HaveField("UID", 100003)), "in the same user namespace")
	})
})

var _ = Specs("waitid", Label("user"), func() {
	It("tells a child's real uid as its caller's user namespace maps it, the overflow uid if it does not", Label(kinds.Overflow), Proves("user-overflow-uid-in-waitid"), func() {
		t := newStage()
		root := t.root("0 100000 5")
		uid, _ := kinds.OverflowIDs(root)
		wait := func(parent, child *harness.Subject) uint32 {
			Arrange(child.Signal(unix.SIGKILL))
			info := make([]byte, 128)
			_, err := parent.Syscall("waitid", unix.SYS_WAITID, unix.P_PID, child.PID(), harness.Out(info), harness.Hex(unix.WEXITED), 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(native.Uint32(info[16:])).To(BeEquivalentTo(child.PID()), "si_pid")
			return native.Uint32(info[20:])
		}
		Expect(wait(root, as(root, 3, 3))).To(BeEquivalentTo(3), "a child of its own namespace")
		parent := Get(t.keeper.Fork())
		child := Get(parent.Fork())
		Arrange(child.Setresuid(100003, 100003, 100003))
		Expect(wait(parent, child)).To(BeEquivalentTo(100003), "outside")
		for _, row := range []struct {
			extents string
			id      int
			want    uint32
		}{{"0 100000 5", 100003, 3}, {"0 100000 5", 100005, uid}, {"0 100000 5", 0, uid}, {"7 100005 1", 100005, 7}, {"", 100003, uid}} {
			parent := Get(t.keeper.Fork())
			child := Get(parent.Fork())
			Arrange(child.Setresuid(row.id, row.id, row.id))
			Arrange(parent.Unshare(unix.CLONE_NEWUSER))
			if row.extents != "" {
				Arrange(parent.MapIDs(row.extents, row.extents))
			}
			Expect(wait(parent, child)).To(Equal(row.want), "%+v", row)
		}
		grandparent := t.root("0 100000 5")
		nested := below(grandparent, "0 3 1")
		Expect(wait(grandparent, nested)).To(BeEquivalentTo(3), "a child in a user namespace below")
	})
})
