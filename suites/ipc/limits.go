package ipc

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The greatest attributes of a queue that anybody may ask for: HARD_MSGMAX and
// HARD_MSGSIZEMAX, include/linux/ipc_namespace.h.
const (
	hardMsgMax     = 65536
	hardMsgSizeMax = 16 << 20
)

var _ = Specs("POSIX message queues", Label("ipc"), func() {
	It("are limited in number for each IPC namespace on its own", Proves("ipc-mqueue-queues-max-per-namespace"), func() {
		NeedSysctl("fs/mqueue/queues_max")
		const limit = 3
		one := Spawn(harness.Cloned(nsutil.IPC), harness.Named("one"))
		other, free := isolate(one, harness.ByUnshare), isolate(one, harness.ByClone)
		key := freeKey()
		for _, s := range []*harness.Subject{one, other} {
			Expect(s.WriteFile("/proc/sys/fs/mqueue/queues_max", "3", 0)).To(Succeed())
		}

		for _, s := range []*harness.Subject{one, other} {
			first, second := holding(s, freshUID()), holding(s, freshUID())
			for range limit {
				_, err := first.MqOpen(queueName(key), unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, &harness.MqAttr{MaxMsg: 11, MsgSize: 1})
				Expect(err).To(MatchError(unix.EINVAL), "a queue for more messages than msg_max")
			}
			var fds []int
			for i := range limit {
				fd, err := queue.open(first, key+i, create)
				Expect(err).NotTo(HaveOccurred(), "queue %d in the namespace of %s", i+1, s.Name())
				fds = append(fds, fd)
			}
			for _, member := range []*harness.Subject{first, second} {
				_, err := queue.open(member, key+limit, create)
				Expect(err).To(MatchError(unix.ENOSPC), "one queue more in the namespace of %s", s.Name())
				_, err = queue.open(s, key+limit, 0)
				Expect(err).To(MatchError(unix.ENOENT), "the queue that was refused")
			}
			Expect(queue.open(first, key, 0)).To(BeNumerically(">=", 0), "opening a queue that exists")

			Expect(queue.remove(first, key+1, fds[1])).To(Succeed())
			_, err := queue.open(second, key+limit, create)
			Expect(err).NotTo(HaveOccurred(), "once another queue is gone")
			_, err = queue.open(second, key+1, create)
			Expect(err).To(MatchError(unix.ENOSPC), "once the limit is reached again")
		}
		member := holding(free, freshUID())
		for i := range limit + 1 {
			_, err := queue.open(member, key+i, create)
			Expect(err).NotTo(HaveOccurred(), "in a namespace with another limit")
		}
	})

	It("have the default limits in a new namespace, whatever those of its creator's", Proves("ipc-mqueue-default-limits"), func() {
		NeedSysctl("fs/mqueue/msg_max")
		defaults := map[string]string{"msg_max": "10", "msgsize_max": "8192", "queues_max": "256"}
		creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
		for _, way := range harness.Ways() {
			for file := range defaults {
				Arrange(creator.WriteFile("/proc/sys/fs/mqueue/"+file, "200", 0))
			}
			inside := isolate(creator, way)
			for file, value := range defaults {
				Expect(creator.ReadFile("/proc/sys/fs/mqueue/"+file)).To(Equal("200\n"), "%s of the creator", file)
				Expect(inside.ReadFile("/proc/sys/fs/mqueue/"+file)).To(Equal(value+"\n"), "%s by %s", file, way)
			}
			for _, c := range []struct {
				attr harness.MqAttr
				err  error
			}{
				{harness.MqAttr{MaxMsg: 10, MsgSize: 8192}, nil},
				{harness.MqAttr{MaxMsg: 11, MsgSize: 1}, unix.EINVAL},
				{harness.MqAttr{MaxMsg: 1, MsgSize: 8193}, unix.EINVAL},
			} {
				user := holding(inside, freshUID())
				fd, err := user.MqOpen(queueName(user.PID()), unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, &c.attr)
				if c.err != nil {
					Expect(err).To(MatchError(c.err), "with %+v", c.attr)
					continue
				}
				Expect(err).NotTo(HaveOccurred(), "with %+v", c.attr)
				Expect(user.MqGetattr(fd)).To(Equal(c.attr))
			}
		}

		user := holding(isolate(creator, harness.ByClone), freshUID())
		for i := range 256 {
			fd, err := queue.open(user, i, create)
			Expect(err).NotTo(HaveOccurred(), "queue %d", i+1)
			Expect(user.Close(fd)).To(Succeed())
		}
		_, err := queue.open(user, 256, create)
		Expect(err).To(MatchError(unix.ENOSPC), "queue 257")
	})

	It("may exceed the limits of their namespace, but not the kernel's, if their creator has CAP_SYS_RESOURCE", Proves("ipc-mqueue-cap-sys-resource-exceeds-limits"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		inside := Spawn(harness.Cloned(nsutil.IPC), harness.Named("inside"))
		Arrange(inside.WriteFile("/proc/sys/fs/mqueue/queues_max", "1", 0))
		with := holding(inside, freshUID(), unix.CAP_SYS_RESOURCE)
		// The limit on bytes is the user's own and yields to no capability.
		Arrange(with.Setrlimit(unix.RLIMIT_MSGQUEUE, unix.RLIM_INFINITY))
		without := holding(inside, freshUID(), allBut(inside, unix.CAP_SYS_RESOURCE)...)
		below := newRoot(inside, freshUID())
		owner := Spawn(harness.Cloned(nsutil.User, nsutil.IPC), harness.Mapped(subordinate), harness.Named("owner of another namespace"))
		key := freeKey()
		make := func(s *harness.Subject, maxMsg, msgSize int64) error {
			key++
			_, err := s.MqOpen(queueName(key), unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, &harness.MqAttr{MaxMsg: maxMsg, MsgSize: msgSize})
			return err
		}

		for _, s := range []*harness.Subject{without, below, owner} {
			Expect(make(s, 11, 1)).To(MatchError(unix.EINVAL), "more messages, %s", s.Name())
			Expect(make(s, 1, 8193)).To(MatchError(unix.EINVAL), "longer messages, %s", s.Name())
		}
		Expect(make(with, 11, 1)).To(Succeed(), "more messages")
		Expect(make(with, 1, 8193)).To(Succeed(), "longer messages, and more queues")
		Expect(make(with, hardMsgMax, 1)).To(Succeed(), "as many messages as the kernel allows")
		Expect(make(with, 1, hardMsgSizeMax)).To(Succeed(), "messages as long as the kernel allows")
		Expect(make(with, hardMsgMax+1, 1)).To(MatchError(unix.EINVAL), "more messages than the kernel allows")
		Expect(make(with, 1, hardMsgSizeMax+1)).To(MatchError(unix.EINVAL), "longer messages than the kernel allows")
		for _, s := range []*harness.Subject{without, below} {
			Expect(make(s, 1, 1)).To(MatchError(unix.ENOSPC), "more queues, %s", s.Name())
		}
		if owner.WriteFile("/proc/sys/fs/mqueue/queues_max", "1", 0) != nil { // before 6.9
			above := Spawn(harness.Joined(owner, nsutil.IPC), harness.Named("above"))
			Arrange(above.WriteFile("/proc/sys/fs/mqueue/queues_max", "1", 0))
		}
		Expect(make(owner, 1, 1)).To(Succeed(), "as many queues as allowed, %s", owner.Name())
		Expect(make(owner, 1, 1)).To(MatchError(unix.ENOSPC), "more queues, %s", owner.Name())
	})
})
