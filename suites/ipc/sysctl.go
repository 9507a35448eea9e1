package ipc

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("IPC namespaces:", Label("ipc"), func() {
	for i, limit := range limits() {
		// Every way of making a namespace has its turn.
		way, otherWay := harness.Ways()[i%3], harness.Ways()[(i+1)%3]
		It(limit.name()+" holds in its own namespace and in no other", Proves("ipc-sysctl-"+limit.word+"-per-namespace"), func() {
			NeedSysctl(limit.file)
			outside := Spawn(harness.Named("outside"))
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			inside, sibling := isolate(creator, way), isolate(creator, otherWay)
			member := Get(inside.Fork())
			before := map[*harness.Subject]string{}
			for _, s := range []*harness.Subject{outside, creator, inside, sibling} {
				value, err := limit.value(s)
				Expect(err).NotTo(HaveOccurred())
				before[s] = value
			}
			Expect(before[inside]).NotTo(Equal(limit.low))
			Expect(limit.exceed(inside)).To(Succeed(), "before it is lowered")

			// lowered says that the limit is low for s alone.
			lowered := func(s, member *harness.Subject, others ...*harness.Subject) {
				Expect(limit.set(s, limit.low)).To(Succeed())
				Expect(limit.value(member)).To(Equal(limit.low))
				Expect(limit.exceed(member)).To(MatchError(limit.errno), "in the namespace of %s, who lowered it", s.Name())
				for _, other := range others {
					Expect(limit.value(other)).To(Equal(before[other]), "in the namespace of %s", other.Name())
					Expect(limit.exceed(other)).To(Succeed(), "in the namespace of %s", other.Name())
				}
				Expect(limit.value(outside)).To(Equal(before[outside]), "outside")
			}
			lowered(inside, member, creator, sibling)
			Expect(limit.set(inside, before[inside])).To(Succeed())
			lowered(creator, creator, inside, sibling)

			// What is in the other namespaces takes nothing from another's limit.
			if limit.fill != nil {
				fresh := isolate(creator, way)
				Expect(limit.set(fresh, limit.low)).To(Succeed())
				Expect(limit.fill(holding(fresh, freshUID()))).To(Succeed(), "as far as the limit of a namespace without objects")
			}
		})
	}

	It("kernel.shm_rmid_forced destroys what nobody uses in its own namespace and in no other", Proves("ipc-sysctl-shm-rmid-forced-per-namespace"), func() {
		NeedSysctl("kernel/shm_rmid_forced")
		const forced = "/proc/sys/kernel/shm_rmid_forced"
		creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
		inside, sibling := isolate(creator, harness.ByUnshare), isolate(creator, harness.ByClone)
		others := []*harness.Subject{creator, sibling}
		// orphan leaves a segment in s's namespace that belongs to no process.
		orphan := func(s *harness.Subject) {
			maker := Get(s.Fork())
			_, err := maker.Shmget(unix.IPC_PRIVATE, page, create)
			Expect(err).NotTo(HaveOccurred())
			Arrange(maker.End())
		}
		for _, s := range append(others, inside) {
			orphan(s)
			Expect(listed(s, nsutil.SysVShm)).To(HaveLen(1), "in the namespace of %s", s.Name())
		}

		Expect(inside.WriteFile(forced, "1", 0)).To(Succeed())
		Expect(listed(inside, nsutil.SysVShm)).To(BeEmpty(), "what there was")
		orphan(inside)
		Expect(listed(inside, nsutil.SysVShm)).To(BeEmpty(), "what is left later")
		for _, s := range others {
			Expect(listed(s, nsutil.SysVShm)).To(HaveLen(1), "what there was in the namespace of %s", s.Name())
			orphan(s)
			Expect(listed(s, nsutil.SysVShm)).To(HaveLen(2), "what is left later in the namespace of %s", s.Name())
		}
	})

	It("kernel.auto_msgmni reads 0, whatever is written to it", Proves("ipc-sysctl-auto-msgmni-inert"), func() {
		NeedKconfig("CONFIG_IPC_NS")
		NeedSysctl("kernel/auto_msgmni")
		const auto, msgmni = "/proc/sys/kernel/auto_msgmni", "/proc/sys/kernel/msgmni"
		outside, inside := Spawn(harness.Named("outside")), Spawn(harness.Cloned(nsutil.IPC), harness.Named("inside"))
		member := Get(inside.Fork())
		Expect(inside.WriteFile(msgmni, "17", 0)).To(Succeed())
		for _, value := range []string{"1", "0", "1"} {
			Expect(inside.WriteFile(auto, value, 0)).To(Succeed())
			for _, s := range []*harness.Subject{inside, member, outside} {
				Expect(s.ReadFile(auto)).To(Equal("0\n"), "after %s was written, as %s reads it", value, s.Name())
			}
			Expect(member.ReadFile(msgmni)).To(Equal("17\n"), "kernel.msgmni after %s was written", value)
			Expect(isolate(inside, harness.ByUnshare).ReadFile(auto)).To(Equal("0\n"), "in a new namespace")
		}
	})
})

// limit is a limit of an IPC namespace that a sysctl sets.
type limit struct {
	file  string // below /proc/sys
	part  string // which of the file's values, where there are several
	word  string // as requirement ids name it
	low   string // a value that is reached at once
	errno error  // of the call that goes beyond it
	// try goes beyond low, but not beyond the default.
	try func(s *harness.Subject) error
	// fill goes as far as low; nil where low allows nothing.
	fill func(s *harness.Subject) error
}

func (l limit) name() string {
	name := strings.ReplaceAll(l.file, "/", ".")
	if l.part != "" {
		name += " (" + l.part + ")"
	}
	return name
}

func (l limit) path() string { return "/proc/sys/" + l.file }

