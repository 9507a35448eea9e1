package setns

import (
	"fmt"
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// promisedBy is the requirement that says that a kind can be joined.
var promisedBy = map[nsutil.Kind]string{
	nsutil.IPC: "setns-joins-ipc-net-uts", nsutil.Net: "setns-joins-ipc-net-uts", nsutil.UTS: "setns-joins-ipc-net-uts",
	nsutil.Mnt: "setns-joins-mnt-pid-user", nsutil.PID: "setns-joins-mnt-pid-user", nsutil.User: "setns-joins-mnt-pid-user",
	nsutil.Cgroup: "setns-joins-cgroup", nsutil.Time: "setns-joins-time",
}

// expectArrival claims that setns takes s into the marked namespace of home, and
// that what s sees there is not to be seen by it before, nor by a bystander.
func expectArrival(s *harness.Subject, fd, nstype int, home *harness.Subject, mark *kinds.Mark) {
	bystander := Get(s.Fork())
	Expect(mark.See(s)).NotTo(Equal(mark.Sign), "before the call")
	expectJoined(s, fd, nstype, home, mark.Kind)
	Expect(mark.See(seesAs(s, mark.Kind))).To(Equal(mark.Sign), "after the call")
	Expect(mark.See(seesAs(bystander, mark.Kind))).NotTo(Equal(mark.Sign), "as another process sees it")
}

var _ = Specs("setns with a descriptor of a namespace file", Label("setns"), func() {
	for _, kind := range nsutil.Kinds() {
		It(fmt.Sprintf("and the flag of its type joins a namespace of that kind alone: %s", kind), Label(string(kind)),
			Proves("setns-nsfs-changes-one-membership", promisedBy[kind]), func() {
				home, mark := marked(kind)
				s := Spawn(harness.Named("caller"))
				expectArrival(s, Get(s.OpenNS(home, kind)), kind.Flag(), home, mark)
			})

		It(fmt.Sprintf("changes one membership of a process that already is in namespaces of its own: %s", kind), Label(string(kind)),
			Proves("setns-nsfs-changes-one-membership"), func() {
				home := member(Spawn(), kind)
				caller := Spawn(harness.Named("caller"))
				fd := Get(caller.OpenNS(home, kind))
				for _, other := range kinds.Built() {
					if other != nsutil.PID && other != nsutil.User { // home's would be out of reach
						Arrange(caller.Unshare(other.Flag()))
					}
				}
				expectJoined(caller, fd, kind.Flag(), home, kind)
			})
	}

	It("and nstype 0 joins a namespace of whatever type", Proves("setns-nstype-zero-takes-any", "setns-nsfs-changes-one-membership"), func() {
		for _, kind := range kinds.Built() {
			home, mark := marked(kind)
			s := Spawn(harness.Named("caller of " + string(kind)))
			expectArrival(s, Get(s.OpenNS(home, kind)), 0, home, mark)
		}
	})

	It("may be opened at a bind mount of the file", Proves("setns-bind-mounted-file"), func() {
		dir := T().TempDir()
		creator := Spawn(harness.Named("creator"), harness.OnOneCPU())
		keeper := Get(creator.Fork())
		Arrange(keeper.Unshare(unix.CLONE_NEWNS))
		Arrange(keeper.MakePrivate())
		Arrange(keeper.Mount("none", dir, "tmpfs", 0, ""))
		for _, kind := range kinds.Built() {
			for _, nstype := range []int{kind.Flag(), 0} {
				home, mark := markedBy(creator, kind)
				file := filepath.Join(dir, fmt.Sprintf("%s-%d", kind, nstype))
				Arrange(keeper.WriteFile(file, "", unix.O_CREAT))
				Arrange(keeper.Bind(kind.File(home.PID()), file))
				s := Get(keeper.Fork())
				fd, err := s.Open(file, unix.O_RDONLY|unix.O_CLOEXEC)
				Expect(err).NotTo(HaveOccurred())
				expectArrival(s, fd, nstype, home, mark)
			}
		}
	})

	It("may be received over a socket, also by a process that could not open the file", Proves("setns-received-descriptor"), func() {
		for _, kind := range kinds.Built() {
			home, mark := marked(kind)
			root := Spawn(harness.Named("root"))
			a, b, err := root.Socketpair(unix.SOCK_STREAM)
			Arrange(err)
			sender, s := Get(root.Fork()), Get(root.Fork())
			Arrange(s.DropCapabilities(unix.CAP_SYS_PTRACE))
			for _, wrong := range kinds.Built() {
				Arrange(sender.SendFd(a, Get(sender.OpenNS(home, kind))))
				fd, err := s.ReceiveFd(b)
				Expect(err).NotTo(HaveOccurred())
				if wrong != kind {
					Expect(s.Setns(fd, wrong.Flag())).To(MatchError(unix.EINVAL), "a %s namespace as %s", kind, wrong)
				} else {
					expectArrival(s, fd, kind.Flag(), home, mark)
				}
			}
		}
	})
})
