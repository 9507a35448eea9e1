package ipc

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// soon is how long the kernel may take to destroy what nothing holds any more:
// it leaves that to a worker.
const soon = 5 * time.Second

// trace is an object that can be told to exist without being reached: it counts
// against a limit of its user.
type trace struct {
	what   string
	option string
	limit  int    // RLIMIT_*
	room   uint64 // a limit that leaves room for one
	full   error  // of an attempt to make a second
	leave  func(s *harness.Subject) (remove func(), err error)
}

var traces = []trace{
	{"a shared memory segment", "CONFIG_SYSVIPC", unix.RLIMIT_MEMLOCK, page, unix.ENOMEM, func(s *harness.Subject) (func(), error) {
		id := Get(s.Shmget(unix.IPC_PRIVATE, page, create))
		remove := func() { Arrange(s.Shmctl(id, unix.IPC_RMID, nil)) }
		err := s.Shmctl(id, harness.SHM_LOCK, nil)
		if err != nil {
			remove()
		}
		return remove, err
	}},
	{"a POSIX message queue", "CONFIG_POSIX_MQUEUE", unix.RLIMIT_MSGQUEUE, 6000, unix.EMFILE, func(s *harness.Subject) (func(), error) {
		fd, err := s.MqOpen("trace", unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, &harness.MqAttr{MaxMsg: 1, MsgSize: 4096})
		return func() {
			Arrange(s.Close(fd))
			Arrange(s.MqUnlink("trace"))
		}, err
	}},
}

// seer returns a function that tries to make a trace elsewhere as the same user.
func (t trace) seer(uid int) func() error {
	prober := Spawn(harness.Cloned(nsutil.IPC), harness.As(uid, uid), harness.Named("prober"))
	Arrange(prober.Setrlimit(t.limit, t.room))
	return func() error {
		remove, err := t.leave(prober)
		if err == nil {
			remove()
		}
		return err
	}
}

// pins are what keeps an IPC namespace without members.
var pins = []struct {
	what string
	// pin returns how a child of keeper joins the namespace, and how to release it.
	pin func(keeper, member *harness.Subject) (join func(s *harness.Subject) error, release func())
}{
	{"an open file of it", func(keeper, member *harness.Subject) (func(*harness.Subject) error, func()) {
		fd := Get(keeper.OpenNS(member, nsutil.IPC))
		return func(s *harness.Subject) error { return s.Setns(fd, unix.CLONE_NEWIPC) },
			func() { Arrange(keeper.Close(fd)) }
	}},
	{"a bind mount of its file", func(keeper, member *harness.Subject) (func(*harness.Subject) error, func()) {
		file := T().TempDir() + "/ipc"
		Arrange(keeper.WriteFile(file, "", unix.O_CREAT))
		Arrange(keeper.Bind(nsutil.IPC.File(member.PID()), file))
		return func(s *harness.Subject) error { return s.Setns(Get(s.Open(file, unix.O_RDONLY)), unix.CLONE_NEWIPC) },
			func() { Arrange(keeper.Umount(file, 0)) }
	}},
}

