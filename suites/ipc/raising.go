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

// raised are limits with a value above the default. They have that in every
// namespace but the suite's own, which may have any.
var raised = []struct {
	file, word, high string
	errno            error
	// beyond goes beyond the default, but not beyond high.
	beyond func(s *harness.Subject) error
}{
	{"kernel/msgmax", "msg", "8193", unix.EINVAL, send(8193)},
	{"kernel/msgmnb", "msg", "24000", unix.EAGAIN, func(s *harness.Subject) error {
		id, err := s.Msgget(unix.IPC_PRIVATE, create)
		for i := 0; err == nil && i < 3; i++ {
			err = s.Msgsnd(id, 1, strings.Repeat("m", 8000), unix.IPC_NOWAIT)
		}
		return err
	}},
	{"fs/mqueue/msg_max", "mqueue", "11", unix.EINVAL, mqOpen(&harness.MqAttr{MaxMsg: 11, MsgSize: 8}, 0, "")},
	{"fs/mqueue/msgsize_max", "mqueue", "8193", unix.EINVAL, mqOpen(&harness.MqAttr{MaxMsg: 1, MsgSize: 8193}, 0, "")},
}

var _ = Specs("IPC namespaces:", Label("ipc"), func() {
	for i, r := range raised {
		way := harness.Ways()[i%3]
		It(strings.ReplaceAll(r.file, "/", ".")+" is raised in its own namespace and in no other", Proves("ipc-sysctl-"+r.word+"-per-namespace"), func() {
			NeedSysctl(r.file)
			beyond := func(s *harness.Subject) error { return r.beyond(holding(s, freshUID())) }
			creator := Spawn(harness.Cloned(nsutil.IPC), harness.Named("creator"))
			inside := isolate(creator, way)
			member := Get(inside.Fork())
			Expect(beyond(member)).To(MatchError(r.errno), "before it is raised")

			Expect(inside.WriteFile("/proc/sys/"+r.file, r.high, 0)).To(Succeed())
			Expect(member.ReadFile("/proc/sys/" + r.file)).To(Equal(r.high + "\n"))
			Expect(beyond(member)).To(Succeed(), "when it is raised")
			for _, other := range []*harness.Subject{creator, isolate(inside, way)} {
				Expect(beyond(other)).To(MatchError(r.errno), "in the namespace of %s", other.Name())
			}
		})
	}
})
