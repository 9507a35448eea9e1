package ipc

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The mqueue file system", Label("ipc"), func() {
	It("has a content of its own in each IPC namespace", Proves("ipc-mqueue-fs-per-namespace"), func() {
		one := mounter(harness.Cloned(nsutil.Mnt, nsutil.IPC), harness.Named("one"))
		for _, way := range harness.Ways() {
			other := isolate(one, way)
			ofOne, ofOther := mqueueMount(one), mqueueMount(other)
			key := freeKey()
			first, second := queueName(key), queueName(key+1)

			_, err := queue.open(one, key, create)
			Expect(err).NotTo(HaveOccurred())
			Expect(one.ReadDir(ofOne)).To(ConsistOf(first))
			Expect(other.ReadDir(ofOther)).To(BeEmpty())

			fd, err := queue.open(other, key, create)
			Expect(err).NotTo(HaveOccurred())
			Expect(queue.write(other, fd, 1)).To(Succeed())
			Expect(one.ReadFile(ofOne + "/" + first)).To(HavePrefix("QSIZE:0 "))
			Expect(other.ReadFile(ofOther + "/" + first)).To(HavePrefix("QSIZE:1 "))

			made, err := other.Open(ofOther+"/"+second, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
			Expect(err).NotTo(HaveOccurred(), "making a queue as a file")
			Expect(other.Close(made)).To(Succeed())
			Expect(queue.open(other, key+1, 0)).To(BeNumerically(">=", 0), "opening it as a queue")
			_, err = queue.open(one, key+1, 0)
			Expect(err).To(MatchError(unix.ENOENT))
			Expect(one.ReadDir(ofOne)).To(ConsistOf(first))

			Expect(one.Unlink(ofOne + "/" + first)).To(Succeed())
			Expect(one.ReadDir(ofOne)).To(BeEmpty())
			Expect(other.ReadDir(ofOther)).To(ConsistOf(first, second))
			_, err = queue.open(one, key, 0)
			Expect(err).To(MatchError(unix.ENOENT), "a queue whose file is gone")
		}
	})

	It("shows the queues of the namespace in which it was mounted, whoever reads it", Proves("ipc-mqueue-mount-shows-mounters-queues"), func() {
		one := mounter(harness.Cloned(nsutil.Mnt, nsutil.IPC), harness.Named("one"))
		member := Get(one.Fork())
		mounted := mqueueMount(one)
		key := freeKey()
		fd, err := queue.open(member, key, create)
		Expect(err).NotTo(HaveOccurred())
		Expect(queue.write(member, fd, 1)).To(Succeed())

		stranger := isolate(one, harness.ByClone)
		Expect(stranger.ReadDir(mounted)).To(ConsistOf(queueName(key)))
		Expect(stranger.ReadFile(mounted + "/" + queueName(key))).To(HavePrefix("QSIZE:1 "))
		_, err = queue.open(stranger, key, 0)
		Expect(err).To(MatchError(unix.ENOENT), "by name, the stranger's own namespace counts")

		_, err = queue.open(stranger, key+1, create)
		Expect(err).NotTo(HaveOccurred())
		Expect(stranger.ReadDir(mounted)).To(ConsistOf(queueName(key)))
		Expect(stranger.ReadDir(mqueueMount(stranger))).To(ConsistOf(queueName(key + 1)))

		Expect(one.Unshare(unix.CLONE_NEWIPC)).To(Succeed())
		Expect(one.ReadDir(mounted)).To(ConsistOf(queueName(key)), "as the mounter, who has left, reads it")
		Expect(one.ReadDir(mqueueMount(one))).To(BeEmpty())

		Expect(stranger.Unlink(mounted + "/" + queueName(key))).To(Succeed())
		_, err = queue.open(member, key, 0)
		Expect(err).To(MatchError(unix.ENOENT), "its file unlinked by a stranger")
		made, err := stranger.Open(mounted+"/"+queueName(key+2), unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
		Expect(err).NotTo(HaveOccurred())
		Expect(stranger.Close(made)).To(Succeed())
		Expect(queue.open(member, key+2, 0)).To(BeNumerically(">=", 0), "its file made by a stranger")
		_, err = queue.open(stranger, key+2, 0)
		Expect(err).To(MatchError(unix.ENOENT))
	})

	It("has a sticky root, in which only its owner removes a queue", Proves("ipc-mqueue-root-sticky"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		root := mounter(harness.Cloned(nsutil.Mnt, nsutil.IPC))
		mounted := mqueueMount(root)
		Expect(root.Stat(mounted)).To(HaveField("Mode", BeEquivalentTo(unix.S_IFDIR|unix.S_ISVTX|0o777)))

		owner, other := holding(root, 1000), holding(root, 1001)
		key := freeKey()
		_, err := queue.open(owner, key, create)
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Unlink(mounted + "/" + queueName(key))).To(MatchError(unix.EPERM))
		Expect(other.MqUnlink(queueName(key))).To(MatchError(unix.EPERM), "by mq_unlink")
		Expect(root.ReadDir(mounted)).To(ConsistOf(queueName(key)), "after the refusal")
		Expect(owner.Unlink(mounted + "/" + queueName(key))).To(Succeed())
		Expect(root.ReadDir(mounted)).To(BeEmpty())
		_, err = queue.open(owner, key, create)
		Expect(err).NotTo(HaveOccurred())
		Expect(owner.MqUnlink(queueName(key))).To(Succeed())
		Expect(root.ReadDir(mounted)).To(BeEmpty())
	})

	It("tells a queue's state, and whom it notifies by a pid of the reader's PID namespace", Proves("ipc-mqueue-file-notify-pid-of-reader"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		init := mounter(harness.Cloned(nsutil.Mnt, nsutil.IPC, nsutil.PID), harness.Named("init"))
		mounted, key := mqueueMount(init), freeKey()
		fellow := Get(init.Fork())
		nested := Get(init.Clone(unix.CLONE_NEWPID))
		above := Spawn(harness.Joined(init, nsutil.IPC, nsutil.Mnt), harness.Named("above"))
		beside := Get(above.Clone(unix.CLONE_NEWPID))
		fd := Get(queue.open(init, key, create))

		state := func(reader *harness.Subject) string {
			text, err := reader.ReadFile(mounted + "/" + queueName(key))
			Expect(err).NotTo(HaveOccurred())
			return text
		}
		Expect(state(init)).To(Equal(queueState(0, 0, 0, 0)))
		Expect(init.MqSend(fd, "twelve bytes", 0)).To(Succeed())
		Expect(init.MqSend(fd, "six by", 1)).To(Succeed())
		Expect(state(init)).To(Equal(queueState(18, 0, 0, 0)))
		Expect(init.MqReceive(fd)).To(Equal("six by"))
		Expect(state(init)).To(Equal(queueState(12, 0, 0, 0)), "after a message was received")
		Expect(init.MqSend(fd, "six by", 1)).To(Succeed())

		const byNothing = 1 // SIGEV_NONE, sigevent(3type)
		for _, c := range []struct {
			who   *harness.Subject
			event harness.Sigevent
			signo int
			own   int // its pid as it sees itself
			pids  map[*harness.Subject]int
		}{
			{fellow, harness.Sigevent{Signo: int32(unix.SIGUSR1)}, int(unix.SIGUSR1), fellow.NSPID(),
				map[*harness.Subject]int{init: fellow.NSPID(), nested: 0, above: fellow.PID(), beside: 0}},
			{nested, harness.Sigevent{Notify: byNothing}, 0, 1,
				map[*harness.Subject]int{init: nested.NSPID(), fellow: nested.NSPID(), above: nested.PID(), beside: 0}},
			{above, harness.Sigevent{Signo: int32(unix.SIGUSR2)}, int(unix.SIGUSR2), above.PID(),
				map[*harness.Subject]int{init: 0, fellow: 0, nested: 0, beside: 0}},
		} {
			opened, err := queue.open(c.who, key, 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(c.who.MqNotify(opened, &c.event)).To(Succeed())
			for reader, pid := range c.pids {
				Expect(state(reader)).To(Equal(queueState(18, int(c.event.Notify), c.signo, pid)), "with %s registered, as %s reads it", c.who.Name(), reader.Name())
			}
			// To close any descriptor of the queue would end its own registration.
			Expect(c.who.Read(opened, 100)).To(BeEquivalentTo(queueState(18, int(c.event.Notify), c.signo, c.own)), "as %s itself reads it", c.who.Name())
			Expect(c.who.MqNotify(opened, nil)).To(Succeed())
			Expect(state(init)).To(Equal(queueState(18, 0, 0, 0)), "with nobody registered")
		}
	})
})

// mounter spawns a subject in a new mount namespace, whose mounts stay there.
func mounter(options ...harness.Option) *harness.Subject {
	s := Spawn(options...)
	Arrange(s.MakePrivate())
	return s
}

// mqueueMount mounts the message queues of s's IPC namespace, for all members
// of its mount namespace, and returns where.
func mqueueMount(s *harness.Subject) string {
	dir := T().TempDir()
	Expect(s.Mount("mqueue", dir, "mqueue", 0, "")).To(Succeed())
	return dir
}

// queueState is what a queue's file holds, see mq_overview(7).
func queueState(size, notify, signo, pid int) string {
	pad := func(n, width int) string {
		text := fmt.Sprint(n)
		return text + strings.Repeat(" ", max(0, width-len(text)))
	}
	return "QSIZE:" + pad(size, 10) + " NOTIFY:" + pad(notify, 5) + " SIGNO:" + pad(signo, 5) + " NOTIFY_PID:" + pad(pid, 6) + "\n"
}