var _ = Specs("The objects of an IPC namespace", Label("ipc"), func() {
	for _, t := range traces {
		It("live while it has a member, and no longer: "+t.what, Proves("ipc-objects-die-with-last-member"), func() {
			NeedKconfig(t.option)
			uid := freshUID()
			maker := Spawn(harness.Cloned(nsutil.IPC), harness.As(uid, uid), harness.Named("maker"))
			forked, joined := Get(maker.Fork()), Spawn(harness.Joined(maker, nsutil.IPC), harness.Named("joined"))
			visitor := Spawn(harness.Joined(maker, nsutil.IPC), harness.Named("visitor"))
			exists := t.seer(uid)
			Expect(exists()).To(Succeed(), "before it is made")
			_, err := t.leave(maker)
			Expect(err).NotTo(HaveOccurred())
			Expect(exists()).To(MatchError(t.full))

			Arrange(maker.End())
			Expect(exists()).To(MatchError(t.full), "when its maker has ended")
			Arrange(forked.End())
			Expect(visitor.Join(Spawn(harness.Cloned(nsutil.IPC), harness.Named("host")), nsutil.IPC)).To(Succeed())
			Expect(exists()).To(MatchError(t.full), "when one member is left")
			Expect(joined.Unshare(unix.CLONE_NEWIPC)).To(Succeed())
			Eventually(exists).WithTimeout(soon).WithPolling(time.Millisecond).Should(Succeed(), "when the last member has left")
		})

		for _, pin := range pins {
			It("live while "+pin.what+" pins it, and no longer: "+t.what, Proves("ipc-objects-survive-while-pinned", "ipc-objects-die-with-last-member"), func() {
				NeedKconfig(t.option)
				uid := freshUID()
				keeper := mounter(harness.Cloned(nsutil.Mnt), harness.Named("keeper"))
				maker := Spawn(harness.Cloned(nsutil.IPC), harness.As(uid, uid), harness.Named("maker"))
				exists := t.seer(uid)
				_, err := t.leave(maker)
				Expect(err).NotTo(HaveOccurred())
				_, release := pin.pin(keeper, maker)

				Arrange(maker.End())
				Consistently(exists).WithTimeout(3 * time.Millisecond).WithPolling(time.Millisecond).Should(MatchError(t.full))
				release()
				Eventually(exists).WithTimeout(soon).WithPolling(time.Millisecond).Should(Succeed(), "when nothing pins it")
			})
		}
	}

	for _, o := range objects() {
		for _, pin := range pins {
			It("are found again by one who joins it through "+pin.what+": "+o.what, Proves("ipc-objects-survive-while-pinned"), func() {
				NeedKconfig(o.option)
				keeper := mounter(harness.Cloned(nsutil.Mnt), harness.Named("keeper"))
				maker := Spawn(harness.Cloned(nsutil.IPC), harness.Named("maker"))
				key := freeKey()
				made, err := o.open(maker, key, create)
				Expect(err).NotTo(HaveOccurred())
				Expect(o.write(maker, made, 42)).To(Succeed())
				join, release := pin.pin(keeper, maker)
				Arrange(maker.End())

				for i := range 2 {
					visitor := Get(keeper.Fork())
					_, err = o.open(visitor, key, 0)
					Expect(err).To(MatchError(unix.ENOENT), "from outside")
					Expect(join(visitor)).To(Succeed())
					found, err := o.open(visitor, key, 0)
					Expect(err).NotTo(HaveOccurred(), "visit %d", i+1)
					Expect(o.read(visitor, found)).To(Equal(42+i), "visit %d", i+1)
					Expect(o.write(visitor, found, 43+i)).To(Succeed())
					Arrange(visitor.End())
				}
				release()
			})
		}
	}

	// Nothing tells of a System V message queue or semaphore set that cannot be
	// reached; but the kernel counts namespaces, and they hold these objects.
	It("live while it has a member, and their namespace no longer: System V objects of all kinds", Proves("ipc-objects-die-with-last-member"), func() {
		NeedKconfig("CONFIG_SYSVIPC")
		NeedKconfig("CONFIG_USER_NS")
		const limit = "/proc/sys/user/max_ipc_namespaces"
		owner := Spawn(harness.Cloned(nsutil.User), harness.Mapped(subordinate), harness.Named("owner"))
		Arrange(owner.WriteFile(limit, "1", 0))
		maker, err := owner.Clone(unix.CLONE_NEWIPC)
		Expect(err).NotTo(HaveOccurred())
		member := Get(maker.Fork())
		for _, x := range sysvs {
			_, err := x.open(maker, firstKey, create)
			Expect(err).NotTo(HaveOccurred())
		}
		Arrange(maker.End())
		another := func() error {
			s, err := owner.Clone(unix.CLONE_NEWIPC)
			if err == nil {
				Arrange(s.End())
			}
			return err
		}
		Expect(another()).To(MatchError(unix.ENOSPC), "while a member is left")
		for _, x := range sysvs {
			Expect(listed(member, x.kind)).To(HaveLen(1), "while a member is left")
		}
		Arrange(member.End())
		Eventually(another).WithTimeout(soon).WithPolling(time.Millisecond).Should(Succeed(), "when the last member has ended")
	})
})