func (l limit) value(s *harness.Subject) (string, error) {
	text, err := s.ReadFile(l.path())
	return strings.TrimSuffix(text, "\n"), err
}

func (l limit) set(s *harness.Subject, value string) error { return s.WriteFile(l.path(), value, 0) }

// exceed goes beyond low in a member of s's namespace that may not exceed any
// limit by privilege.
func (l limit) exceed(s *harness.Subject) error {
	return l.try(holding(s, freshUID()))
}

const page = 64 << 10 // a multiple of all page sizes up to that of arm64

// limits are all the limits that IPC sysctls set.
func limits() []limit {
	return append(sysvLimits, queueLimits...)
}

var sysvLimits = []limit{
	{file: "kernel/msgmax", word: "msg", low: "16", errno: unix.EINVAL, try: send(17), fill: send(16)},
	{file: "kernel/msgmnb", word: "msg", low: "16", errno: unix.EAGAIN, try: send(17), fill: send(16)},
	{file: "kernel/msgmni", word: "msg", low: "1", errno: unix.ENOSPC, try: twice(msgget), fill: msgget},
	{file: "kernel/sem", part: "semmsl", word: "sem", low: "2\t32000\t32\t128", errno: unix.EINVAL, try: semget(3), fill: semget(2)},
	{file: "kernel/sem", part: "semmns", word: "sem", low: "250\t2\t32\t128", errno: unix.ENOSPC, try: semget(3), fill: semget(2)},
	{file: "kernel/sem", part: "semopm", word: "sem", low: "250\t32000\t0\t128", errno: unix.E2BIG, try: func(s *harness.Subject) error {
		id, err := s.Semget(unix.IPC_PRIVATE, 1, create)
		if err != nil {
			return err
		}
		return s.Semop(id, 0, 1, unix.IPC_NOWAIT)
	}},
	{file: "kernel/sem", part: "semmni", word: "sem", low: "250\t32000\t32\t1", errno: unix.ENOSPC, try: twice(semget(1)), fill: semget(1)},
	{file: "kernel/shmmax", word: "shm", low: "100", errno: unix.EINVAL, try: shmget(101), fill: shmget(100)},
	{file: "kernel/shmall", word: "shm", low: "1", errno: unix.ENOSPC, try: shmget(2 * page), fill: shmget(1)},
	{file: "kernel/shmmni", word: "shm", low: "1", errno: unix.ENOSPC, try: twice(shmget(1)), fill: shmget(1)},
	{file: "kernel/shm_rmid_forced", word: "shm-rmid-forced", low: "1", errno: unix.EINVAL, try: func(s *harness.Subject) error {
		id, err := s.Shmget(unix.IPC_PRIVATE, page, create)
		if err != nil {
			return err
		}
		if err := attached(s, id, 0, nil); err != nil {
			return err
		}
		_, err = segment.stat(s, unix.IPC_STAT, id) // a segment that nobody attaches is gone
		return err
	}},
}

var queueLimits = []limit{
	{file: "fs/mqueue/queues_max", word: "mqueue", low: "1", errno: unix.ENOSPC, try: func(s *harness.Subject) error {
		if _, err := openQueue(s, s.PID(), create); err != nil {
			return err
		}
		_, err := openQueue(s, -s.PID(), create)
		return err
	}, fill: func(s *harness.Subject) error {
		_, err := openQueue(s, s.PID(), create)
		return err
	}},
	{file: "fs/mqueue/msg_max", word: "mqueue", low: "2", errno: unix.EINVAL, try: mqOpen(&harness.MqAttr{MaxMsg: 3, MsgSize: 8}, 0, ""), fill: mqOpen(&harness.MqAttr{MaxMsg: 2, MsgSize: 8}, 0, "")},
	{file: "fs/mqueue/msgsize_max", word: "mqueue", low: "128", errno: unix.EINVAL, try: mqOpen(&harness.MqAttr{MaxMsg: 1, MsgSize: 129}, 0, ""), fill: mqOpen(&harness.MqAttr{MaxMsg: 1, MsgSize: 128}, 0, "")},
	{file: "fs/mqueue/msg_default", word: "mqueue", low: "2", errno: unix.EAGAIN, try: mqOpen(nil, 3, "m"), fill: mqOpen(nil, 2, "m")},
	{file: "fs/mqueue/msgsize_default", word: "mqueue", low: "128", errno: unix.EMSGSIZE, try: mqOpen(nil, 1, strings.Repeat("m", 129)), fill: mqOpen(nil, 1, strings.Repeat("m", 128))},
}

func msgget(s *harness.Subject) error {
	_, err := s.Msgget(unix.IPC_PRIVATE, create)
	return err
}

// send sends a message of n bytes to a new queue.
func send(n int) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		id, err := s.Msgget(unix.IPC_PRIVATE, create)
		if err != nil {
			return err
		}
		return s.Msgsnd(id, 1, strings.Repeat("m", n), unix.IPC_NOWAIT)
	}
}

// mqOpen makes a message queue with these attributes, the defaults when nil,
// and sends it n messages.
func mqOpen(attr *harness.MqAttr, n int, text string) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		fd, err := s.MqOpen(queueName(s.PID()), unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_NONBLOCK, attr)
		for i := 0; err == nil && i < n; i++ {
			err = s.MqSend(fd, text, 0)
		}
		return err
	}
}

func semget(n int) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		_, err := s.Semget(unix.IPC_PRIVATE, n, create)
		return err
	}
}

func shmget(size int) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		_, err := s.Shmget(unix.IPC_PRIVATE, size, create)
		return err
	}
}

func twice(try func(s *harness.Subject) error) func(s *harness.Subject) error {
	return func(s *harness.Subject) error {
		if err := try(s); err != nil {
			return err
		}
		return try(s)
	}
}
